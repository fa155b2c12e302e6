"""Greetings and forms of address before a text, wishes and thanks after it."""

import re
from functools import lru_cache

from cleaning.folding import fold
from cleaning.record import Span, Taken
from cleaning.steps import extract
from cleaning.wording import CLOSINGS, GREETINGS, word_set

_HEAD, _FOOT, _LAST = 300, 300, 40  # characters: no greeting, closing or last word seen is longer
_LEAD = 120  # characters: what leads to a wish is shorter
_WORD = re.compile(r"[^\W_]+(?:\u200c[^\W_]+)*")
_AFTERWARDS = re.compile(r"(?:[ \t،؛:!…\u200c]|[.,–-](?!\d))*\s*")  # a hyphen on the next line begins a list
_JOINING = word_set("و با به بر ی از را که این بابت اینکه برای")
_GREETING = word_set(GREETINGS) | _JOINING  # «خیر» alone is an answer
# A greeting ends with one of these; what stands before it in a row of greeting words belongs to it.
_GREETED = word_set("""
سلام باسلام درود بادرود دورد بخیر وقتبخیر احترام ادب عزیز عزیزم عزیزان گرامی محترم ارجمند مهربان بزرگوار نباشید
نباشین نباشی مبارک
""")
_GREETED_AFTER = {  # these do so after certain words only: «سلام به شما», «شب خوش», «سلام مجدد»
    "شما": word_set("به بر خدمت"),
    "خوش": word_set("وقت روز شب عصر صبح"),
    "مجدد": word_set("سلام باسلام درود عرض"),
    "خیر": word_set("به"),
}
_KIN = word_set("مادر مامان پدر دخترم پسرم برادر خواهر")
_CLOSING = word_set(CLOSINGS) | _JOINING | word_set("احترام شما همه برایتان برایتون تان روز شب خوش خوشی")
_FAREWELL = word_set("""
موفق موید پیروز سلامت سالم شاد شادکام شاداب سرافراز سرفراز پاینده پایدار تندرست سربلند تشکر سپاس ممنون ممنونم متشکر
متشکرم مرسی باتشکر باسپاس سپاسگزارم ارادتمند آرزوی آرزومند خداحافظ خدانگهدار یاعلی احترام
""")
# A closing begins after a mark, or with one of these phrases.
_BEGINS = re.compile(
    r"(?:با (?:تشکر|سپاس|احترام|ارزوی)|باتشکر|باسپاس|ممنونم?|متشکرم?|سپاس\S{0,7}|تشکر|مرسی|ارادتمند|"
    r"موفق (?:و|باشید|باشین|باشی))\b"
)
_MARKS = frozenset(".!؟?؛،,\n:)…")
_HOPES = (
    r"ا[نی] ?شا[ءا]? ?(?:ا?لله|لا)|امیدوار(?:م|یم| هستم| هستیم)|به امید(?: خدا(?:وند)?| حق)?|"
    r"امید(?: است|ست| دارم| داریم)|ارزو (?:دارم|داریم|می ?کنم|می ?کنیم)|"
    r"دعا (?:می ?کنم|می ?کنیم)|از خدا(?:وند)? (?:می ?خواهم|می ?خواهیم|میخوام)"
)
_HOPED = (
    "که|تا|و|هم|شما|همیشه|همواره|هرچه|هر|چه|زودتر|روز|با|به|در|کنار|خانواده|خانوادهتان|تمام|تمامی|همه|کلیه|مراحل|امور|کارها|"
    "کارهایتان|زندگی|زندگیتان|زندگیتون|پناه|خدا|خداوند|شاد|شادی|شادکام|شاداب|سلامت|سلامتی|سالم|تندرست|تندرستی|موفق|موید|پیروز|"
    "پاینده|پایدار|سربلند|سرافراز|سرفراز|برقرار|خوش|خوشی"
)
# What leads to a wish and is nothing without it; «زود خوب شوید» after «امیدوارم» is a sentence by itself.
_LEADS = re.compile(rf"\b(?:(?:و )?(?:(?:من|ما|بنده) )?(?:(?:هم|نیز) )?(?:{_HOPES})(?: (?:{_HOPED})){{0,12}}|و)$")
_SENTENCE_END = re.compile(r"[.!؟?…\n]")


