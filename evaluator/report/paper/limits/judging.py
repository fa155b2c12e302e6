"""What a judge's verdicts do not show."""

from collections.abc import Iterator, Sequence

from evaluator.report.paper import words
from evaluator.report.paper.limits.sentences import some
from evaluator.report.paper.wins import Win, Wins
from storage.report.section import count, percent


def limits(figures: Sequence[Wins]) -> Iterator[str]:
    """Sentences about the verdicts."""
    for figure in figures:
        for win in figure.bars:
            yield from _of_judge(words.name(figure.label(win)), win, words.name(figure.reference))
    if judges := sorted({win.found.judge for figure in figures for win in figure.bars}):
        yield f"The win rates are the liking of {some(judges)}; no physician rated these answers here."


def _of_judge(label: str, win: Win, reference: str) -> Iterator[str]:
    found, counts = win.found, win.found.counts
    where = f"{reference} against {label}"
    if win.order != "both":
        yield (
            f"{where}: the judge saw one order only, {reference} always {win.order}: a liking for a place is in the "
            "win rate. `evaluator judge --order both` takes it out."
        )
    if found.pairs < win.of:
        yield f"{where}: {count(found.pairs)} of {count(win.of)} pairs were judged so far."
    if counts["inconsistent"]:
        share = percent(counts["inconsistent"] / found.pairs)
        yield f"{where}: in {share} of the pairs the judge took whatever stood in the same place, in both orders."
    if counts["unread"]:
        yield f"{where}: {count(counts['unread'])} pairs have no verdict that could be read and count for nobody."
    if found.longer is not None and (at_equal := found.length_controlled):
        yield (
            f"{where}: the longer answer won {percent(found.longer)} of the decided pairs of unequal length; at equal "
            f"length the win rate is {percent(at_equal.value)}."
        )
    if found.removed:
        what = "passages that speak to the judge, or are in another language"
        yield f"{where}: {count(found.removed)} {what}, were taken out of the answers."
