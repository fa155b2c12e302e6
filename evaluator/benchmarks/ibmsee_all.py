"""The Iranian Basic Medical Sciences Entrance Exam over the years: medicine, dentistry and pharmacy."""

from evaluator.choice import MultipleChoice
from evaluator.publishers import GAOKERENA_LICENCE, IBMSEE, gaokerena

BENCHMARK = MultipleChoice(
    name="ibmsee-all",
    about="Iranian Basic Medical Sciences Entrance Exam, all sittings, with topic and sitting",
    caveat="questions come again from sitting to sitting, and its text was read out of PDF files.",
    licence=GAOKERENA_LICENCE,
    published=gaokerena(
        "KOPP/kopp_larger.xlsx", 1710, "c30bbb5b06bfc90b68089b23e7d28a307d168256feaeda9df6d710d1ddf46d3e"
    ),
    layout=IBMSEE,
    pass_mark=0.36,
)
