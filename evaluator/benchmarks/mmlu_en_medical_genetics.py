"""MMLU's medical genetics as it was published, in English: for pipelines, and to hold a translation against."""

from evaluator.choice import MultipleChoice
from evaluator.publishers import HUB_MMLU_LICENCE, MMLU_EN, mmlu

BENCHMARK = MultipleChoice(
    name="mmlu-en-medical-genetics",
    about="Medical genetics of MMLU, the English original",
    caveat="its items have stood on the web since 2020, so models may know them by heart.",
    licence=HUB_MMLU_LICENCE,
    published=mmlu("medical_genetics", 100),
    layout=MMLU_EN,
    language="en",
)
