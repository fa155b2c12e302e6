"""How well a model foresees the doctors' answers in the test split of the snapshot it was trained on."""

from evaluator.pairs import PairsLikelihood

BENCHMARK = PairsLikelihood(
    name="test-pairs",
    about="Bits per byte of the test split's answers, given their questions; asked by name alone",
    caveat="what is looked at often is held out no more: `all` leaves it out.",
    split="test",
    most=500,
    with_all=False,
)
