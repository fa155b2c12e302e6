"""The page of everything: tables, figures, tests, pass marks, the items' pages, and what it does not show."""

from collections.abc import Iterator, Sequence
from urllib.parse import quote

from markupsafe import Markup, escape

from evaluator.judge.winrates import Rate
from evaluator.listing import probability
from evaluator.report.paper import words
from evaluator.report.paper.contents import PIPELINES, Report
from evaluator.report.paper.sheets import ALPHA, Cell, Row, Sheet, Test
from evaluator.report.paper.wins import Win, Wins
from storage.report import charts
from storage.report.charts import Bar, Interval, Mark, Segment
from storage.report.page import page
from storage.report.section import Figures, Section, Table, count, points

NUMBERS = {"table3": "Table III", "table4": "Table IV", "figure3": "Figure 3", "figure4": "Figure 4"}
PLACES = (("table3", "figure3"), ("table4", "figure4"))
UNASKED = {
    "table3": "No system was asked a multiple-choice benchmark yet: `evaluator run`, or `evaluator ask`.",
    "table4": "No pipeline of a translator and a model has answers here; `--pipeline MODEL` names one.",
    "figure3": "No judge's verdicts on these systems' free answers are stored: `evaluator ask --benchmark mf3qa-test` "
    "for two of them, then `evaluator judge OURS OTHER --benchmark mf3qa-test`.",
    "figure4": "No judge's verdicts on free answers of a pipeline are stored.",
}
LOOKS = {"won": "kept", "tied": "waiting", "inconsistent": "other", "lost": "c5"}
EVEN = 0.5
Pages = dict[str, list[tuple[str, str]]]
"""By benchmark its pages of items as (file, what is on it)."""


def whole(report: Report, pages: Pages) -> str:
    """The page as HTML; what is not markup of ours is escaped."""
    sections = [section for table, figure in PLACES for section in (_table(report, table), _figure(report, figure))]
    sections += [_items(pages), Section("limits", "What this does not show", points=report.limits)]
    tiles = [
        (count(len(report.gathered.systems)), "systems"),
        (count(len(report.gathered.exams)), "benchmarks"),
        (count(sum(len(g) for exam in report.gathered.exams for g in exam.given.values())), "answers"),
        (count(sum(win.found.pairs for figure in report.figures for win in figure.bars)), "pairs judged"),
    ]
    wide = ["evaluator.report.paper/wide.css"]
    return page("evaluator.report.paper/page.html.jinja", wide, report=report, sections=sections, tiles=tiles)


def _table(report: Report, number: str) -> Section:
    found = next((sheet for sheet in report.sheets if sheet.id == number), None)
    if found is None or not found.rows:
        title = found.caption if found else f"{report.reference} in comparison with {PIPELINES}"
        return Section(number, f"{NUMBERS[number]}: {title}", missing=UNASKED[number])
    return _of_sheet(found)


def _of_sheet(sheet: Sheet) -> Section:
    section = Section(sheet.id, f"{NUMBERS[sheet.id]}: {sheet.caption}")
    section.says = (
        "Right answers in per cent, with the 95 % interval below; what cannot be read is wrong. In bold the highest "
        "of a row, of the systems that answered all of it: that alone may be chance."
    )
    if sheet.tests:
        section.says += (
            f" † differs from {sheet.reference.name} by an exact paired test, p under {ALPHA:g} after Holm's "
            f"correction over all tests of this table ({len(sheet.tests)}), of a mean over the systems."
        )
    section.says = f"{section.says} {sheet.timing}".strip()
    section.tables = [_scores(sheet), *_tests(sheet), *_pass_marks(sheet)]
    return section


