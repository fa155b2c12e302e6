"""How well a model foresees the doctors' answers in the dev split of the snapshot it was trained on."""

from evaluator.pairs import PairsLikelihood

BENCHMARK = PairsLikelihood(
    name="dev-pairs",
    about="Bits per byte of the dev split's answers, given their questions; lower is better",
    caveat="likelihood says how well a site's style is foreseen, having trained on its other pairs, not what is right.",
    split="dev",
    most=500,
)
