"""MMLU's anatomy in Persian, as the paper's authors translated it."""

from evaluator.choice import MultipleChoice
from evaluator.publishers import GAOKERENA_LICENCE, MMLU_FA, gaokerena

BENCHMARK = MultipleChoice(
    name="mmlu-fa-anatomy",
    about="Anatomy of MMLU in the paper's Persian translation",
    caveat="it is a translation: a wrong answer may be the translation's.",
    licence=GAOKERENA_LICENCE,
    published=gaokerena(
        "MMLU_fa/mmlu-anatomy_fa.xlsx", 135, "f8181a4e7ee6ccfe244fc6683d90ccc02a15a196cb9e66c7ba43ea7d11f91d1a"
    ),
    layout=MMLU_FA,
    original="mmlu-en-anatomy",
)