def _scores(sheet: Sheet) -> Table:
    rules = _rules(sheet)
    names = [system.heading for system in sheet.systems]
    head = ("benchmark", "items", *names, *rules)
    rows = [
        (row.title, count(row.items), *(_cell(row.cells.get(s.name)) for s in sheet.systems), *_against(row, rules))
        for row in sheet.rows
    ]
    blank = ("",) * len(rules)
    rows.append(
        ("number of parameters", "", *(words.size(sheet.parameters.get(s.name)) for s in sheet.systems), *blank)
    )
    rows.append(("inference time", "", *(_time(sheet, s.name) for s in sheet.systems), *blank))
    return Table(head, rows, frozenset(range(1, len(head))))


def _cell(cell: Cell | None) -> str:
    if cell is None:
        return "–"
    number = words.value(cell.found.value)
    shown = Markup("<strong>{}</strong>").format(number) if cell.best else escape(number)
    differs = cell.test and cell.test.holm_table is not None and cell.test.holm_table < ALPHA
    return shown + ("†" if differs else "") + Markup("<br><small>{}</small>").format(words.reach(cell.found))


def _time(sheet: Sheet, name: str) -> str:
    speed = sheet.speeds.get(name)
    if speed is None:
        return "–"
    told = f"{'at most ' if speed.estimated else ''}{speed.tokens_per_second:.0f} tokens/s"
    return Markup("{}<br><small>{}</small>").format(words.seconds(speed), told)


def _rules(sheet: Sheet) -> list[str]:
    """The columns of what needs no model."""
    named = {_column(rule) for row in sheet.rows for rule in row.rules}
    guessing = ["guessing"] * any(row.guessing is not None for row in sheet.rows)
    return [name for name in ("always one letter", "longest option") if name in named] + guessing


def _column(rule: str) -> str:
    return "always one letter" if rule.startswith("always ") else rule


def _against(row: Row, columns: Sequence[str]) -> list[str]:
    values = {_column(rule): f"{words.value(found.value)}{_letter(rule)}" for rule, found in row.rules.items()}
    if row.guessing is not None:
        values["guessing"] = words.value(row.guessing)
    return [values.get(column, "") for column in columns]


def _letter(rule: str) -> str:
    return f" ({rule.removeprefix('always ')})" if rule.startswith("always ") else ""


def _tests(sheet: Sheet) -> Iterator[Table]:
    rows = [
        (row.title, words.name(name), *_tested(cell.test))
        for row in sheet.rows
        for name, cell in row.cells.items()
        if cell.test
    ]
    if rows:
        head = (
            "benchmark",
            "system",
            "difference (95 %)",
            "better in",
            "worse in",
            "p",
            "Holm",
            "Holm, table",
            "shows from",
        )
        caption = (
            f"Against {sheet.reference.name}, over the items that both answered. Holm: over the benchmarks of the two, "
            "and over the whole table; a mean's over the systems. Shows from: the smallest true difference, in points, "
            "that four of five trials would find."
        )
        yield Table(head, rows, frozenset(range(2, 9)), caption)


def _tested(test: Test) -> tuple[str, ...]:
    found = test.found
    difference = f"{points(found.difference)} ({points(found.low)} to {points(found.high)})"
    if found.p is None:
        return (difference, *[""] * 6)
    adjusted = ["" if p is None else probability(p) for p in (test.holm, test.holm_table)]
    least = f"{100 * found.detectable:.1f}" if found.detectable is not None and found.detectable < 1 else "–"
    return (
        difference,
        count(found.only_second or 0),
        count(found.only_first or 0),
        probability(found.p),
        *adjusted,
        least,
    )


def _pass_marks(sheet: Sheet) -> Iterator[Table]:
    rows = [
        (
            row.title,
            words.name(name),
            f"{count(cell.right or 0)} of {count(cell.found.items)}",
            f"{count(cell.passing.needed)} ({cell.passing.mark:.0%})",
            f"{100 * cell.passing.probability:.1f} %",
            f"{100 * cell.passing.again:.1f} %",
            "above" if cell.passing.established else "below" if cell.passing.excluded else "open",
        )
        for row in sheet.rows
        for name, cell in row.cells.items()
        if cell.passing
    ]
    if rows:
        head = ("exam", "system", "right", "needed", "passes, by chance of", "again", "its interval lies")
        caption = "The chance that the true share is at the pass mark or above, and that another such exam is passed."
        yield Table(head, rows, frozenset(range(2, 6)), caption)


