"""niniban's reader's questions: articles whose body labels the question, then each answer with its doctor.

A label is an element of its own, bold, a heading or a paragraph; only where a page has no such element does a line of
text count, because questions and answers themselves hold lines that begin with «پاسخ».
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from itertools import islice

from lxml.etree import _Element

from crawlers import articles
from crawlers.reading import PageReading, ParsedPage
from crawlers.text import line_of, text_of
from storage.documents import DocumentFields
from storage.models import Kind

BOLD = ("strong", "b", "h2", "h3", "h4", "h5", "h6", "dt", "legend")
PLAIN = ("p", "div", "span", "li")
MAX_LABEL, MAX_PARTS = 200, 30
"""Letters and elements of a label: those of niniban's longest, a doctor with a speciality, stay far below."""
ROLES = ("متخصص", "فوق تخصص", "کارشناس", "پزشک", "مشاور", "ماما", "روانشناس", "جراح")
# Private marks; the text walk drops a page's own control characters.
ASKED, ANSWERED = "\x01", "\x02"
_LETTERS = str.maketrans({"ي": "ی", "ى": "ی", "ك": "ک", "ؤ": "و"} | dict.fromkeys("\u200c\u200e\u200f\ufeff", ""))
_QUESTION_LABEL = re.compile(r"[\s*«]*(?:سوال|پرسش)\s*مخاطب(?:ان)?\s*(?:نی\s*نی\s*بان)[\s*»]*([::؟.\-–]*)\s*")
_ANSWER_NAMES = re.compile(rf"پاسخ\s+(?:از\s+)?(?:دکتر|خانم|آقای|{'|'.join(ROLES)})\s[^.؟!]*")
_FURTHER_LABEL = re.compile(
    r"پاسخ(?:\s*شماره)?\s*(?:\d{1,2}|اول|دوم|سوم|چهارم|پنجم|دیگر)?\s*[::]?|"
    rf"پاسخ(?:\s*[::]\s*|\s+)(?:از\s+)?(?:(?:دکتر|خانم|آقای|{'|'.join(ROLES)})\s[^.؟!]*|"
    rf"[^.؟!::]*[-–،,]\s*(?:{'|'.join(ROLES)})\s[^.؟!]*)"
)
_LABEL_AND_TEXT = re.compile(r"(پاسخ(?=[\s::])[^::.؟!]{0,120}[::])\s*(\S.*)")

Label = Callable[[str], bool]


def read_reader_question(page: ParsedPage, body: _Element, record: str) -> PageReading | None:
    """The pairs of a body that holds a reader's question, None for an article."""
    text = _marked(body)
    if ASKED not in text:
        return None
    pair = DocumentFields(
        Kind.QA,
        record,
        page.url,
        title=articles.headline(page),
        published_at=articles.published(page),
        tags=articles.tags(page),
        categories=articles.categories(page),
    )
    found = [_pair(pair, question, answer) for question, answer in _questions(text)]
    whole = [p for p in found if p.question and p.answer]
    problems = [] if all(p.question for p in found) else ["no question"]
    problems += [] if all(p.answer for p in found if p.answer is not None) else ["no answer text"]
    numbered = tuple(replace(p, ordinal=ordinal) for ordinal, p in enumerate(whole))
    return PageReading(numbered, unanswered=not whole and not problems, problems=tuple(problems))


def answer_label(line: str) -> tuple[str | None, str | None]:
    """The doctor and the speciality that a label names.

    >>> answer_label("پاسخ از دکتر نمونه، متخصص اطفال:")
    ('دکتر نمونه', 'متخصص اطفال')
    """
    named = re.sub(r"^پاسخ(?=\W|$)\s*(?:از\s+)?[::]?\s*|[\s::،]+$", "", line.strip())
    name, speciality = (*re.split(r"\s*[،,]\s*|\s+[-–]\s+", named, maxsplit=1), "")[:2]
    if not speciality and name.startswith(ROLES):
        name, speciality = "", name
    return name or None, speciality or None


