"""All that lint does with its subjects, and what it tells of them."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from evaluator.lint import blind, fields, giveaways, keys, marks, options, texts, translated
from evaluator.lint.blind import Blind
from evaluator.lint.finding import SEVERITIES, Finding, shown
from evaluator.lint.giveaways import Measured
from evaluator.lint.original import Unlike, against
from evaluator.lint.repeats import Repeats, distinct
from evaluator.lint.subject import Subject
from evaluator.published import Draft

Progress = Callable[[str, int, int], None]
UNCHECKED = "unchecked"


@dataclass
class Linted:
    """One benchmark: its findings, what rules score in it, and what readers without the question do."""

    name: str
    items: int
    findings: list[Finding] = field(default_factory=list)
    rules: list[Measured] = field(default_factory=list)
    readers: list[Blind] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    @property
    def counts(self) -> dict[str, int]:
        """How many findings of each kind, the worst first."""
        kinds = Counter((SEVERITIES.index(f.severity), f.kind) for f in self.findings)
        return {kind: count for (_, kind), count in sorted(kinds.items())}


@dataclass
class Report:
    """All that was linted; `repeats` counts, by two names, the items of the first that repeat one of the second."""

    linted: list[Linted]
    repeats: dict[tuple[str, str], int]

    def as_json(self) -> dict[str, Any]:
        """For a machine."""
        return {
            "benchmarks": [
                {
                    "name": each.name,
                    "items": each.items,
                    "counts": each.counts,
                    "rules": [asdict(rule) | {"share": rule.share} for rule in each.rules],
                    "readers": [asdict(reader) for reader in each.readers],
                    "said": each.said,
                }
                for each in self.linted
            ],
            "repeats": [{"of": one, "in": other, "items": count} for (one, other), count in self.repeats.items()],
            "findings": [asdict(finding) for each in self.linted for finding in each.findings],
        }


def lint(
    subjects: Sequence[Subject], others: Sequence[Subject] = (), model: Any = None, progress: Progress | None = None
) -> Report:
    """Look for faults in the subjects, and for repeats among them and in the others; `model` is a loaded one.

    `progress` is told a name, how many items more were looked at, and of how many.
    """
    tell = progress or (lambda _name, _more, _of: None)
    linted = [_linted(subject, model, tell) for subject in subjects]
    failed = {(f.benchmark, f.item) for each in linted for f in each.findings if f.kind == UNCHECKED}
    readable = [
        [(s.name, item) for item in s.items if (s.name, item.id) not in failed and not _too_large(s, item)]
        for s in (*subjects, *others)
    ]
    repeats = Repeats([place for places in readable for place in places], sum(map(len, readable[: len(subjects)])))
    by_name = {each.name: each for each in linted}
    for finding in repeats.findings():
        by_name[finding.benchmark].findings.append(finding)
    for each in linted:
        each.findings.sort(key=lambda f: SEVERITIES.index(f.severity))
    return Report(linted, repeats.counts())


def _linted(whole: Subject, model: Any, tell: Progress) -> Linted:
    found = Linted(whole.name, len(whole.items))
    found.findings += [f for item in whole.items for f in _too_large(whole, item)]
    large = {finding.item for finding in found.findings}
    subject = replace(whole, items=tuple(item for item in whole.items if item.id not in large))
    for item in subject.items:
        found.findings += _looked_at(subject, item)
        tell(subject.name, 1, len(subject.items))
    failed = {finding.item for finding in found.findings if finding.kind == UNCHECKED}
    subject = replace(subject, items=tuple(item for item in subject.items if item.id not in failed))
    if not subject.items:
        return found
    found.findings += fields.ids(subject.name, subject.items)
    found.findings += _unseen(subject)
    if subject.choice:
        found.findings += texts.unended(subject.name, subject.items)
        found.findings += fields.counts(subject.name, subject.items)
        found.findings += fields.key_forms(subject.name, subject.items)
        _untold(found, subject, model, tell)
        _original(found, subject)
    return found


def _too_large(subject: Subject, item: Draft) -> list[Finding]:
    return list(fields.oversized(subject.name, item, subject.texts(item)))


def _looked_at(subject: Subject, item: Draft) -> list[Finding]:
    try:
        return list(_of_item(subject, item))
    except Exception as error:  # noqa: BLE001  whatever a check fails on, the findings in other items are not lost
        said = f"a check failed on it ({error!r}): nothing else was looked at in it, «{shown(item.question)}»"
        return [Finding(subject.name, item.id, UNCHECKED, "warning", said)]


def _of_item(subject: Subject, item: Draft) -> Iterator[Finding]:
    name, said = subject.name, subject.texts(item)
    yield from texts.damaged(name, item.id, said)
    yield from texts.placeholders(name, item.id, said)
    yield from texts.cut(name, item.id, said)
    yield from texts.foreign(name, item.id, said, subject.language)
    yield from texts.picture(name, item.id, said)
    yield from translated.machine(name, item.id, said, subject.language)
    if subject.choice:
        yield from fields.missing(name, item)
        yield from options.equal(name, item)
        yield from options.reordered(name, item)
        yield from marks.marked(name, item)
        yield from marks.mislabelled(name, item)
        yield from marks.misplaced(name, item)
        yield from options.odd(name, item)
        yield from options.shifted(name, item)
        yield from texts.spreadsheet(name, item.id, item.lettered)
        if subject.language == "fa":
            yield from options.untranslated(name, item)


def _unseen(subject: Subject) -> Iterator[Finding]:
    """Marks of direction and presentation forms, told once: another tokenizer reads other words in them."""
    marked = [item for item in subject.items if any(map(texts.unseen, subject.texts(item).values()))]
    if marked:
        said = (
            f"{len(marked)} of {len(subject.items)} items hold unseen marks of direction or letters in presentation "
            f"forms, as text out of PDF files does; the first is {marked[0].id}: «{shown(marked[0].question)}»"
        )
        yield Finding(subject.name, None, "unseen_marks", "note", said)


def _untold(found: Linted, subject: Subject, model: Any, tell: Progress) -> None:
    """What can be right without the question; every test counts items of the same words once."""
    items = distinct(subject.items)
    if again := len(subject.items) - len(items):
        found.said.append(f"{again} items repeat another word for word, and are in no test of keys and giveaways")
    found.findings += keys.imbalance(subject.name, items)
    found.rules = giveaways.measured(items)
    found.findings += giveaways.findings(subject.name, items, found.rules)
    if learnt := blind.learnt(items):
        found.readers.append(learnt)
        found.findings += blind.findings(subject.name, learnt)
    if model is not None:
        _asked(found, replace(subject, items=tuple(items)), model, tell)


def _asked(found: Linted, subject: Subject, model: Any, tell: Progress) -> None:
    name = f"{subject.name} without its questions"
    scored, right = blind.asked(model, subject.items, subject.language, lambda more, of: tell(name, more, of))
    if scored:
        found.readers.append(scored)
        found.findings += blind.findings(subject.name, scored)
    by_id = {item.id: item for item in subject.items}
    for name in right:
        key = by_id[name].lettered[str(by_id[name].answer)]
        said = f"the model finds «{shown(key)}» without the question"
        found.findings.append(Finding(subject.name, name, "answer_only", "note", said))


def _original(found: Linted, subject: Subject) -> None:
    if not subject.originals:
        return
    try:
        found.findings += against(subject.name, subject.items, subject.originals)
        found.said.append(f"held against its original, {len(subject.originals)} items")
    except Unlike as error:
        found.said.append(f"not held against its original: {error}")
