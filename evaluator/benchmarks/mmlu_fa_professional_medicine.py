"""MMLU's professional medicine in Persian, as the paper's authors translated it."""

from evaluator.choice import MultipleChoice
from evaluator.publishers import GAOKERENA_LICENCE, MMLU_FA, gaokerena

BENCHMARK = MultipleChoice(
    name="mmlu-fa-professional-medicine",
    about="Professional medicine of MMLU in the paper's Persian translation",
    caveat="answering always D scores 44.9 %, far above guessing.",
    licence=GAOKERENA_LICENCE,
    published=gaokerena(
        "MMLU_fa/mmlu-professional_medicine_fa.xlsx",
        272,
        "2ce65fec4225d7530e2feafa5953bf4c59a05efe57d8521cdc25bf0ac4aa7bd3",
    ),
    layout=MMLU_FA,
    original="mmlu-en-professional-medicine",
)
