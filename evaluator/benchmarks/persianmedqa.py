"""PersianMedQA (Ranjbar Kalahroodi et al. 2025): Iranian residency and pre-residency exams of 14 years."""

from evaluator.choice import MultipleChoice
from evaluator.published import Choices
from evaluator.publishers import hub_parquet

BENCHMARK = MultipleChoice(
    name="persianmedqa",
    about="PersianMedQA's test split: Iranian residency exams, 23 specialities",
    caveat="it is given for non-commercial research; its file was never seen here, its columns are its card's.",
    licence="CC BY 4.0, on request",
    published=hub_parquet("MohammadJRanjbar/PersianMedQA", "test", 5236),
    layout=Choices(answer="answer idx", first=0, topic="specialty", source=None, only={"language": ("fa",)}),
)
