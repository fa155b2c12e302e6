"""The section on scores: base and tuned model beside what needs no model, with intervals and paired tests."""

from typing import Any

from evaluator.benchmark import named
from evaluator.choice import ACCURACY, ACCURACY_TEXT, OpenedChoice
from evaluator.listing import probability
from evaluator.pairs import BITS_PER_BYTE, PairsLikelihood
from evaluator.report.contents import BASE, TUNED, Contents, Sat
from evaluator.statistics import Paired
from storage import answers
from storage.answers import Figure
from storage.models import Score
from storage.report import charts
from storage.report.charts import Interval, Mark
from storage.report.section import Figures, Section, Table, count, percent, points

METRICS = {ACCURACY: "right by letter", ACCURACY_TEXT: "right by text", BITS_PER_BYTE: "bits per byte"}
LOOK = {BASE: "base", TUNED: "tuned"}


def scores(contents: Contents) -> Section:
    """Base and tuned model beside what needs no model, with intervals and paired tests."""
    section = Section("scores", "What the models score")
    if not contents.sat:
        reason = contents.missing.get("scores", "no run has finished yet: `trainer export-and-train --recipe tiny`")
        section.missing = f"{reason[0].upper()}{reason[1:]}."
        return section
    section.says = " ".join(filter(None, (verdict(sat) for sat in contents.sat if sat.part == TUNED)))
    for name in dict.fromkeys(sat.sitting.benchmark for sat in contents.sat):
        section.figures.append(_plot(name, [sat for sat in contents.sat if sat.sitting.benchmark == name]))
    section.tables = [_score_table(contents), *([_paired_table(contents)] if contents.comparisons else [])]
    section.points = [contents.missing[part] for part in (BASE, TUNED) if part in contents.missing]
    return section


def _plot(benchmark: str, sat: list[Sat]) -> Figures:
    rows = [
        Interval(f"{s.part}, {METRICS[f.metric]}", f.value, f.low, f.high, LOOK[s.part], interval(f))
        for metric in METRICS
        for s in sat
        for f in s.figures
        if f.metric == metric
    ]
    marks = [Mark(name, value) for name, value in sat[0].opened.baselines.items()]
    caption = f"{benchmark}: {count(len(sat[0].given))} items, 95 % intervals"
    if not rows:
        return Figures(charts.bars(caption, []), [], f"{caption}: no likelihood was given")
    legend = [(LOOK[part], f"{part} model") for part in (BASE, TUNED)] + [("marked", "what needs no model")] * bool(
        marks
    )
    return Figures(charts.intervals(caption, rows, marks, isinstance(sat[0].opened, OpenedChoice)), legend, caption)


def interval(figure: Figure | Score) -> str:
    """A score with its interval, as it is read."""
    value, low, high = figure.value, figure.low, figure.high
    if figure.metric == BITS_PER_BYTE:
        return f"{value:.3f} ({low:.3f}–{high:.3f})"
    return f"{percent(value)} ({100 * low:.1f}–{100 * high:.1f})"


def _score_table(contents: Contents) -> Table:
    own = {s.sitting.model_sha256 for s in contents.sat}
    rows = [_sat_row(s, f) for s in contents.sat for f in s.figures]
    rows += [_other_row(s, contents.settings) for s in contents.scores if s.model_sha256 not in own]
    head = ("benchmark", "model", "precision", "asked", "metric", "score (95 %)", "items", "unread", "model hash")
    caption = "Every score over these same items: this run's first, then those of all other models."
    return Table(head, rows, frozenset({5, 6, 7}), caption)


def _sat_row(sat: Sat, figure: Figure) -> tuple[str, ...]:
    measured = (METRICS[figure.metric], interval(figure), count(figure.items), count(sat.unanswered))
    return (sat.sitting.benchmark, sat.part, *_asked(sat.sitting.settings), *measured, sat.sitting.model_sha256[:12])


def _other_row(score: Score, settings: dict[str, dict[str, Any]]) -> tuple[str, ...]:
    asked = _asked(settings.get(score.settings_sha256, {}))
    measured = (METRICS.get(score.metric, score.metric), interval(score), count(score.items), "")
    return (score.benchmark, score.model, *asked, *measured, score.model_sha256[:12])


def _asked(settings: dict[str, Any]) -> tuple[str, str]:
    """The precision, and how else a model was asked."""
    precision, how = answers.asked(settings)
    return precision or "–", how


def _paired_table(contents: Contents) -> Table:
    rows = [_paired_row(c.benchmark, figure) for c in contents.comparisons for figure in c.figures]
    head = ("benchmark", "metric", "tuned − base (95 %)", "gained", "lost", "McNemar p", "would show from")
    caption = (
        "The tuned model against its base over the same items: score interval, exact test, and the smallest true "
        "difference that four of five trials would find."
    )
    return Table(head, rows, frozenset({2, 3, 4, 5, 6}), caption)


def _paired_row(benchmark: str, figure: Paired) -> tuple[str, ...]:
    if figure.p is None or figure.detectable is None:
        values = [f"{x:+.3f}".replace("-", "−") for x in (figure.difference, figure.low, figure.high)]
        return (benchmark, METRICS[figure.metric], f"{values[0]} ({values[1]} to {values[2]})", *"––––")
    values = [points(x) for x in (figure.difference, figure.low, figure.high)]
    return (
        benchmark,
        METRICS[figure.metric],
        f"{values[0]} ({values[1]} to {values[2]}) points",
        count(figure.only_second or 0),
        count(figure.only_first or 0),
        probability(figure.p),
        f"{100 * figure.detectable:.0f} points",
    )


def verdict(sat: Sat) -> str:
    """What one benchmark says of the tuned model, in plain words."""
    primary = sat.figures[0] if sat.figures else None
    if primary is None:
        return ""
    if primary.metric != ACCURACY:
        which, so = _foreseen(sat.sitting.benchmark)
        return f"The tuned model needs {primary.value:.2f} bits per byte for the {which}.{so}"
    guessing = sat.opened.baselines["guessing"]
    stands = "cannot be told from" if primary.low <= guessing <= primary.high else "differs from"
    right = f"{percent(primary.value)} of {count(primary.items)} letters right"
    return f"It has {right}, which {stands} guessing ({percent(guessing)})."


def _foreseen(benchmark: str) -> tuple[str, str]:
    """Which answers were weighed, and what is known of them."""
    of = named(benchmark)
    if not isinstance(of, PairsLikelihood):
        return f"doctors' answers of {benchmark}", ""
    if of.split == "train":
        return "train answers", " It was trained on them: that tells of memory alone."
    return (
        f"{of.split} answers",
        " None of them stands word for word among the training pairs; nearly the same ones were not looked for.",
    )
