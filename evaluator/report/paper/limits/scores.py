"""What the scores do not show: too few items, repeats, rules that need no model, pass marks that are in doubt."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from evaluator.report.paper import words
from evaluator.report.paper.exams import Exam
from evaluator.report.paper.limits.sentences import quoted, some
from evaluator.report.paper.sheets import ALPHA, Row, Sheet, title
from storage.report.section import count, percent

NUMBERS = {"table3": "Table III", "table4": "Table IV"}


def limits(sheets: Sequence[Sheet], exams: Sequence[Exam]) -> Iterator[str]:
    """Sentences about the tables' figures."""
    for sheet in sheets:
        yield from _of_tests(sheet)
    yield from _of_repeats(exams)
    for sheet in sheets:
        for row in sheet.benchmarks:
            yield from _of_rules(row)
            yield from _of_pass_mark(row)
    yield from _of_means(sheets)


def _of_tests(sheet: Sheet) -> Iterator[str]:
    tests = sheet.tests
    if not tests:
        return
    stand = [test for _, _, test in tests if test.holm_table is not None and test.holm_table < ALPHA]
    alone = sum(test.found.p is not None and test.found.p < ALPHA for _, _, test in tests)
    made = "1 test against {} was" if len(tests) == 1 else f"{len(tests)} tests against {{}} were"
    yield (
        f"{NUMBERS[sheet.id]}: {made.format(sheet.reference.name)} made; {alone} have p under .05 by "
        f"themselves, {len(stand)} after Holm's correction over all of them. The others are no proof of equality."
    )
    for row in sheet.benchmarks:
        least = [c.test.found.detectable for c in row.cells.values() if c.test and c.test.found.detectable is not None]
        if least:
            start = f"{row.title}: with {count(row.items)} items a true difference from {sheet.reference.name}"
            yield f"{start} is found in four of five trials only {_from(least)}, and after the correction from more."


def _from(least: Sequence[float]) -> str:
    """From how many points on, of several comparisons; one whose systems differ in too few items shows none."""
    known = [f"{100 * each:.0f}" for each in sorted(least) if each < 1]
    if not known:
        return "if the systems differ in more items than these do"
    points = known[0] if known[0] == known[-1] else f"{known[0]} to {known[-1]}"
    return f"from about {points} points on"


def _of_repeats(exams: Sequence[Exam]) -> Iterator[str]:
    placed: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for exam in exams:
        for item, label in exam.groups.items():
            placed[label].append((exam.name, item))
    for exam in exams:
        own = Counter(exam.groups.values())
        within = sum(times - 1 for times in own.values())
        across = sum(any(name != exam.name for name, _ in placed[label]) for label in exam.groups.values())
        said = [f"{count(within)} repeat another of it"] * bool(within)
        said += [f"{count(across)} stand in another benchmark here too"] * bool(across)
        if said:
            yield (
                f"{title(exam.name)}: of {count(len(exam.groups))} items {' and '.join(said)}: intervals and tests "
                "count them as one observation, the scores count each."
            )


def _of_rules(row: Row) -> Iterator[str]:
    if row.guessing is None:
        return
    for rule, found in row.rules.items():
        if rule.startswith("always") and found.low > row.guessing:
            yield (
                f"{row.title}: its key favours a letter, “{rule}” scores {percent(found.value)} where guessing "
                f"scores {percent(row.guessing)}."
            )
    told: dict[str, list[str]] = defaultdict(list)
    for name in row.cells:
        told[_beside_rules(row, name)].append(name)
    for beside, systems in told.items():
        if beside:
            yield f"{row.title}: no better than {beside}, which read no question: {some(systems)}."


def _beside_rules(row: Row, name: str) -> str:
    """The rules that a system is not better than, in words; nothing where it is better than all."""
    cell = row.cells[name]
    beaten = [rule for rule, found in row.rules.items() if found.value >= cell.found.value]
    if beaten:
        return " and ".join(f"“{rule}” ({percent(row.rules[rule].value)})" for rule in beaten)
    level = [tested.first for tested in cell.against if (tested.holm or 0.0) >= ALPHA]
    if level:
        return f"{quoted(level)} by a test after Holm's correction"
    within = row.guessing is not None and cell.found.low <= row.guessing
    return f"guessing ({percent(row.guessing or 0.0)}), which lies in the interval" if within else ""


def _of_pass_mark(row: Row) -> Iterator[str]:
    for name, cell in row.cells.items():
        if (found := cell.passing) and not (found.established or found.excluded):
            reached = "reaches" if found.reached else "does not reach"
            yield (
                f"{row.title}: {words.name(name)} {reached} the pass mark of {found.mark:.0%}, but its interval "
                f"holds the mark: the chance that it truly would pass is {percent(found.probability)}."
            )


def _of_means(sheets: Sequence[Sheet]) -> Iterator[str]:
    for sheet in sheets:
        for row in sheet.rows:
            if row.kind == "micro" and (without := [s.name for s in sheet.systems if s.name not in row.cells]):
                yield f"{row.name}: {some(without)} lack a benchmark of it and have no mean."
