"""MMLU's clinical knowledge in Persian, as the paper's authors translated it."""

from evaluator.choice import MultipleChoice
from evaluator.publishers import GAOKERENA_LICENCE, MMLU_FA, gaokerena

BENCHMARK = MultipleChoice(
    name="mmlu-fa-clinical-knowledge",
    about="Clinical knowledge of MMLU in the paper's Persian translation",
    caveat="78 of its items stand in college medicine too, and one key was lost in translation.",
    licence=GAOKERENA_LICENCE,
    published=gaokerena(
        "MMLU_fa/mmlu-clinical_knowledge_fa.xlsx",
        265,
        "b9e3b8a36aa78e6220dfb6428af16031cf2f57ecc1bbb1ed6357c84a197ef892",
    ),
    layout=MMLU_FA,
    original="mmlu-en-clinical-knowledge",
)
