"""Items in doubt before a person: put there, listed, decided, and the decisions taken up."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from evaluator.translation.checks import EMPTY, EQUAL, Field, of_edit
from evaluator.translation.lines import Line
from evaluator.translation.original import QUESTION
from storage import audit, db, schema, translations
from storage.errors import UsageError
from storage.models import Decision, Translation
from storage.translations import Made, Ruling

DECISIONS = {"accept": Decision.APPROVE, "edit": Decision.EDIT, "reject": Decision.REJECT}
_NEVER = (EMPTY, EQUAL)
"""What no reason excuses."""


@dataclass(frozen=True)
class Decided:
    """What a person said of one translation; `texts` are PLACE=TEXT each, for an edit."""

    number: int
    decision: str
    texts: tuple[str, ...] = ()
    reason: str | None = None

    def __post_init__(self) -> None:
        """Raises UsageError for what is no decision, and texts without an edit."""
        if self.decision not in DECISIONS:
            raise UsageError(f"{self.decision!r} is no decision: accept, edit or reject")
        if bool(self.texts) != (self.decision == "edit"):
            raise UsageError("an edit has --text PLACE=TEXT, for each place it changes; the others have none")

    @property
    def ruling(self) -> Ruling:
        """As storage keeps it."""
        texts = dict(map(_split, self.texts)) if self.texts else None
        return Ruling(DECISIONS[self.decision], audit.who(), self.reason, texts)


def taken(made: Made, lines: Sequence[Line]) -> list[Line]:
    """Put those in doubt before a person, and take up what was decided of them."""
    doubtful = {line.piece.id: line.doubtful for line in lines if line.flags}
    hashes = {item: each.sha256(made.language) for item, each in doubtful.items()}
    with db.session() as session:
        translations.put(session, made, list(doubtful.values()))
        found = translations.decided(session, hashes.values())
    return [_taken(line, found.get(hashes.get(line.piece.id, ""))) for line in lines]


def decide(decided: Decided) -> Translation:
    """Record a decision.

    Raises UsageError as `storage.translations.decide`, and where the item as accepted or edited has equal options or a
    text that shows nothing, or an edit has lost or added a number, a unit or a code with no reason given: a check may
    be wrong, but somebody has to say so.
    """
    schema.require_head()
    with db.session() as session:
        row = translations.decide(session, decided.number, decided.ruling)
        if row.decision != Decision.REJECT:
            texts = {**row.translated, **(row.edited or {})}
            found = of_edit({place: Field(row.source[place], texts.get(place, "")) for place in sorted(row.source)})
            said = row.edited is None or bool(decided.reason)
            if wrong := next((flag for flag in found if flag.kind in _NEVER or not said), None):
                also = "" if wrong.kind in _NEVER else ", or say with --reason why it is right"
                raise UsageError(f"item {row.item} would be wrong so: {wrong.said}. Give other texts{also}")
        return row


def listed(benchmark: str | None, language: str | None, every: bool = False) -> list[dict[str, Any]]:
    """Those that wait; `every` for the decided ones too."""
    schema.require_head()
    with db.session() as session:
        return [_told(row) for row in translations.listed(session, benchmark, language, every)]


def _taken(line: Line, row: Translation | None) -> Line:
    return line if row is None else replace(line, decision=row.decision, edited=row.edited)


def _split(given: str) -> tuple[str, str]:
    place, equals, text = given.partition("=")
    if not equals:
        raise UsageError(f"--text is PLACE=TEXT, such as A=…, not {given[:40]!r}")
    return place.strip(), text.strip()


def _told(row: Translation) -> dict[str, Any]:
    places = sorted(row.source, key=lambda place: (place != QUESTION, len(place), place))
    texts = [
        {
            "place": place,
            "source": row.source[place],
            "translated": row.translated.get(place, ""),
            "edited": (row.edited or {}).get(place),
            "flags": row.flags.get(place, []),
        }
        for place in places
    ]
    said = {"number": row.id, "benchmark": row.benchmark, "item": row.item, "language": row.language}
    ruled = {"decision": row.decision, "by": row.by, "reason": row.reason}
    return {**said, "model": row.model, "settings_sha256": row.settings_sha256, **ruled, "texts": texts}