@extract(private=False)
def greeting(text: str) -> Taken:
    """Take out what greets at the start and what thanks or wishes well at the end; kinds: greeting, closing.

    Both are rows of words that do nothing else; a request («ممنون میشم راهنمایی کنید»), the «خیر» of an answer and a
    text of nothing else stay.
    Judged on the published pairs: 90 of 90 different pieces greet or close and nothing else.
    """
    start = _greeting_end(text)
    end = _closing_start(text, start)
    if not text[start:end].strip():
        return Taken(text)
    spans = [Span("greeting", 0, start)] if start else []
    spans += [Span("closing", end, len(text))] if end < len(text) else []
    return Taken(text[start:end].strip(), tuple(spans)) if spans else Taken(text)


@lru_cache(maxsize=2048)  # the words at both ends of texts are few
def _folded(word: str) -> str:
    return fold(word)


def _greeting_end(text: str) -> int:
    end, before = 0, ""
    for match in _WORD.finditer(text, 0, _HEAD):
        word = _folded(match[0])
        if word not in _GREETING or (word == "خیر" and before != "به"):
            break
        if _greets(word, before):
            end = match.end()
        before = word
    after = _AFTERWARDS.match(text, end)
    return after.end() if end and after else 0


def _greets(word: str, before: str) -> bool:
    if word == "عزیزم" and before in _KIN:  # «مادر عزیزم سکته کرده» is about her
        return False
    return word in _GREETED or before in _GREETED_AFTER.get(word, ())


def _closing_start(text: str, start: int) -> int:
    """Where the row of closing words at the end begins; the text's length where there is none."""
    tail = text[max(start, len(text) - _LAST) :]
    last = _WORD.findall(tail.rsplit(None, 1)[-1] if tail[-1:].isalnum() else tail)
    if not last or _folded(last[-1]) not in _CLOSING:
        return len(text)
    for reach in (2 * _LAST, _FOOT):  # the row is seldom longer than the first
        row, whole = _closing_row(text, max(start, len(text) - reach))
        if whole:
            break
    begin, farewell, after = len(text), False, ""
    for place, word in row:
        after = f"{word} {after}"
        farewell = farewell or word in _FAREWELL
        if farewell and (_after_mark(text, place) or _BEGINS.match(after)):
            begin = place
    return _with_lead(text, start, begin) if begin < len(text) else begin


def _with_lead(text: str, start: int, begin: int) -> int:
    """Where the wish begins with what leads to it: «انشالله که», «و»."""
    foot = max(start, begin - _LEAD)
    found = [(match.start(), _folded(match[0])) for match in _WORD.finditer(text, foot, begin)][foot > start :]
    before = " ".join(word for _, word in found)
    led = _LEADS.search(before)
    place = found[before.count(" ", 0, led.start())][0] if led else begin
    return begin if _SENTENCE_END.search(text, place, begin) else place


def _closing_row(text: str, foot: int) -> tuple[list[tuple[int, str]], bool]:
    """The closing words at the text's end, last first, with their places, and whether none stands before them."""
    found, row = list(_WORD.finditer(text, foot)), list[tuple[int, str]]()
    for match in reversed(found):
        word = _folded(match[0])
        if word not in _CLOSING:
            return row, match is not found[0]  # the first may be half a word
        row.append((match.start(), word))
    return row, False


def _after_mark(text: str, place: int) -> bool:
    before = text[:place].rstrip(" \u200c") if place < _FOOT else text[place - _FOOT : place].rstrip(" \u200c")
    return not before or before[-1] in _MARKS
