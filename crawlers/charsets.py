"""From bytes to text, whatever charset a page declares, wrongly declares or does not declare. Pure.

A decoding that only happens to fit is worse than none: a text in the wrong letters would be stored as a record. So
what does not fit, or fits and gives what no one writes, is decoded with U+FFFD in the place of its bytes, and said so.
"""

import re
from collections.abc import Iterator, Mapping

from w3lib.encoding import html_body_declared_encoding, http_content_type_encoding, read_bom

# libxml2 cuts or decodes anew a page that holds one of these; in HTML they are errors and never shown.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0e-\x1f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_ONE_BYTE = re.compile(r"cp125\d|iso8859-\d+")
"""Codecs of one byte a character, where no Persian or European page is of another kind but UTF-8 and UTF-16."""
_GUESS = "cp1256"
_SAYS_NOTHING = (None, "cp1252")  # what servers add by themselves (Apache's AddDefaultCharset On): ISO-8859-1
# Persian under a European charset and Cyrillic under windows-1256 make runs of accented letters, Arabic under a wrong
# Arabic charset puts them among its own.
_ACCENTED = "À-ÖØ-öø-ɏ"
_NOT_WRITTEN = re.compile(f"[{_ACCENTED}]{{3}}|[ء-ۿ][{_ACCENTED}]|[{_ACCENTED}][ء-ۿ]")


def decode(body: bytes, headers: Mapping[str, str]) -> tuple[str, bool]:
    """The text of `body` without characters that are never shown, and whether bytes were lost in decoding it.

    A byte-order mark decides. Otherwise it is UTF-8 where it is valid UTF-8, as no other text but by design: servers
    declare another for pages that are. Then the charset of the header or of the page counts; a page that says nothing
    is taken for windows-1256, as old Persian pages are.
    """
    bom, mark = read_bom(body)
    content = body[len(mark) :] if mark else body
    for encoding in [bom] if bom else ["utf-8", *_of_one_byte(content, headers)]:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if not (_ONE_BYTE.fullmatch(encoding) and _NOT_WRITTEN.search(text)):
            return _UNPRINTABLE.sub("", text), False
    return _UNPRINTABLE.sub("", content.decode(bom or "utf-8", "replace")), True


def _of_one_byte(content: bytes, headers: Mapping[str, str]) -> Iterator[str]:
    """The charsets that a page which is not UTF-8 may be in: none where it is UTF-8 with a few bytes damaged."""
    lossy = content.decode("utf-8", "replace")
    foreign = len(lossy) - len(lossy.encode("ascii", "ignore"))
    if foreign > 2 * lossy.count("\ufffd"):
        return
    declared = (http_content_type_encoding(headers.get("content-type")), html_body_declared_encoding(content))
    yield from (encoding for encoding in declared if encoding and _ONE_BYTE.fullmatch(encoding))
    if all(encoding in _SAYS_NOTHING for encoding in declared):
        yield _GUESS
