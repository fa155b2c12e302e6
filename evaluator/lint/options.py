"""Options that say the same, and options that are not of their siblings' kind."""

import re
from collections.abc import Iterator, Sequence
from itertools import combinations

from evaluator.lint.finding import Finding, Severity, shown
from evaluator.lint.marks import unlabelled
from evaluator.lint.quantities import has_number, is_quantity, same, same_amount
from evaluator.lint.words import ARABIC, FUNCTION_WORDS, LATIN, folded, plain, words
from evaluator.published import Draft

ODD_WORDS = 3
"""Words that an odd option has at most: a longer one explains itself."""
_STOCK = re.compile(
    r"هیچ|همه|هر ?(دو|سه|چهار)|موارد|گزینه|کافی|نمی ?توان|نمیشود|نمی شود|مشخص|تعیین|بستگی|تغییر|ثابت|بدون|نیست|ندارد|"
    r"فاقد|الف|نرمال|طبیعی|منفی|مثبت|نامحدود|بی ?نهایت|بلافاصله|فورا|هرگز|همیشه|صحیح|غلط|درست|"
    r"\b(none|all|both|neither|cannot|never|always|not|no|insufficient|unchanged|infinite|any|normal|immediately)\b",
    re.IGNORECASE,
)


def equal(benchmark: str, item: Draft) -> Iterator[Finding]:
    """Two options that say the same, in any spelling, or with numbers and units that come to the same amount.

    Of 2,967 published items it tells 15, 6 of them twins of the key; all were read and are equal.
    """
    known = [(letter, unlabelled(letter, option)) for letter, option in item.lettered.items() if plain(option)]
    for (first, one), (second, other) in combinations(known, 2):
        alike = same(one, other)
        if not alike and not same_amount(one, other):
            continue
        twin = item.answer in (first, second)
        how = f"{first} «{shown(one)}» and {second} «{shown(other)}» are the same{'' if alike else ' amount'}"
        if plain(one) == plain(other):
            how = f"{first} and {second} are both «{shown(one)}»"
        said = f"{how}, and {item.answer} is the key" if twin else how
        kind = "key_twin" if twin else "equal_options" if alike else "equal_amounts"
        yield Finding(benchmark, item.id, kind, "error" if twin else "warning", said)


def reordered(benchmark: str, item: Draft) -> Iterator[Finding]:
    """Two options that list the same in another order, where nobody asks for one: «X and Y» and «Y and X».

    What goes up and down may be asked of two things, and where several options are turned round the order is what is
    asked for. Of 2,967 published items it tells none.
    """
    if _ORDERED.search(plain(item.question)) or len(_GAP.findall(item.question)) > 1:
        return
    alike = [
        (one, other)
        for one, other in combinations(item.lettered, 2)
        if _same_list(item.lettered[one], item.lettered[other])
    ]
    for one, other in alike if len(alike) == 1 else ():
        key = f", and {item.answer} is the key" if item.answer in (one, other) else ""
        said = f"{one} «{shown(item.lettered[one])}» and {other} «{shown(item.lettered[other])}» list the same{key}"
        yield Finding(benchmark, item.id, "reordered_options", "warning", said)


_ORDERED = re.compile(
    r"ترتیب|توالی|مراحل|مرحله|تقدم|نسبت|\b(?:order|sequence|respectively|steps?|ratio)\b", re.IGNORECASE
)
_GAP = re.compile(r"\.\.+|…|_+")
_AND = re.compile(r" ?, ?(?:(?:و|یا|and|or) )?| (?:و|یا|and|or) ")
_CHANGE = re.compile(
    r"افزایش|کاهش|بالا|پایین|زیاد|کم|بیشتر|کمتر|مثبت|منفی|ثابت|طبیعی|نرمال|درست|غلط|صحیح|بله|خیر|[+-]|"
    r"(?:in|de)creased?|up|down|high(?:er)?|low(?:er)?|positive|negative|normal|true|false|yes|no"
)


