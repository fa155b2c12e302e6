"""Basic medical facts asked in Persian, four options each, written for this project."""

from evaluator.choice import MultipleChoice

BENCHMARK = MultipleChoice(
    name="persian-medical-basics",
    about="Basic facts of medicine in Persian, four options, written for this project",
    caveat="its items were written for this project; no physician reviewed them, and they are no licensing exam.",
    licence="Apache-2.0",
    file="persian_medical_basics.jsonl",
)
