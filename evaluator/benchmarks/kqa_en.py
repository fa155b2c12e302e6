"""K-QA as it was published (Manes et al. 2024), in English."""

from evaluator.freeform import Answers, FreeForm
from evaluator.publishers import kqa

BENCHMARK = FreeForm(
    name="kqa-en",
    about="K-QA's 201 patients' questions, the English original",
    caveat="its doctors answer for the United States.",
    licence="MIT",
    published=kqa("questions_w_answers.jsonl", 201, "1d4204665e2c9e50c3c348b8ad1de2ddf5d90205c3efaea0eb38135192272c6f"),
    layout=Answers(answer="free form answer", source="sources", must="must have", nice="nice to have"),
    language="en",
)
