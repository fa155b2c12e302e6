"""Translated items, as they are written: JSON lines that `run --data`, `register` and `lint` read."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from evaluator.translation.checks import Field, Flag, of_edit, of_item
from evaluator.translation.original import ANSWER, MUST, NICE, QUESTION, Original, Piece, column
from evaluator.translation.wording import Way
from storage.blobs import output_file, write_whole
from storage.models import Decision
from storage.translations import Doubtful, Made


@dataclass(frozen=True)
class Line:
    """An item with what became of each text; `edited` are the texts that a person wrote instead."""

    piece: Piece
    fields: Mapping[str, Field]
    way: Way
    decision: str | None = None
    edited: Mapping[str, str] | None = None

    @cached_property
    def flags(self) -> list[Flag]:
        """What is doubtful in what the model wrote, decided or not; that a check failed on it is a doubt too."""
        try:
            return of_item(self.fields, self.way, self.piece.key)
        except Exception as error:  # noqa: BLE001  whatever a check fails on, the other items are not lost
            return [Flag(QUESTION, "unchecked", f"a check failed on this item ({error!r}): read all of it")]

    @property
    def waits(self) -> bool:
        """Whether a person has to look at it."""
        return bool(self.flags) and self.decision is None

    @property
    def rejected(self) -> bool:
        """Whether a person has taken it out."""
        return self.decision == Decision.REJECT.value

    @property
    def texts(self) -> dict[str, str]:
        """The item as it is written, by place."""
        return {place: field.text for place, field in self.fields.items()} | dict(self.edited or {})

    @property
    def doubts(self) -> list[Flag]:
        """What is doubtful in it as it is written: a person's own texts are held to what `of_edit` looks for."""
        if self.edited is None:
            return self.flags if self.waits else []
        fields = {place: Field(self.piece.texts[place], text) for place, text in self.texts.items()}
        return of_edit(fields, self.piece.key)

    @property
    def whole(self) -> bool:
        """Whether nothing of it is missing."""
        return not any(Field(self.piece.texts[place], text).empty for place, text in self.texts.items())

    @property
    def doubtful(self) -> Doubtful:
        """As the queue has it."""
        flags: dict[str, list[str]] = {}
        for flag in self.flags:
            flags.setdefault(flag.place, []).append(f"{flag.kind}: {flag.said}")
        translated = {place: field.text for place, field in self.fields.items()}
        return Doubtful(self.piece.id, dict(self.piece.texts), translated, flags)

    @property
    def figures(self) -> dict[str, dict[str, float]]:
        """What was measured in each place that no person has written."""
        return {p: _figures(f, self.way) for p, f in self.fields.items() if f.text and p not in (self.edited or {})}


def write(path: Path, original: Original, lines: Sequence[Line], made: Made) -> None:
    """Write all lines, or leave the file as it was. Raises UsageError for a path that is no file."""
    output_file(path)
    rows = (_row(original, line, made) for line in lines)
    write_whole(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode())
    path.chmod(0o644)


def _row(original: Original, line: Line, made: Made) -> dict[str, Any]:
    review = "waiting" if line.waits else line.decision
    return {
        "id": line.piece.id,
        **_item(original, line.piece, line.texts),
        **line.piece.also,
        "language": line.way.target,
        "original": {"benchmark": original.name, **_item(original, line.piece, line.piece.texts)},
        "translator": {"model": made.model, "sha256": made.model_sha256, "settings_sha256": made.settings_sha256},
        "checks": line.figures,
        "flagged": [vars(flag) for flag in line.doubts],
        "review": review,
    }


def _item(original: Original, piece: Piece, texts: Mapping[str, str]) -> dict[str, Any]:
    if original.choice:
        options = [text for place, text in texts.items() if len(place) == 1]
        return {"question": texts[QUESTION], "options": options, "answer": piece.key}
    names = original.columns
    found: dict[str, Any] = {column(names.question, QUESTION): texts[QUESTION]}
    found[column(names.answer, ANSWER)] = texts[ANSWER]
    for name, kind in ((names.must, MUST), (names.nice, NICE)):
        if name:
            found[column(name, kind)] = [text for place, text in texts.items() if place.startswith(f"{kind} ")]
    return found


def _figures(field: Field, way: Way) -> dict[str, float]:
    found = {"length_ratio": field.ratio, "script": field.script(way), "chrf": field.chrf}
    return {name: round(value, 3) for name, value in found.items() if value is not None}
