"""The Iranian Basic Medical Sciences Entrance Exam (کنکور علوم پایه پزشکی) of September 2023."""

from evaluator.choice import MultipleChoice
from evaluator.publishers import GAOKERENA_LICENCE, IBMSEE, gaokerena

BENCHMARK = MultipleChoice(
    name="ibmsee-2023-09",
    about="Iranian Basic Medical Sciences Entrance Exam, September 2023, without its pictures",
    caveat="a pass at 36 % is established only where the whole interval lies above it; 168 items hardly tell that.",
    licence=GAOKERENA_LICENCE,
    published=gaokerena("KOPP/kopp.xlsx", 168, "d7a25b46329812f219917dec87f6330d11fb9fd8586d743f783046f6c8a0d35c"),
    layout=IBMSEE,
    pass_mark=0.36,
)
