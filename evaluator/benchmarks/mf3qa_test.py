"""MF3QA's test split: what people asked doctors on Persian sites, and what they were told."""

from evaluator.freeform import Answers, FreeForm
from evaluator.publishers import GAOKERENA_LICENCE, gaokerena

BENCHMARK = FreeForm(
    name="mf3qa-test",
    about="The paper's free-form test split: 2,000 questions of doctor-yab, isovisit and K-QA",
    caveat="its doctors' answers are short, and 201 of them are translations.",
    licence=GAOKERENA_LICENCE,
    published=gaokerena("MF3QA/test.xlsx", 2000, "02abf6ed0d83517338f34e103067afe4500f47ce1b2a9b088bda72b76589b997"),
    layout=Answers(source="source"),
)
