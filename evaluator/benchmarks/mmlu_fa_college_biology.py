"""MMLU's college biology in Persian, as the paper's authors translated it."""

from evaluator.choice import MultipleChoice
from evaluator.publishers import GAOKERENA_LICENCE, MMLU_FA, gaokerena

BENCHMARK = MultipleChoice(
    name="mmlu-fa-college-biology",
    about="College biology of MMLU in the paper's Persian translation",
    caveat="it is biology at university level in translation, not medicine.",
    licence=GAOKERENA_LICENCE,
    published=gaokerena(
        "MMLU_fa/mmlu-college_biology_fa.xlsx", 144, "a65264d8e4d18bdf2aedd232fea9c778f0fed64690786e4a98d5a5acba1070d0"
    ),
    layout=MMLU_FA,
    original="mmlu-en-college-biology",
)
