"""One code point for one letter: composed, no presentation forms, Persian instead of Arabic and Urdu shapes."""

import re
import unicodedata

from cleaning.alphabet import FORMS, HAMZA_ABOVE, LETTERS, MARK_FORMS, MARKS, TATWEEL
from cleaning.steps import transform
from cleaning.urls import outside_urls

# Compatibility forms of Arabic letters only: NFKC over the whole text would turn 2½ into 21⁄2 and 10² into 102.
_FORMS = re.compile(f"[{FORMS}][{FORMS}]*")  # a class in front is what makes a search quick
_MARK_FORMS = re.compile(f"[{MARK_FORMS}]")

_LETTERS = {
    "ي": "ی",
    "ى": "ی",
    "ۍ": "ی",
    "ؠ": "ی",
    "ے": "ی",
    "ۓ": "ئ",
    "ك": "ک",
    "ڪ": "ک",
    "ہ": "ه",
    "ھ": "ه",
    "ۀ": "ه" + HAMZA_ABOVE,
    "ۂ": "ه" + HAMZA_ABOVE,
    "ۃ": "ة",
    "ٱ": "ا",
    "ں": "ن",
}
_AE = "ە"  # a letter of its own in Kurdish, in Persian a mistyped ه
_WORD = re.compile(f"[{LETTERS}]+")
_KURDISH = re.compile("^ئ|[ڕڵێۆڤ]")
_FOREIGN = re.compile(f"[{''.join(_LETTERS)}]")
_MARKS = f"\u0300-\u036f{MARKS}"
_MARK = re.compile(f"[{_MARKS}]")
_COMPOSITE = re.compile(f"[{_MARKS}{FORMS}]")
_MARKED = re.compile(f"[^{_MARKS}][{_MARKS}]{{1,30}}(?![{_MARKS}])")  # composing a run takes its square
_HIGH_HAMZA = "\u0674"
_HAMZA_APART = re.compile(f"ه(?:ء(?![{LETTERS}])|{_HIGH_HAMZA})")
_ANY = re.compile(f"[{''.join(_LETTERS)}{_AE}{_MARKS}{FORMS}{_HIGH_HAMZA}]")


def composed(text: str) -> str:
    """Letters and their marks in one code point where there is one; ئ also for ی with a hamza above.

    NFC of what bears a mark, and of nothing else: the signs for ohm, kelvin and ångström stay as written.
    """
    if not _MARK.search(text):
        return text
    text = _MARKED.sub(lambda m: unicodedata.normalize("NFC", m[0]), text)
    return text.replace("ی" + HAMZA_ABOVE, "ئ")


@transform(spelling=True)
def letters(text: str) -> str:
    """Write every letter with its one Persian code point, but none in a URL.

    ە stays in a word that other letters show to be Kurdish: ئەمە, کوڕەکە.
    """
    return outside_urls(text, _persian) if _ANY.search(text) or "هء" in text else text


def _persian(text: str) -> str:
    if _COMPOSITE.search(text):
        text = _MARK_FORMS.sub(lambda m: unicodedata.normalize("NFKC", m[0]).strip(f" {TATWEEL}"), text)
        text = composed(_FORMS.sub(lambda m: unicodedata.normalize("NFKC", m[0]), text))
    text = _FOREIGN.sub(lambda m: _LETTERS[m[0]], text)
    text = text.replace("ی" + HAMZA_ABOVE, "ئ")  # ى composes with no hamza
    if _AE in text:
        text = _WORD.sub(lambda m: m[0] if _KURDISH.search(m[0]) else m[0].replace(_AE, "ه"), text)
    return _HAMZA_APART.sub("ه" + HAMZA_ABOVE, text)
