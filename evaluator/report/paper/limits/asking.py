"""What differs in how systems were asked, and what is missing of their answers."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from evaluator.benchmark import named, names
from evaluator.report.paper import words
from evaluator.report.paper.exams import Exam, Gathered
from evaluator.report.paper.limits.sentences import some
from evaluator.report.paper.sheets import FAMILIES, Sheet, title
from evaluator.statistics.means import MICRO
from evaluator.whose import Whose, counted
from storage import answers
from storage.report.section import count


def limits(gathered: Gathered, sheets: Sequence[Sheet]) -> Iterator[str]:
    """Sentences about the asking."""
    for exam in gathered.exams:
        yield from _of_asking(exam, gathered)
        yield from _of_answers(exam, gathered)
    for sheet in sheets:
        yield from _of_means(sheet)
    yield from _of_passages(gathered)
    yield from _of_order(gathered)
    yield from _of_speeds(sheets)
    yield from _of_benchmarks(gathered)


def _of_asking(exam: Exam, gathered: Gathered) -> Iterator[str]:
    """Systems that were asked otherwise than others, and in what."""
    sat = {s.name: s.sat[exam.name] for s in gathered.systems if exam.name in s.sat}
    if len({s.settings_sha256 for s in sat.values()}) > 1:
        differ = _differing({name: s.settings for name, s in sat.items()})
        differ = differ or {"wording": "another text under the same name"}
        told = "; ".join(f"{key}: {values}" for key, values in differ.items())
        yield f"{title(exam.name)}: the systems were not asked alike, so a difference may come of the asking ({told})."
    if others := sum(s.ways.get(exam.name, 1) - 1 for s in gathered.systems):
        yield (
            f"{title(exam.name)}: {others} further ways of asking are stored and not shown; "
            "whoever picks the best of several flatters it."
        )
    if older := gathered.older.get(exam.name):
        yield f"{title(exam.name)}: {older} sittings of another version of it are in no table."
    if exam.whose is not Whose.OWN:
        then = "it is in no mean" if exam.whose is Whose.OTHER else "`evaluator fetch` gets that"
        items = counted(exam.name, len(exam.items))
        yield f"{title(exam.name)}: the file that was asked is {exam.whose} ({items}): {then}."


def _differing(settings: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """What differs between them: by the setting's name, who has what."""
    keys = dict.fromkeys(key for own in settings.values() for key in own if not key.endswith("sha256"))
    found = {}
    for key in keys:
        by_value: dict[str, list[str]] = defaultdict(list)
        for name, own in settings.items():
            value = own.get(key, "–")
            by_value[answers.how(value) if isinstance(value, dict) else str(value)[:60]].append(name)
        if len(by_value) > 1:
            found[key] = ", ".join(f"{value} ({some(who)})" for value, who in by_value.items())
    return found


def _of_means(sheet: Sheet) -> Iterator[str]:
    """Systems whose mean is over benchmarks that they were asked in several ways, and what differs."""
    for row in sheet.rows:
        if row.kind != MICRO:
            continue
        own = [each.name for each in sheet.benchmarks if each.name.startswith(FAMILIES.get(row.name, ""))]
        told: dict[str, list[str]] = defaultdict(list)
        for system in (system for system in sheet.systems if system.name in row.cells):
            differ = _differing({title(name): system.sat[name].settings for name in own})
            told["; ".join(f"{key}: {values}" for key, values in differ.items())].append(system.name)
        for ways, systems in told.items():
            if ways:
                yield f"{row.name}: the means of {some(systems)} are over benchmarks asked in several ways ({ways})."


def _of_answers(exam: Exam, gathered: Gathered) -> Iterator[str]:
    items = len(exam.items)
    for system in gathered.systems:
        given = exam.given.get(system.name, [])
        where = f"{title(exam.name)}: {words.name(system.name)}"
        if given and len(given) < items:
            lacking = f"{count(items - len(given))} of {count(items)} items"
            yield f"{where} has no answer to {lacking}; its share is of the others, and tests are over shared items."
        if unread := sum(a.choice is None for a in given):
            yield f"{where} gave {count(unread)} answers without a readable letter, which count as wrong."
        if cut := sum(bool(a.output.get("cut")) or a.output.get("finish") == "length" for a in given):
            yield f"{where}: {count(cut)} prompts or replies were longer than there was room for, and are cut."


def _of_passages(gathered: Gathered) -> Iterator[str]:
    for system in gathered.systems:
        by_method: dict[str, list[str]] = defaultdict(list)
        for name, method in system.augmented.items():
            by_method[method].append(title(name))
        for method, exams in by_method.items():
            told = f"was shown pairs of a snapshot, found by {method}, before each item of {some(exams)}"
            yield f"{words.name(system.name)} {told}: that is the score of both together, not of the model."


def _of_order(gathered: Gathered) -> Iterator[str]:
    moved = [bool(s.settings.get("permuted")) for system in gathered.systems for s in system.sat.values()]
    if moved and not all(moved):
        kept = "Every system" if not any(moved) else f"{moved.count(False)} of {len(moved)} sittings"
        yield f"{kept} saw each item's options in one order only: a liking for a letter or a place is not averaged out."


def _of_speeds(sheets: Sequence[Sheet]) -> Iterator[str]:
    speeds = {name: speed for sheet in sheets for name, speed in sheet.speeds.items()}
    if len(devices := {s.device for s in speeds.values()}) > 1:
        yield f"Inference times were taken on {len(devices)} devices ({some(sorted(devices))}) and do not compare."
    if together := [name for name, s in speeds.items() if s.at_once != 1]:
        yield (
            f"Inference times of {some(together)} are of replies written several at once: longer than those of single "
            "ones. `evaluator ask --at-once 1` measures plain latency."
        )


def _of_benchmarks(gathered: Gathered) -> Iterator[str]:
    for exam in gathered.exams:
        if exam.name in names():
            yield f"{title(exam.name)}: {named(exam.name).caveat}"
        if exam.opened is None:
            yield (
                f"{title(exam.name)}: the version that was asked is not on this machine, so its key, its baselines and "
                "items that nobody answered are not known."
            )
