"""Published question-answer pairs, {"question", "answer"[, "source"]} a line, turned into records of the sites.

Such files say nothing of titles, doctors or record numbers: a title is made of the question's first words, a number
of the text's hash, so that the same pair has the same address however many others are served beside it.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from infra.replica.records import ONE_ANSWER, Question, Records, Text
from infra.replica.rows import Line, parse, read_lines
from infra.replica.texts import fold, opening
from storage.errors import UsageError

SITE_OF_FILE = {
    "niniban": "niniban",
    "mf3qa_dev": "niniban",
    "drhast": "drhast",
    "doctor_yab": "doctor-yab",
    "isovisit": "isovisit",
}
SITE_OF_SOURCE = {
    "niniban": "niniban",
    "drhast": "drhast",
    "doctor-yab": "doctor-yab",
    "doctor_yab": "doctor-yab",
    "isovisit": "isovisit",
}
NO_SITE = frozenset({"kqa", "k-qa", "kqa_fa"})
"""Sources that are no site: K-QA is a translated benchmark."""
FIRST_NUMBER, NUMBERS = 100_000_000, 900_000_000


class Row(BaseModel):
    """One published pair; columns beside these three are not read."""

    model_config = ConfigDict(strict=True)

    question: Text
    answer: Text
    source: str | None = None


def read_published(folder: Path) -> Records:
    """Every distinct pair of the folder's *.jsonl and *.jsonl.gz files, under the site it came from.

    Raises UsageError naming file and line for a row that is no pair or belongs to no known site, and for no file.
    """
    files, others = _files(folder)
    notes: Counter[str] = Counter()
    pairs: dict[tuple[str, str, str], Row] = {}
    for path in files:
        for line in read_lines(path):
            row = parse(line, Row)
            site = _site(line, path, row)
            if site is None:
                notes[f"{path.name}: pairs of {row.source}, which is no site"] += 1
            elif pairs.setdefault((site, fold(row.question), fold(row.answer)), row) is not row:
                notes[f"{path.name}: pairs served already"] += 1
    if not pairs:
        raise UsageError(f"{folder}: its files hold no pair of any site")
    told = [f"{what}: {count:,}" for what, count in notes.items()] + [f"not read: {name}" for name in others]
    return Records(questions=tuple(_questions(pairs)), notes=tuple(told))


def _files(folder: Path) -> tuple[list[Path], list[str]]:
    paths = sorted(p for p in folder.iterdir() if p.is_file() and not p.name.startswith("."))
    files = [p for p in paths if p.name.endswith((".jsonl", ".jsonl.gz"))]
    if not files:
        raise UsageError(f"{folder} holds no *.jsonl or *.jsonl.gz file")
    return files, [p.name for p in paths if p not in files]


def _site(line: Line, path: Path, row: Row) -> str | None:
    """The row's site: its source outranks the file's name; None for what belongs to no site."""
    if row.source is not None:
        source = row.source.strip().lower().removeprefix("www.")
        if source in NO_SITE:
            return None
        if site := SITE_OF_SOURCE.get(source.removesuffix(".com").removesuffix(".ir")):
            return site
        raise UsageError(f"{line.place}: no site is named {row.source!r}. There are: {_known(SITE_OF_SOURCE)}, kqa")
    for beginning, site in SITE_OF_FILE.items():
        if path.name.startswith(beginning):
            return site
    raise UsageError(
        f"{line.place}: the row has no source, and the file's name begins with none of {', '.join(SITE_OF_FILE)}"
    )


def _known(names: dict[str, str]) -> str:
    return ", ".join(sorted(set(names.values())))


def _questions(pairs: dict[tuple[str, str, str], Row]) -> Iterator[Question]:
    """One record a question where the site's page has room for several answers, else one a pair."""
    together: dict[tuple[str, ...], list[Row]] = {}
    for (site, question, answer), row in pairs.items():
        key: tuple[str, ...] = (site, question, answer) if site in ONE_ANSWER else (site, question)
        together.setdefault(key, []).append(row)
    taken: set[tuple[str, int]] = set()
    for key, rows in together.items():
        number = _number(key)
        while (key[0], number) in taken:
            number = FIRST_NUMBER + (number + 1 - FIRST_NUMBER) % NUMBERS
        taken.add((key[0], number))
        yield Question.model_validate(
            {
                "site": key[0],
                "record": str(number),
                "title": opening(rows[0].question),
                "question": rows[0].question,
                "answers": [{"text": row.answer} for row in rows],
            }
        )


def _number(key: tuple[str, ...]) -> int:
    digest = hashlib.sha256("\n".join(key).encode()).digest()
    return FIRST_NUMBER + int.from_bytes(digest[:8], "big") % NUMBERS
