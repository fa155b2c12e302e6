"""How well a model foresees the doctors' answers in the train split of the snapshot it was trained on."""

from evaluator.pairs import PairsLikelihood

BENCHMARK = PairsLikelihood(
    name="train-pairs",
    about="Bits per byte of answers that were trained on: beside dev-pairs, how much was learnt by heart",
    caveat="it was trained on: it tells of memory alone.",
    split="train",
    most=500,
    with_all=False,
)