def _questions(text: str) -> list[tuple[str, str | None]]:
    """Each question with each of its answers, which still open with their label; None where it has none."""
    pairs: list[tuple[str, str | None]] = []
    for part in text.split(ASKED)[1:]:
        question, *answers = part.split(ANSWERED)
        pairs += [(question.strip(" \n"), answer) for answer in (answers or (None,))]
    return pairs


def _pair(pair: DocumentFields, question: str, labelled: str | None) -> DocumentFields:
    label, _, answer = (labelled or "").partition("\n")
    doctor, speciality = answer_label(label)
    text = None if labelled is None else answer.strip(" \n")
    return replace(pair, question=question, answer=text, doctor=doctor, speciality=speciality)


def _marked(body: _Element) -> str:
    """The body's text with ASKED for each question's label, and ANSWERED before each answer's."""
    place = {element: n for n, element in enumerate(body.iter())}
    asked = _labels(body, BOLD, _is_question_label) or _labels(body, PLAIN, _is_question_label)
    marks = dict.fromkeys(asked, ASKED)
    if asked:
        bold = [e for e in _labels(body, BOLD, _is_answer_label) if place[e] > place[asked[0]]]
        plain = [e for e in _labels(body, PLAIN, _is_answer_label) if place[e] > place[asked[0]]]
        labels = bold[:1] + [e for e in bold[1:] if _is_further_label(line_of(e))] or plain[:1]
        marks |= {element: ANSWERED + line_of(element) for element in labels}
    text = text_of(body, marks)
    return text if ANSWERED in text else _marked_lines(text)


def _labels(body: _Element, tags: tuple[str, ...], is_label: Label) -> list[_Element]:
    """The outermost of the elements with these tags that are labels, in the page's order."""
    found: list[_Element] = []
    inside: set[_Element] = set()
    for element in body.iterdescendants():
        if element.getparent() in inside:
            inside.add(element)
        elif element.tag in tags and is_label(_short_line(element)):
            found.append(element)
            inside.add(element)
    return found


def _short_line(element: _Element) -> str:
    """The element's text on one line; nothing where it is too long for a label."""
    if len(list(islice(element.iter(), MAX_PARTS + 1))) > MAX_PARTS:
        return ""
    length = 0
    for piece in element.itertext():
        length += len(piece.strip())
        if length > MAX_LABEL:
            return ""
    return line_of(element)


def _marked_lines(text: str) -> str:
    """Where no element labels an answer: the first line that labels a question, then the first for an answer."""
    lines = text.split("\n")
    asked = next((n for n, line in enumerate(lines) if line == ASKED or _question_and_text(line) is not None), None)
    if asked is None:
        return text
    lines[asked] = f"{ASKED}\n{_question_and_text(lines[asked]) or ''}"
    for n in range(asked + 1, len(lines)):
        if _is_answer_label(lines[n]):
            lines[n] = ANSWERED + lines[n]
            break
        if found := _LABEL_AND_TEXT.fullmatch(lines[n]):
            lines[n] = f"{ANSWERED}{found[1]}\n{found[2]}"
            break
    return "\n".join(lines)


def _is_question_label(line: str) -> bool:
    return _question_and_text(line) == ""


def _question_and_text(line: str) -> str | None:
    """What follows the question's label on its line, None where the line does not begin with one."""
    spaced = re.sub("[\u200c\u200e\u200f\ufeff]", " ", line).translate(_LETTERS)
    found = _QUESTION_LABEL.match(spaced)
    if not found or (found.end() < len(line) and not found[1]):
        return None
    return line[found.end() :]


def _is_further_label(line: str) -> bool:
    """Whether a second answer begins here: an answer's own subheading may begin with the same word."""
    return bool(_FURTHER_LABEL.fullmatch(line.translate(_LETTERS).strip()))


def _is_answer_label(line: str) -> bool:
    plain = line.translate(_LETTERS).strip()
    if not re.match(r"پاسخ(?=[\s::،]|$)", plain) or len(plain) > MAX_LABEL:
        return False
    return plain == "پاسخ" or plain.endswith((":", ":")) or bool(_ANSWER_NAMES.fullmatch(plain))
