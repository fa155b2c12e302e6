"""Texts that were damaged on their way: wrong letters, a spreadsheet's doings, what a translator left or lost."""

import re
from collections.abc import Iterator, Mapping, Sequence

from evaluator.lint.finding import Finding, Severity, shown
from evaluator.lint.words import ARABIC, LATIN, blank, plain, share, words
from evaluator.published import Draft

Texts = Mapping[str, str]
"""What an item says, by where it stands: `question`, `A`, `answer`."""
_FOLLOWING = re.escape(bytes(range(0x80, 0xC0)).decode("cp1256"))
_DAMAGE: tuple[tuple[str, Severity, str, re.Pattern[str]], ...] = (
    # UTF-8 read as Latin-1 or Windows-1252: a lead byte of two or three, and what its followers look like there.
    (
        "mojibake",
        "error",
        "letters read in a wrong encoding",
        re.compile("[ØÙÚÛ][\u0080-¿ŒœŠšŸŽžƒˆ˜–—‘-„†-•…‰‹›€™]|â€|Ã[\u0080-¿]|Â[\u00a0-¿]"),
    ),
    # Windows-1256 read as Latin-1, and UTF-8 read as Windows-1256.
    ("mojibake", "error", "letters read in a wrong encoding", re.compile("(?:[\u0080-\u009f\u00c0-\u00ff]\\s?){5}")),
    ("mojibake", "error", "letters read in a wrong encoding", re.compile(f"(?:[طظعغ][{_FOLLOWING}]){{4}}")),
    (
        "mojibake",
        "error",
        "a replacement or private sign",
        re.compile("[\ufffd\ue000-\uf8ff\x00-\x08\x0b\x0c\x0e-\x1f]|\\?{2,20}\\s{1,3}\\?{2}"),
    ),
    (
        "markup",
        "warning",
        "markup or an escape",
        re.compile(
            r"</?[a-zA-Z][^<>]{0,40}>|&(?:[a-z]{2,8}|#\d{2,5});|_x[0-9A-Fa-f]{4}_|\\u0[0-9a-f]{3}|\\n|\*\*(?=\w)"
        ),
    ),
    (
        "spreadsheet",
        "error",
        "a spreadsheet's error",
        re.compile(r"#(?:REF!|NAME\?|VALUE!|DIV/0!|N/A|NULL!|NUM!)|#{5,}"),
    ),
)
_PLACEHOLDER = re.compile(
    r"(?:nan|n/?a|undefined|todo|tbd|xxx+|lorem ipsum.*|\[.{0,20}\]|\{.{0,30}\}|-+|_+|\.+|[?؟]+|"
    r"(?:option|choice|گزینه|answer|پاسخ|ترجمه|translation) ?[0-9a-dالفبجد]{0,3})",
    re.IGNORECASE,
)
_NONE = re.compile(r"none|null", re.IGNORECASE)
"""A name among Latin ones, as null is one of mutations; else what a program writes for nothing."""
_TIME = re.compile(r"\d{1,2}:\d{2}(?::00)?")
_DATE = re.compile(
    r"\d{4}-\d{2}-\d{2}(?: 00:00:00)?|\d{1,2}-(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)(?:-\d{2,4})?|"
    r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)-\d{2}",
    re.IGNORECASE,
)
_OPEN = re.compile(r"(?:^|\s)(?:و|یا|از|با|به|در|برای|که|تا|توسط|بین|and|or|of|the|with|to|by|from|for)$")
_BREAKS = re.compile(r"[,،(\[«]$")
_PICTURE = re.compile(
    r"\b(?:شکل|تصویر|نمودار|جدول|عکس|منحنی|کلیشه|شجره ?نامه|گراف)(?: ?های)? ?"
    r"(?:زیر|بالا|فوق|رو ?به ?رو|مقابل|ذیل|شماره)\b|"
    r"(?:figure|diagram|graph|table|image|picture|pedigree|photograph)s? (?:below|above|shown|provided)|"
    r"(?:shown|pictured|illustrated) (?:below|above|here)|the following (?:figure|diagram|graph|image|picture)",
    re.IGNORECASE,
)
SHORT_OPEN = 3
"""Words from which on an option that ends in a preposition was cut: «اوره از» is a short name, misspelt."""
ENDED = 0.95
"""Share of a benchmark's questions that must end in a sign for one without to be told."""
_ENDED = tuple('؟?:.…!»")]،,_*')
_GAP = re.compile(r"\.\.|…|__")
FOREIGN = 0.3
"""Share of a question's letters that must be of the benchmark's script; 1 of 3,168 published ones has less."""


def damaged(benchmark: str, item: str, texts: Texts) -> Iterator[Finding]:
    """Signs that no author wrote: a wrong encoding, markup, a spreadsheet's errors."""
    for where, text in texts.items():
        for kind, severity, what, pattern in _DAMAGE:
            if found := pattern.search(text):
                evidence = f"{where} has {what}, {found[0]!r}: «{shown(text)}»"
                yield Finding(benchmark, item, kind, severity, evidence)
                break


