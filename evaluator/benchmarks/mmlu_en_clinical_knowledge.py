"""MMLU's clinical knowledge as it was published, in English: for pipelines, and to hold a translation against."""

from evaluator.choice import MultipleChoice
from evaluator.publishers import HUB_MMLU_LICENCE, MMLU_EN, mmlu

BENCHMARK = MultipleChoice(
    name="mmlu-en-clinical-knowledge",
    about="Clinical knowledge of MMLU, the English original",
    caveat="its items have stood on the web since 2020, so models may know them by heart.",
    licence=HUB_MMLU_LICENCE,
    published=mmlu("clinical_knowledge", 265),
    layout=MMLU_EN,
    language="en",
)
