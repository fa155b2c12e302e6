"""MMLU's medical genetics in Persian, as the paper's authors translated it."""

from evaluator.choice import MultipleChoice
from evaluator.publishers import GAOKERENA_LICENCE, MMLU_FA, gaokerena

BENCHMARK = MultipleChoice(
    name="mmlu-fa-medical-genetics",
    about="Medical genetics of MMLU in the paper's Persian translation",
    caveat="its 100 items leave some ten points of doubt on either side of a score.",
    licence=GAOKERENA_LICENCE,
    published=gaokerena(
        "MMLU_fa/mmlu-medical_genetics_fa.xlsx", 100, "c4e6362ee73697917c59a41f7d56e81c2d3a9af42f8bf3943c2e5724ba522256"
    ),
    layout=MMLU_FA,
    original="mmlu-en-medical-genetics",
)