def _same_list(one: str, other: str) -> bool:
    """Whether two texts are lists of the same parts in another order, but for words that both begin or end with."""
    if any(sign in one for sign in ";؛"):  # lists side by side, each at its place
        return False
    ours, theirs = (plain(text).replace("،", ",").split() for text in (one, other))
    while ours and theirs and ours[0] == theirs[0]:
        ours, theirs = ours[1:], theirs[1:]
    while ours and theirs and ours[-1] == theirs[-1]:
        ours, theirs = ours[:-1], theirs[:-1]
    mine, yours = (_AND.split(" ".join(text)) for text in (ours, theirs))
    parts = sorted(map(folded, mine))
    return len(parts) > 1 and parts == sorted(map(folded, yours)) and not all(map(_CHANGE.fullmatch, parts))


def odd(benchmark: str, item: Draft) -> Iterator[Finding]:
    """The one option that is not of the others' kind: a word among amounts, a number among words, one in Persian among
    Latin ones.

    A translation that went wrong often ends so: «2L.» among volumes became «بگو», "say". Of 2,967 published items it
    tells 2, and both are broken. Scripts are a note: a name may be Persian among abbreviations.
    """
    options = item.lettered
    if len(options) < 3 or any(not plain(option) for option in options.values()):
        return
    for letter, option in options.items():
        others = [text for other, text in options.items() if other != letter]
        if found := _why_odd(item, option, others):
            key = ", and it is the key" if letter == item.answer else ""
            severity, reason = found
            yield Finding(benchmark, item.id, "odd_option", severity, f"{letter} «{shown(option)}» {reason}{key}")


def _why_odd(item: Draft, option: str, others: Sequence[str]) -> tuple[Severity, str] | None:
    told = words(option)
    if len(told) > ODD_WORDS or _STOCK.search(plain(option)) or _shares(told, [item.question, *others]):
        return None
    if all(map(is_quantity, others)):
        return None if has_number(option) else ("error", "is no amount, as all others are")
    if is_quantity(option) and _bare(option) and not any(map(has_number, others)):
        return "error", "is a number alone, which none of the others is"
    if _persian(option) and not any(map(ARABIC.search, others)) and all(map(LATIN.search, others)):
        return "note", "is Persian, and all others are Latin"
    return None


def _persian(option: str) -> bool:
    return bool(ARABIC.search(option)) and not LATIN.search(option) and not has_number(option)


def _shares(told: Sequence[str], texts: Sequence[str]) -> bool:
    """Whether a word of the option stands in its siblings or the question: then it speaks of the same thing."""
    spoken = {word for text in texts for word in words(text)}
    return any(len(word) > 2 and word in spoken for word in told)


def _bare(option: str) -> bool:
    return not any(word[0].isalpha() for word in words(option))


def untranslated(benchmark: str, item: Draft) -> Iterator[Finding]:
    """An option left in English among Persian ones: a clause, not a name or an abbreviation."""
    persian = [letter for letter, option in item.lettered.items() if ARABIC.search(option)]
    for letter, option in item.lettered.items():
        if len(persian) * 2 < len(item.options) or ARABIC.search(option):
            continue
        told = [word for word in words(option) if LATIN.match(word) and len(word) > 1]
        if len(told) >= 4 or (len(told) >= 3 and FUNCTION_WORDS.intersection(told)):
            yield Finding(
                benchmark,
                item.id,
                "untranslated",
                "warning",
                f"{letter} «{shown(option)}» is English among Persian options",
            )


def shifted(benchmark: str, item: Draft) -> Iterator[Finding]:
    """An option that is a question, or the question itself: the columns slipped when the file was made."""
    asked = plain(item.question)
    for letter, option in item.lettered.items():
        text = plain(option)
        if len(asked) > 15 and text == asked:
            yield Finding(benchmark, item.id, "shifted", "error", f"{letter} is the question itself: «{shown(option)}»")
        elif _asks(option) and not any(_asks(o) for o in item.options if o != option):
            yield Finding(benchmark, item.id, "shifted", "error", f"{letter} is a question: «{shown(option)}»")
        elif len(_LETTERED.findall(f" {option}")) >= 2:
            yield Finding(
                benchmark, item.id, "merged_options", "error", f"{letter} holds several options: «{shown(option)}»"
            )


_LETTERED = re.compile(r"(?<=\s)[(]?(?:الف|ب|ج|د|[A-Da-d])\s?[)]\s?\S")


def _asks(option: str) -> bool:
    return option.rstrip(" .").endswith(("؟", "?")) and len(words(option)) >= 4
