"""What stands in an option beside what it says: a mark of the right one, another's letter, a word on its place."""

import re
from collections.abc import Iterator

from evaluator.lint.finding import Finding, shown
from evaluator.lint.words import plain, words
from evaluator.published import Draft

PERSIAN = dict(zip("ABCDEFGH", ("الف", "ب", "ج", "د", "ه", "و", "ز", "ح"), strict=True))
_RIGHT = (
    r"(?:(?:گزینه|پاسخ|جواب)(?:ی| ی)? ?)?(?:صحیح|درست)|جواب|(?:the )?correct(?: (?:answer|option|one))?|"
    r"(?:the )?right (?:answer|option|one)|(?:the )?answer"
)
"""Not «right», «true», «key» or «پاسخ» by themselves: a ventricle, a rib, an enzyme and a reflex are called so."""
_WRAPPED = rf"[(\[{{<]\s*(?:{_RIGHT}|[*✓✔✅☑])\s*[)\]}}>]"
_MARKED = re.compile(
    rf"^{_WRAPPED}(?=.)|(?<=.){_WRAPPED}$|^[*✓✔✅☑]+ ?(?=\S)|(?<=\S) [*✓✔✅☑]+$|(?<=(?-i:[^\W\dA-Z]))[*✓✔✅☑]+$|"
    rf"(?:←|<-+) ?(?:پاسخ|{_RIGHT})$|- ?(?:گزینه|پاسخ|جواب)(?:ی| ی)? ?(?:صحیح|درست)$",
    re.IGNORECASE,
)
_LABEL = re.compile(
    r"\s*(?:[(\[]?(?P<any>[A-Za-z]|[1-9۱-۹]|الف|[بجده])\s*[)\]]|(?P<number>[1-9۱-۹])\.(?=\s)|"
    r"(?P<persian>الف|[بجده])(?:[.:]|\s?[-–ـ])(?=\s))\s*(?!(?:و|یا|and|or)\s)(?=[^\W\d_])"
)
"""Neither «B. cereus» nor «7- dehydrocholesterol»."""
_ABOVE = re.compile(
    r"(?:همه|تمام|کلیه|هر|هیچ)\S*(?: \S+){0,4} (?:بالا|فوق)|موارد (?:بالا|فوق)|"
    r"(?:all|none|both|any|neither|either)(?: of)?(?: the)? above",
    re.IGNORECASE,
)
_STOCK = re.compile(r"هیچ|همه|هر ?(?:دو|سه|چهار)|موارد|گزینه|\b(?:none|all|both|neither|any)\b", re.IGNORECASE)


def marked(benchmark: str, item: Draft) -> Iterator[Finding]:
    """The one option that carries a sign, or words, that it is the right one: who made the file forgot them there.

    Of 2,967 published items it tells none.
    """
    found = {letter: mark for letter, option in item.lettered.items() if (mark := _mark(option))}
    if len(found) != 1 or len(item.options) < 2:
        return
    ((letter, mark),) = found.items()
    key = "and it is the key" if letter == item.answer else f"and the key is {item.answer or 'none'}"
    said = f"{letter} alone is marked by «{mark}», {key}: «{shown(item.lettered[letter])}»"
    yield Finding(benchmark, item.id, "marked_option", "error", said)


def mislabelled(benchmark: str, item: Draft) -> Iterator[Finding]:
    """An option that begins with another's letter or number, as after a change of order.

    Of 2,967 published items it tells none.
    """
    letters = list(item.lettered)
    for letter, option in item.lettered.items():
        named = label(option)
        if named in letters and named != letter:
            said = f"{letter} begins with the letter of {named}: «{shown(option)}»"
            yield Finding(benchmark, item.id, "mislabelled", "error", said)


def misplaced(benchmark: str, item: Draft) -> Iterator[Finding]:
    """«All of the above» with nothing above it, or with an option below it. Of 2,967 published items it tells none."""
    for place, (letter, option) in enumerate(item.lettered.items()):
        if not _ABOVE.fullmatch(plain(option)):
            continue
        below = [other for other in item.options[place + 1 :] if not _STOCK.search(plain(other))]
        if place == 0 or below:
            where = "has nothing above it" if place == 0 else f"stands above «{shown(below[0], 40)}»"
            said = f"{letter} «{shown(option)}» {where}: the order was changed"
            yield Finding(benchmark, item.id, "misplaced", "error" if place == 0 else "warning", said)


def label(option: str) -> str | None:
    """The letter that an option begins with, as a label; None where it has none."""
    found = _LABEL.match(option)
    if not found:
        return None
    name = str(found[found.lastgroup or "any"])
    if name.isdigit():
        return chr(64 + int(name))
    return next((letter for letter, persian in PERSIAN.items() if persian == name), name.upper())


def unlabelled(letter: str, option: str) -> str:
    """An option without its own letter or number in front."""
    own = "|".join((letter, letter.lower(), str(ord(letter) - 64), PERSIAN.get(letter, letter)))
    return re.sub(rf"^\s*\(?(?:{own})\s*(?:\)|[.:](?=\s))\s*(?=\S)", "", option)


def _mark(option: str) -> str | None:
    told = plain(option)
    found = _MARKED.search(told)
    return found[0].strip() if found and words(told.replace(found[0], " ")) else None
