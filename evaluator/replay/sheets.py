"""One system's answers to one task, with the letters read from them and what they score."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from evaluator.letters import Reading
from evaluator.letters.many import Placed
from evaluator.replay.rows import different
from evaluator.replay.stored import Answer
from evaluator.statistics import wilson

EARLY = 80
"""A letter that is named so early, in characters, came before any reasoning."""


@dataclass(frozen=True)
class Share:
    """How many of how many, with Wilson's 95 % interval over the `different` ones: a row again tells nothing more."""

    count: int
    of: int
    different: int

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        share = self.count / self.of
        low, high = wilson(min(share * self.different, self.different), self.different)
        return {"count": self.count, "of": self.of, "share": share, "low": low, "high": high}


@dataclass(frozen=True)
class Sheet:
    """A file of answers; the task is called after its folder and the system after the file."""

    path: Path
    answers: Sequence[Answer]
    placed: Sequence[Placed] = field(repr=False)

    @property
    def task(self) -> str:
        """The folder's name."""
        return printable(self.path.absolute().parent.name)

    @property
    def system(self) -> str:
        """The file's name without its endings."""
        return printable(self.path.name.removesuffix(".gz").removesuffix(".jsonl").removesuffix(".json"))

    @cached_property
    def readings(self) -> list[Reading]:
        """What was read and by what, by row."""
        return [placed.reading for placed in self.placed]

    @property
    def letters(self) -> list[str | None]:
        """What was read, by row."""
        return [reading.letter for reading in self.readings]

    @property
    def published(self) -> list[str | None]:
        """What a person read, by row."""
        return [answer.published for answer in self.answers]

    def right(self, letters: Sequence[str | None]) -> list[bool]:
        """Whether each row is right by these letters; a row without a letter is wrong."""
        rows = zip(self.answers, letters, strict=True)
        return [letter is not None and letter == answer.correct for answer, letter in rows]

    @property
    def extracted_share(self) -> Share:
        """Right by the letters read."""
        return self._share(sum(self.right(self.letters)))

    @property
    def published_share(self) -> Share:
        """Right by the letters that a person read."""
        return self._share(sum(self.right(self.published)))

    @property
    def agreement(self) -> Share:
        """Rows where both are the same letter, or both are none."""
        same = sum(one == other for one, other in zip(self.letters, self.published, strict=True))
        return self._share(same)

    @cached_property
    def different(self) -> int:
        """How many rows ask something of their own."""
        return different(self.answers)

    def _share(self, count: int) -> Share:
        return Share(count, len(self.answers), self.different)

    @cached_property
    def early(self) -> float | None:
        """The share of the letters read that the text gives before any reasoning; None where none was read."""
        found = [place for reading, place in self.placed if reading.letter is not None]
        return sum(place is not None and place < EARLY for place in found) / len(found) if found else None

    def as_json(self) -> dict[str, Any]:
        """The figures and each row's letter, without the texts."""
        return {
            "file": printable(str(self.path)),
            "task": self.task,
            "system": self.system,
            "rows": len(self.answers),
            "different_rows": self.different,
            "extracted": self.extracted_share.as_json(),
            "published": self.published_share.as_json(),
            "agreement": self.agreement.as_json(),
            "unreadable": self.letters.count(None),
            "published_unreadable": self.published.count(None),
            "read_by": dict(Counter(reading.by for reading in self.readings).most_common()),
            "letter_first": self.early,
            "letters": self.letters,
        }

    def lines(self) -> list[dict[str, Any]]:
        """Each row's letter and where it comes from, for `--letters`."""
        file = printable(str(self.path))
        return [
            {
                "file": file,
                "row": row,
                "letter": reading.letter,
                "by": reading.by,
                "letters": list(reading.letters),
                "published": answer.published,
                "correct": answer.correct,
            }
            for row, (answer, reading) in enumerate(zip(self.answers, self.readings, strict=True), 1)
        ]


def printable(name: str) -> str:
    """A file's name without bytes that are no UTF-8."""
    return name.encode("utf-8", "replace").decode()
