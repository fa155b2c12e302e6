"""MMLU's college medicine in Persian, as the paper's authors translated it."""

from evaluator.choice import MultipleChoice
from evaluator.publishers import GAOKERENA_LICENCE, MMLU_FA, gaokerena

BENCHMARK = MultipleChoice(
    name="mmlu-fa-college-medicine",
    about="College medicine of MMLU in the paper's Persian translation",
    caveat="78 of its 173 items repeat clinical knowledge's, and many ask of sports or society.",
    licence=GAOKERENA_LICENCE,
    published=gaokerena(
        "MMLU_fa/mmlu-college_medicine_fa.xlsx", 173, "991e0b85ac4491fe57f31780ac28c3875670453f0125ab416b9b190c6e4102cc"
    ),
    layout=MMLU_FA,
    original="mmlu-en-college-medicine",
)