def spreadsheet(benchmark: str, item: str, options: Texts) -> Iterator[Finding]:
    """Options that a spreadsheet took for a date or a time: of the ratio 30:2 it makes 30:02:00.

    Of 2,967 published items it tells 2, both right; the English originals have them too.
    """
    told = {letter: plain(option) for letter, option in options.items()}
    dates = [letter for letter, option in told.items() if _DATE.fullmatch(option)]
    times = [letter for letter, option in told.items() if _TIME.fullmatch(option)]
    padded = [letter for letter in times if re.search(r":0\d|:00$", told[letter])]
    if dates or (len(times) > 1 and len(padded) * 2 >= len(times)):
        of = ", ".join(f"{letter} «{told[letter]}»" for letter in (dates or times))
        yield Finding(benchmark, item, "spreadsheet", "error", f"a spreadsheet made dates or times of ratios: {of}")


def placeholders(benchmark: str, item: str, texts: Texts) -> Iterator[Finding]:
    """What stands where a text should: nan, TODO, a number of the option alone."""
    for where, text in texts.items():
        told = plain(text)
        if blank(text) and not _PLACEHOLDER.fullmatch(told or text.strip()):
            yield Finding(benchmark, item, "empty", "error", f"{where} is empty")
        elif _PLACEHOLDER.fullmatch(told or text.strip()) or (_NONE.fullmatch(told) and not _latin(texts, where)):
            yield Finding(benchmark, item, "placeholder", "error", f"{where} is «{shown(text)}»")


def cut(benchmark: str, item: str, texts: Texts) -> Iterator[Finding]:
    """Texts that end in the middle: on a preposition or an open bracket, where the others do not.

    Of 2,967 published items it tells 2: an option that lost its last letter, and a comma too many.
    """
    open_ends = {where for where, text in texts.items() if _cut(text)}
    for where in sorted(open_ends - {"question"}):
        if len(open_ends) * 2 <= len(texts):
            yield Finding(benchmark, item, "cut", "warning", f"{where} ends in the middle: «{shown(texts[where])}»")
    if "question" in texts and _BREAKS.search(plain_end(texts["question"])):
        yield Finding(benchmark, item, "cut", "note", f"the question ends in the middle: «{shown(texts['question'])}»")


def unended(benchmark: str, items: Sequence[Draft]) -> Iterator[Finding]:
    """Questions that end without a sign where nearly none of the others does: the end may be lost."""
    asked = [item for item in items if item.question]
    bare = [item for item in asked if not (item.question.rstrip().endswith(_ENDED) or _GAP.search(item.question))]
    for item in bare if len(bare) <= (1 - ENDED) * len(asked) else ():
        said = f"the question ends without a sign, as {len(bare)} of {len(asked)} do: «{shown(item.question)}»"
        yield Finding(benchmark, item.id, "cut", "note", said)


def _latin(texts: Texts, where: str) -> bool:
    """Whether another text is in Latin letters."""
    return any(LATIN.search(text) and not ARABIC.search(text) for other, text in texts.items() if other != where)


def plain_end(text: str) -> str:
    """A text without what may follow its end."""
    return text.rstrip(" .:…\n\t")


def foreign(benchmark: str, item: str, texts: Texts, language: str) -> Iterator[Finding]:
    """A question that was not translated, and letters of a script that the benchmark has no use for."""
    own = ARABIC if language == "fa" else LATIN
    question = texts.get("question", "")
    told = [word for word in words(question) if word[0].isalpha()]
    if len(told) >= 5 and share(own, question) < FOREIGN:
        evidence = f"{share(own, question):.0%} of the question's letters are {_SCRIPT[language]}: «{shown(question)}»"
        yield Finding(benchmark, item, "untranslated", "error", evidence)
    for where, text in texts.items():
        if strange := sorted({c for c in text if c.isalpha() and not _known(c, language)}):
            evidence = f"{where} has {' '.join(strange[:5])}, of no script used here: «{shown(text)}»"
            yield Finding(benchmark, item, "wrong_script", "error", evidence)


def picture(benchmark: str, item: str, texts: Texts) -> Iterator[Finding]:
    """A question about a picture or a table that is not there."""
    question = texts.get("question", "")
    if (found := _PICTURE.search(plain(question))) and question.count("|") < 4 and question.count("\n") < 4:
        evidence = f"the question speaks of «{found[0]}», which is not there: «{shown(question)}»"
        yield Finding(benchmark, item, "picture", "warning", evidence)


def unseen(text: str) -> bool:
    """Whether a text holds marks of direction or letters in presentation forms, as text out of PDF files does."""
    return bool(_UNSEEN.search(text))


_UNSEEN = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufb50-\ufdfb\ufe70-\ufefc]")
_SCRIPT = {"fa": "Persian", "en": "Latin"}


def _cut(text: str) -> bool:
    told = plain(text)
    if text.rstrip().endswith(("..", "…", ". .")):  # and so on
        return False
    return bool(_BREAKS.search(told)) or (len(told.split()) >= SHORT_OPEN and bool(_OPEN.search(told)))


def _known(letter: str, language: str) -> bool:
    if ARABIC.match(letter):
        return language == "fa"
    return (
        bool(LATIN.match(letter)) or letter in "µºª" or "\u0370" <= letter <= "\u03ff" or "\u1d00" <= letter <= "\u214f"
    )
