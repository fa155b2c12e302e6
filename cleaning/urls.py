"""Addresses of the web in a text: a letter changed in one leads elsewhere."""

import re
from collections.abc import Callable

from cleaning.alphabet import JOINERS

_NO_URL = r"\s\u2800<>«»\"،؛"
_URL = re.compile(
    r"(?:(?:[Hh][Tt]{2}[Pp][Ss]?|[Ff][Tt][Pp])://|www\."
    rf"|(?<![A-Za-z0-9_.@{JOINERS}-])(?:[A-Za-z0-9_-]{{1,63}}\.){{1,4}}[A-Za-z]{{2,24}}/)"
    rf"(?:[^{_NO_URL}]*[^{_NO_URL}{JOINERS}])?"
)
_PATH = re.compile(r"\.[A-Za-z]{2,24}/")


def outside_urls(text: str, change: Callable[[str], str]) -> str:
    """The text with `change` applied to what stands before, between and after the addresses in it."""
    if not _may_hold_one(text):
        return change(text)
    parts, end = [], 0
    for url in _URL.finditer(text):
        parts += [change(text[end : url.start()]), url[0]]
        end = url.end()
    return "".join([*parts, change(text[end:])])


def _may_hold_one(text: str) -> bool:
    """Quick, for few texts do."""
    return "://" in text or "www." in text or ("/" in text and bool(_PATH.search(text)))
