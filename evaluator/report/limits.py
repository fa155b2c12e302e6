"""What the figures do not show, written by the figures themselves."""

from collections.abc import Iterator, Sequence
from typing import Any

from evaluator.benchmark import named
from evaluator.choice import ACCURACY, OpenedChoice
from evaluator.pairs import BITS_PER_BYTE
from evaluator.report.contents import TUNED, Contents, Sat
from storage.report.data_sections import REVIEW_GROUP, group_of
from storage.report.section import Section, count, percent, share

ALPHA = 0.05  # the level of the tests on the page
TEST_PAIRS = "test-pairs"
"""The benchmark that asks the pairs kept for the end."""


def limits(contents: Contents) -> Section:
    """One sentence for everything a reader might take from this page that it cannot carry."""
    section = Section("limits", "What this does not show")
    section.points = [
        *_of_data(contents),
        *(said for sat in contents.sat if sat.part == TUNED for said in _of_scores(sat)),
        *_of_comparisons(contents),
        *_always(contents),
    ]
    return section


def _of_data(contents: Contents) -> Iterator[str]:
    letters = sum(size.letters for size in contents.corpus)
    if letters and contents.corpus[0].letters > letters / 2:
        first = contents.corpus[0]
        yield f"{first.source} writes {share(first.letters, letters)} of the corpus: its style and errors weigh most."
    documents = sum(row["documents"] for row in contents.outcomes)
    waiting = sum(row["documents"] for row in contents.outcomes if group_of(row) == REVIEW_GROUP)
    if waiting:
        yield f"{count(waiting)} documents wait for a person and are in no split."
    if contents.totals.reviews:
        reviews = f"{count(contents.totals.reviews)} decisions of people stand against {count(documents)} documents"
        yield f"{reviews}: most texts were judged by rules alone."
    elif documents:
        yield "No person has read any of the texts yet: rules kept them, and rules measure form, not truth."


def _of_scores(sat: Sat) -> Iterator[str]:
    name = sat.sitting.benchmark
    if isinstance(sat.opened, OpenedChoice):
        yield from _of_choices(name, sat, sat.opened)
    yield f"{name}: {named(name).caveat}"
    if sat.unanswered:
        of = f"{count(sat.unanswered)} of {count(len(sat.given))} items"
        yield f"{name}: the tuned model gave no likelihood for {of}; in a share of right answers they count as wrong."
    if sat.cut:
        yield f"{name}: {count(sat.cut)} prompts were longer than the model's context and lost their beginning."


def _of_choices(name: str, sat: Sat, opened: OpenedChoice) -> Iterator[str]:
    accuracy = next(f for f in sat.figures if f.metric == ACCURACY)
    if accuracy.low <= opened.baselines["guessing"] <= accuracy.high:
        yield (
            f"{name}: guessing lies inside the tuned model's interval, so nothing here shows that it knows any "
            "medicine. A small demonstration model is not expected to."
        )
    rules = [f"“{rule}” ({percent(value)})" for rule, value in opened.baselines.items() if value > accuracy.value]
    if rules:
        yield f"{name}: the tuned model scores less than {' and '.join(rules)}, which read no question."


def _of_comparisons(contents: Contents) -> Iterator[str]:
    figures = [(c.benchmark, f) for c in contents.comparisons for f in c.figures]
    for benchmark, figure in figures:
        if figure.metric == ACCURACY and figure.p is not None and figure.p >= ALPHA:
            yield (
                f"{benchmark}: no difference between base and tuned model was found. With {figure.items} items one "
                f"below about {100 * (figure.detectable or 1):.0f} points would often go unseen: no proof of equality."
            )
        if figure.metric == BITS_PER_BYTE and figure.low <= 0 <= figure.high:
            yield f"{benchmark}: the interval of the difference in bits per byte holds zero."
    tests = sum(figure.p is not None for _, figure in figures)
    if tests > 1:
        yield f"{tests} tests stand on this page, uncorrected: one of {round(1 / ALPHA)} looks significant by chance."


def _always(contents: Contents) -> Iterator[str]:
    if contents.sat:
        yield f"{_written(contents.wrote)}: likelihoods say nothing of fluency, safety or made-up facts."
        yield _overlap(contents.contamination)
    yield from _of_test_pairs(contents)
    if contents.run:
        yield f"One seed ({contents.run.seed}) was trained: how much scores vary from seed to seed is unknown."
    yield "Nothing trained here may advise a patient."


def _written(wrote: Sequence[str]) -> str:
    """What became of texts that the run's models wrote."""
    if not wrote:
        return "No free answer was generated or read"
    return f"What the models wrote in answer to {', '.join(wrote)} is not on this page"


def _of_test_pairs(contents: Contents) -> Iterator[str]:
    test = sum(row["documents"] for row in contents.splits if row["split"] == "test")
    scored = {sat.sitting.benchmark for sat in contents.sat} | {score.benchmark for score in contents.scores}
    if test and TEST_PAIRS in scored | set(contents.wrote):
        yield (
            f"The {count(test)} test pairs were not trained on, but answers to {TEST_PAIRS} were looked at: what is "
            "looked at often is held out no more."
        )
    elif test:
        yield f"The {count(test)} test pairs were neither trained on nor scored."


def _overlap(contamination: dict[str, Any] | None) -> str:
    if contamination is None:
        return "Whether benchmark items stand in the training texts was not measured here."
    items = sum(contamination["benchmarks"].values())
    return (
        f"{count(contamination['documents'])} exported documents share 13 words in a row with one of {count(items)} "
        "benchmark items; what is told in other words is not found so, nor what the base model has read."
    )
