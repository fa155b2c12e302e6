"""Windows-1256 read as Latin-1 or windows-1252: which stretches of a text are such, and what they say."""

import re
from collections.abc import Collection
from itertools import pairwise

BYTES = range(0x80, 0x100)


def shown(encoding: str) -> dict[str, int]:
    """The byte behind each character that a reader shows for the bytes from 80 to FF."""
    pairs = {bytes([byte]).decode(encoding, "ignore"): byte for byte in BYTES}
    return {character: byte for character, byte in pairs.items() if character}


def among(table: dict[str, int], wanted: Collection[int]) -> str:
    """The characters behind which these bytes are, as a regular-expression class."""
    return f"[{''.join(re.escape(character) for character, byte in table.items() if byte in wanted)}]"


WESTERN = {chr(byte): byte for byte in BYTES} | shown("cp1252")
ARABIC = shown("cp1256")

_TO_ARABIC = {ord(character): bytes([byte]).decode("cp1256") for character, byte in WESTERN.items()}
_JOINER_BYTES = {0x9D, 0x9E}
_LETTER_BYTES = {byte for c, byte in ARABIC.items() if "\u0621" <= c <= "\u06d2" and c not in "؛؟"}
_LETTERS = among(WESTERN, _LETTER_BYTES | _JOINER_BYTES)[1:-1]
_UNWRITTEN = re.compile("[\x81\x8d-\x90\x98\u02dc]")  # پچژڈگک: controls and a tilde that no Western word holds

_ARABIC_SCRIPT = "\u0600-\u06ff"
_STRETCH = re.compile(f"[^{_ARABIC_SCRIPT}]+")
_WORD = re.compile(f"[A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f{_LETTERS}]+")
_ACCENTED_ALONE = re.compile(f"[{_LETTERS}]+")
_KEPT = "(?<=[A-Za-z])[\u00c0-\u00e5\u00e7-\u00ff]{1,2}(?=[A-Za-z])"  # Sjögren; æ is و, "and", more often
_TO_READ = re.compile(f"(?P<kept>{_KEPT})|{among(WESTERN, BYTES)}")

_TAKEN = "؟"  # no stretch holds one
_SHORTEST = 3
_PLAIN_ENOUGH = 0.6
"""Share of the letters that are in Persian words, and of common pairs in a word, where there is much to judge."""
_LITTLE = 8
"""Letters: below, every pair has to be common, for accented capitals may be listed (ÀÈÌÒÙ)."""
_TO_PERSIAN = str.maketrans("يىكھہے", "یییههی", "\u0640\u064b\u064c\u064d\u064e\u064f\u0650\u0651\u0652\u200d")
_NO_BEGINNING = re.compile("[\u0640\u064b-\u0655ةئؤإأء]")
_OF_TWO = frozenset(
    """
آب آن از او با بد بر به پا پر پس تا تب تر تو جا چه حس خط در دل دو را رو رگ زن ژل ژن سر سه سن شب شش شد صد ضد غم فک قد قی
کم که گر گچ لب ما مو من مچ نه نخ نم هر هم یا یک ای ام بو بی چپ چک ها حد حل دم ده سی شل طی می
""".split()  # noqa: SIM905 - a list of words reads as text
)
# What follows each letter, at least once in 50,000 pairs: 5.5 million pairs of patients' questions and answers.
_FOLLOWERS = {
    entry[0]: frozenset(entry[1:])
    for entry in """
آبخدذرزسشغفقلمنهوپگی أث ئدسلمنهوی ائابتثجحخدذرزسشصضطظعغفقلمنهوپچژکگی بابتجحخدذرزسشصطعغفقلمنهوپچکگی
تأئابتجحخدرزسشصضظعغفقلمنهوپکگی ثابرلهی جابتدذرزسعفلمنهوی حابتثجدذرسشصضظفقلمنوی خابتدرسشصطفلمنهوی
دآابتخدرزسشعفقلمنهوپچکگی ذابتخرشفهکی رآابتثجحخدرزسشصضطعغفقلمنهوپچژکگی زابتخدرسشلمنهوپکگی
سئابتخدرزشطعفقلمنهوپکگی شابتحخدرسشعغقلمنهوکگی صابتحدرصطفلمنهوی ضاخدرطعلمهوی طابحرعفقلمهوی ظاترمهوی
عابتثجدذرزشصضطفقلمنهوکی غادذرزشلمنوی فاتخرزسشصضظعقلمنهوکی قابتدرسشصضطعفلنهوی
لابتثجحخدذرزسشطظعفقلمنهوپکگی مئابتثجحخدرزسشصضطعغفقلمنهوپچکگی نابتجحخدرزسشصطظعفقلمنهوپچژکگی
هابتدرزسشفلمنهؤپکگی وآئابتثجحخدرزسشصضطظعغفقلمنهوپچژکگی پاتدذرزسشلمنهوی چاجرسشطقمنهوپکگی ژاسلنهی
کابتثجدرزسشفلمنهوپی گاتذرزسشفلمنهوی یابتجحخدرزسشصضطعغفقلمنهوپچژکگی
""".split()  # noqa: SIM905 - a table reads as text
}


def read_back(text: str, utf8: re.Pattern[str]) -> str:
    """Put right each stretch without Arabic letters whose words, read back as windows-1256, are Persian.

    A stretch has one encoding: `utf8` finds what could be UTF-8 read wrongly, and the reading with more letters wins.
    """
    return _STRETCH.sub(lambda m: _read(m[0]) if _is_windows_1256(m[0], utf8) else m[0], text)


def _read(stretch: str) -> str:
    return _TO_READ.sub(lambda m: m[0] if m["kept"] else m[0].translate(_TO_ARABIC), stretch)


def _is_windows_1256(stretch: str, utf8: re.Pattern[str]) -> bool:
    without_utf8 = utf8.sub(lambda m: _TAKEN * len(m[0]), stretch)
    words = [m for m in _WORD.finditer(stretch) if _ACCENTED_ALONE.fullmatch(m[0])]  # rare in any Western language
    apart = [m for m in words if without_utf8.count(_TAKEN, m.start(), m.end()) < len(m[0])]
    share = _PLAIN_ENOUGH if sum(len(m[0]) for m in apart) >= _LITTLE else 1.0
    as_utf8 = without_utf8.count(_TAKEN) - sum(without_utf8.count(_TAKEN, m.start(), m.end()) for m in apart)
    persian = other = 0
    for word in (m[0] for m in apart):
        if _is_persian(word, share):
            persian += len(word)
        elif len(word) >= _SHORTEST:
            other += len(word)
    return persian > 0 and persian >= _PLAIN_ENOUGH * (persian + other + as_utf8)


def _is_persian(word: str, share: float) -> bool:
    decoded = word.translate(_TO_ARABIC)
    parts = decoded.translate(_TO_PERSIAN).split("\u200c")
    letters = sum(map(len, parts))
    if letters < 2 or _NO_BEGINNING.match(decoded):
        return False
    if "".join(parts) in _OF_TWO:
        return True
    if _UNWRITTEN.search(word):
        return len(_UNWRITTEN.findall(word)) < letters
    return letters >= _SHORTEST and _common_pairs(parts) >= share


def _common_pairs(parts: list[str]) -> float:
    """Their share of the pairs of letters."""
    pairs = [second in _FOLLOWERS.get(first, ()) for part in parts for first, second in pairwise(part)]
    return sum(pairs) / len(pairs) if pairs else 0.0
