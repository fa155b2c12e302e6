"""MMLU's professional medicine as it was published, in English: for pipelines, and to hold a translation against."""

from evaluator.choice import MultipleChoice
from evaluator.publishers import HUB_MMLU_LICENCE, MMLU_EN, mmlu

BENCHMARK = MultipleChoice(
    name="mmlu-en-professional-medicine",
    about="Professional medicine of MMLU, the English original",
    caveat="its items have stood on the web since 2020, so models may know them by heart.",
    licence=HUB_MMLU_LICENCE,
    published=mmlu("professional_medicine", 272),
    layout=MMLU_EN,
    language="en",
)
