"""One code point for one letter: composed, no presentation forms, Persian instead of Arabic and Urdu shapes."""

import re
import unicodedata

from cleaning.alphabet import HAMZA_ABOVE
from cleaning.steps import transform

# Compatibility forms of Arabic letters only: NFKC over the whole text would turn 2½ into 21⁄2 and 10² into 102.
_FORMS = re.compile("[\ufb50-\ufdcf\ufdf0-\ufdfc\ufe80-\ufefc]+")
_MARK_FORMS = re.compile("[\ufc5e-\ufc63\ufcf2-\ufcf4\ufe70-\ufe7f]")

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
