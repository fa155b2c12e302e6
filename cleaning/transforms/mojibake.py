"""Text whose bytes were read in a wrong encoding, put right where only one reading makes sense."""

import re
from collections.abc import Collection
from dataclasses import dataclass

from cleaning.alphabet import LETTERS
from cleaning.steps import transform
from cleaning.transforms.entities import entities
from cleaning.windows1256 import ARABIC, WESTERN, among, read_back

ROUNDS = 3  # text read wrongly twice over takes two; the third finds nothing to do
_ARABIC_LEADS = (0xD8, 0xD9, 0xDA, 0xDB)
_GREEK_LEADS = (0xCE, 0xCF)
_CONTINUATION = range(0x80, 0xC0)
# What Persian text, its symbols and its emoji need of UTF-8, and the leads that appear when it is read wrongly twice.
_SEQUENCES: tuple[tuple[Collection[int], ...], ...] = (
    ((0xC2, 0xC3, 0xC5, 0xC6, 0xCB, *_ARABIC_LEADS), _CONTINUATION),
    (_GREEK_LEADS, _CONTINUATION, (0xCF,), range(0x80, 0x8F)),  # Greek words
    (
        (0xCE,),
        range(0x91, 0xC0),
    ),  # Greek letters alone, as in units: د and a letter or sign would be accented or Coptic
    ((0xCF,), range(0x80, 0x8A)),
    ((0xE2,), range(0x80, 0xB0), _CONTINUATION),
    ((0xEF,), (*range(0x80, 0xA4), *range(0xAD, 0xBC)), _CONTINUATION),  # bullets of symbol fonts; old forms
    ((0xF0,), (0x9F,), _CONTINUATION, _CONTINUATION),
)
_WHOLE_LETTERS = re.compile("(?:[،؛\u061c؟ء-غـ-ٕ٪-٬٠-٩ٰپچژکگھۀہیەٹڈڑںے۰-۹]|[^\u0600-\u06ff])*")


_PERSIAN_LETTER = re.compile(f"[{LETTERS}]")


@dataclass(frozen=True)
class _Utf8:
    """UTF-8 read in another encoding: the byte behind each character, and what makes a run of them certain."""

    table: dict[str, int]
    signs: frozenset[str]
    """A run without one of these may be words of the language."""
    alone: frozenset[str]
    """First characters of a sequence that is certain by itself."""
    runs: re.Pattern[str]

    @classmethod
    def read_as(cls, table: dict[str, int], signs: Collection[str], alone: Collection[int]) -> "_Utf8":
        sequences = ("".join(among(table, part) for part in sequence) for sequence in _SEQUENCES)
        runs = re.compile(f"(?:{'|'.join(sequences)})+")
        leads = frozenset(character for character, byte in table.items() if byte in alone)
        return cls(table, frozenset(signs), leads, runs)

    def repaired(self, text: str) -> str:
        """Where one run holds two Arabic letters, the whole text was read so, and single letters are repaired too."""
        whole = any(self._tells(run[0]) for run in self.runs.finditer(text))
        wanted = self._apart if whole else self._certain
        return self.runs.sub(lambda run: self._decoded(run[0]) if wanted(run) else run[0], text)

    def _tells(self, run: str) -> bool:
        decoded = self._decoded(run)
        signed = not self.signs.isdisjoint(run)
        return signed and decoded != run and sum("\u0600" <= letter <= "\u06ff" for letter in decoded) > 1

    def _apart(self, run: re.Match[str]) -> bool:
        """Whether the run holds a sign or is a word by itself: عکس holds a run that is neither."""
        around = run.string[max(0, run.start() - 1) : run.start()] + run.string[run.end() : run.end() + 1]
        return not self.signs.isdisjoint(run[0]) or not _PERSIAN_LETTER.search(around)

    def _certain(self, run: re.Match[str]) -> bool:
        if not self.alone:
            return False
        after_quote = run.string[run.start() - 1 : run.start()] == "«"  # «Â» speaks of the letter
        return len(self._decoded(run[0])) > 1 or (run[0][0] in self.alone and not after_quote)

    def _decoded(self, run: str) -> str:
        decoded = bytes(self.table[character] for character in run).decode("utf-8", "replace")
        return decoded if _WHOLE_LETTERS.fullmatch(decoded) else run


_IN_PERSIAN = "پٹچژڈگکڑںھ،؛؟«»“”‘’–—…°·•\u00a0\u00ad\u200c\u200d"
_SIGNS = frozenset(c for c, byte in ARABIC.items() if byte in _CONTINUATION) - set(_IN_PERSIAN)

# Not alone: Ø± is a diameter and a tolerance, Å² an area.
_AS_WESTERN = _Utf8.read_as(WESTERN, WESTERN, (0xC2, 0xC3, 0xCE, 0xCF, 0xE2, 0xEF, 0xF0))
_AS_ARABIC = _Utf8.read_as(ARABIC, _SIGNS, ())


_SUSPECT = re.compile(
    f"[\u0080-\u009f\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u00ff{''.join(map(re.escape, sorted(_SIGNS)))}]"
)


@transform(spelling=True)
def mojibake(text: str) -> str:
    """Repair UTF-8 read as Latin-1, windows-1252 or windows-1256, and windows-1256 read as the first two.

    Once or twice over, and only what is certain: in windows-1256 words of Persian, in UTF-8 two Persian letters running
    or a pair of signs that nobody writes. Windows-1256 comes first: its bytes hold pairs that are UTF-8 by chance.
    """
    if not _SUSPECT.search(text):
        return text
    for _ in range(ROUNDS):
        repaired = _AS_ARABIC.repaired(_AS_WESTERN.repaired(read_back(text, _AS_WESTERN.runs)))
        if repaired == text:
            break
        text = entities(repaired)  # what shows nothing may have hidden one
    return text