def _figure(report: Report, number: str) -> Section:
    found = next((figure for figure in report.figures if figure.id == number), None)
    return _wins(found) if found else Section(number, f"{NUMBERS[number]}: win rates", missing=UNASKED[number])


def _wins(figure: Wins) -> Section:
    section = Section(figure.id, f"{NUMBERS[figure.id]}: {figure.caption}")
    section.says = "A tie and a pair whose verdict turned with the order are half a point each."
    bars = [_bar(figure, win) for win in figure.bars]
    legend = [(look, name) for name, look in LOOKS.items()]
    section.figures = [Figures(charts.bars(figure.caption, bars, label=240), legend, "all pairs that were judged")]
    rates = [row for win in figure.bars for row in _intervals(figure, win)]
    if rates:
        plot = charts.intervals(figure.caption, rates, [Mark("neither is better", EVEN)])
        looks = [("tuned", "win rate"), ("base", "at equal length"), ("marked", "neither is better")]
        section.figures.append(Figures(plot, looks, "Win rates with 95 % intervals"))
    section.tables = [_verdicts(figure), _sources(figure)]
    return section


def _bar(figure: Wins, win: Win) -> Bar:
    counts = win.found.counts
    parts = [Segment(counts[name], look, f"{name}: {count(counts[name])}") for name, look in LOOKS.items()]
    rate = win.found.won
    return Bar(words.name(figure.label(win)), parts, f"{100 * rate.value:.1f} %" if rate else "unread")


def _intervals(figure: Wins, win: Win) -> Iterator[Interval]:
    name = words.name(figure.label(win))
    for rate, look in ((win.found.won, "tuned"), (win.found.length_controlled, "base")):
        if rate:
            yield Interval(name, rate.value, rate.low, rate.high, look, f"{100 * rate.value:.1f} ({words.reach(rate)})")


def _verdicts(figure: Wins) -> Table:
    head = ("system", "judge", "order", "pairs", "win rate (95 %)", "at equal length", *LOOKS, "unread", "longer won")
    rows = [
        (
            words.name(figure.label(win)),
            words.name(win.found.judge),
            win.order if win.order == "both" else f"always {win.order}",
            f"{count(win.found.pairs)} of {count(win.of)}",
            _rate(win.found.won),
            _rate(win.found.length_controlled),
            *(count(win.found.counts[name]) for name in (*LOOKS, "unread")),
            "–" if win.found.longer is None else f"{100 * win.found.longer:.0f} %",
        )
        for win in figure.bars
    ]
    caption = f"Verdicts on answers of {figure.reference} against each other system's; order: where its answer stood."
    return Table(head, rows, frozenset(range(3, len(head))), caption)


def _sources(figure: Wins) -> Table:
    rows = [
        (words.name(figure.label(win)), words.name(source), count(rate.pairs), _rate(rate))
        for win in figure.bars
        for source, rate in win.found.by_source.items()
    ]
    return Table(
        ("system", "source of the question", "pairs", "win rate (95 %)"), rows, frozenset({2, 3}), "By source."
    )


def _rate(rate: Rate | None) -> str:
    return "–" if rate is None else f"{100 * rate.value:.1f} ({words.reach(rate)})"


def _items(pages: Pages) -> Section:
    section = Section("items", "Item by item")
    section.says = "Each item with its options, its key, and what every system chose and wrote, side by side."
    rows = [(benchmark, _links(listed)) for benchmark, listed in pages.items()]
    section.tables = [Table(("benchmark", "pages"), rows)] if rows else []
    if not rows:
        section.says, section.missing = "", "No multiple-choice item was answered yet."
    return section


def _links(listed: Sequence[tuple[str, str]]) -> Markup:
    links = [Markup('<a href="{}">{}</a>').format(quote(file), said) for file, said in listed]
    return Markup(" · ").join(links)
