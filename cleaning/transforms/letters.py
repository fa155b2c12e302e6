"""One code point for one letter: composed, no presentation forms, Persian instead of Arabic and Urdu shapes."""

import re
import unicodedata

from cleaning.alphabet import FORMS, HAMZA_ABOVE, MARK_FORMS
from cleaning.steps import transform

# Compatibility forms of Arabic letters only: NFKC over the whole text would turn 2½ into 21⁄2 and 10² into 102.
_FORMS = re.compile(f"[{FORMS}]+")
_MARK_FORMS = re.compile(f"[{MARK_FORMS}]")

_LETTERS = {
    "ي": "ی",
    "ى": "ی",
    "ۍ": "ی",
    "ے": "ی",
    "ۓ": "ئ",
    "ك": "ک",
    "ڪ": "ک",
    "ہ": "ه",
    "ھ": "ه",
    "ە": "ه",
    "ۀ": "ه" + HAMZA_ABOVE,
    "ۂ": "ه" + HAMZA_ABOVE,
    "ۃ": "ة",
    "ٱ": "ا",
    "ں": "ن",
}
_FOREIGN = re.compile(f"[{''.join(_LETTERS)}]")


def composed(text: str) -> str:
    """NFC, and ئ for the ی with a hamza above that NFC leaves apart: for what lost a character in between."""
    return unicodedata.normalize("NFC", text.replace("ی" + HAMZA_ABOVE, "ئ"))


@transform(spelling=True)
def letters(text: str) -> str:
    """Write every letter with its one Persian code point.

    NFC comes first: once ي is ی, a hamza above it no longer composes to ئ.
    """
    text = unicodedata.normalize("NFC", text)
    if _MARK_FORMS.search(text):
        text = _MARK_FORMS.sub(lambda m: unicodedata.normalize("NFKC", m[0]).strip(), text)
    if _FORMS.search(text):
        text = unicodedata.normalize("NFC", _FORMS.sub(lambda m: unicodedata.normalize("NFKC", m[0]), text))
    return _FOREIGN.sub(lambda m: _LETTERS[m[0]], text)
