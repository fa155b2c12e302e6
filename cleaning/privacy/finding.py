"""What is personal in a text, and where."""

import re
from collections.abc import Callable, Collection
from functools import partial

from cleaning.privacy.addresses import addresses
from cleaning.privacy.hints import (
    ADDRESS,
    LONG_NUMBER,
    NAMED_NUMBER,
    NAMES,
    NUMBER,
    ODD_PHONE,
    UNSEEN,
    WEB,
    hints_of,
)
from cleaning.privacy.identifiers import bare_national_ids, identifiers
from cleaning.privacy.kinds import KINDS
from cleaning.privacy.named_numbers import named_numbers
from cleaning.privacy.names import names
from cleaning.privacy.odd_phones import odd_phones
from cleaning.privacy.phones import phones
from cleaning.privacy.shadow import GAP, closed, holds, shadow, without
from cleaning.privacy.web import web
from cleaning.record import Span

ROUNDS = 4
"""What is masked changes what stands beside the rest; texts settle in the second round, and no text may take more."""

_LONG_NUMBER = re.compile(rf"[0-9](?:{GAP}[0-9]){{6}}")  # a shadow has no other digits, and this is the quicker class
_NUMBER = re.compile(r"[0-9][0-9\-/]{2}")
_LATIN = re.compile("[A-Za-z][A-Za-z]")

Finder = Callable[[str], list[Span]]


def find(text: str, kinds: Collection[str] = KINDS) -> list[Span]:
    """The spans of these kinds, sorted, none overlapping another; offsets in characters of the text.

    Placeholders are never found again, and what `mask` leaves holds nothing more to find. The kinds that a number or
    a word gives away stand before the names, so an address of the web takes the name inside it. What nobody sees inside
    a number hides none.
    """
    hints = hints_of(text)
    if not hints:
        return []
    cast = shadow(text)
    found: list[Span] = []
    for _ in range(ROUNDS):
        new = []
        for finder in _finders(cast, hints):
            spans = finder(cast)
            if spans:
                new += spans
                cast = without(cast, spans)
        if not new:
            break
        found += new
    return sorted((span for span in found if span.kind in kinds), key=lambda span: span.start)


def _finders(cast: str, hints: int) -> list[Finder]:
    """The searches that this text can answer; each twice where the numbers hold what nobody sees."""
    if hints & UNSEEN:
        bare, _ = closed(cast)
        if bare != cast:
            return [search for finder in _answering(bare, hints) for search in (partial(_in_closed, finder), finder)]
    return _answering(cast, hints)


def _in_closed(finder: Finder, cast: str) -> list[Span]:
    """What is found in the shadow without what nobody sees inside its numbers, at its place in the shadow."""
    bare, places = closed(cast)
    return [Span(kind, places[start], places[end - 1] + 1) for kind, start, end in finder(bare)]


def _answering(cast: str, hints: int) -> list[Finder]:
    """Most texts hold neither a long number nor anything Latin."""
    finders: list[Finder] = []
    if hints & WEB and _LATIN.search(cast):
        finders.append(partial(web, hints=hints))
    if hints & LONG_NUMBER and _LONG_NUMBER.search(cast):
        finders += [identifiers, named_numbers, bare_national_ids, phones, odd_phones]
    else:
        if hints & NAMED_NUMBER and hints & NUMBER and _NUMBER.search(cast):
            finders.append(named_numbers)
        if hints & ODD_PHONE and holds(cast, ("09", "صفر", "نهصد", "+98")):
            finders.append(odd_phones)
    if hints & ADDRESS:
        finders.append(addresses)
    if hints & NAMES:
        finders.append(partial(names, hints=hints))
    return finders
