"""MF3QA's dev split: what people asked doctors on Persian sites, and what they were told."""

from evaluator.freeform import Answers, FreeForm
from evaluator.publishers import GAOKERENA_LICENCE, gaokerena

BENCHMARK = FreeForm(
    name="mf3qa-dev",
    about="The paper's free-form dev split: 2,000 questions of niniban's readers",
    caveat="half of its answers share 13 words in a row with one that was trained on.",
    licence=GAOKERENA_LICENCE,
    published=gaokerena("MF3QA/dev.xlsx", 2000, "73a31957b3051b4dc31a1068778efbe1c3b3aaa0a622a2bf9a0f8a1d14025797"),
    layout=Answers(source="source"),
)
