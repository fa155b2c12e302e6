"""What of a text is its answer: no thinking aloud in tags, no markup; and what it marks as the answer by form alone."""

import re

_THINKS = (
    "think|thought|reason|reflect|analysis|analyz|scratch|monologue|deliberat|cot(?![a-z])|plan(?:ning)?(?![a-z])"
    "|تفکر|فکر|اندیش|استدلال|تحلیل"
)
_THOUGHT = re.compile(
    # What it may begin with comes first: `re` skips to where one of those stands.
    r"[<◁\[aA](?i:(?<=[<◁])\|?(?P<ends>/|end_of_)?\|?"
    rf"(?:[a-z]{{1,12}}[:_ -]){{0,3}}(?P<name>{_THINKS})[^<>◁▷\n]{{0,60}}[>▷]"
    rf"|(?<=\[)(?P<closes>/)?(?P<word>{_THINKS})[a-z]{{0,5}}\]"
    r"|(?<=<)\|channel\|>\s?(?P<channel>analysis|commentary)(?:<\|message\|>)?"
    r"|(?P<final>(?<=<)\|channel\|>\s?final(?:<\|message\|>)?|(?<=a)ssistantfinal))"
)
_ANSWERS = (
    "(?:(?:final|right|correct|best)[_ -]?)?"
    "(?:answer|choice|letter|option|selected(?:_option)?|selection|پاسخ|جواب|گزینه)"
)
_ANSWER_TAG = re.compile(rf"(?i:<({_ANSWERS})>(.{{0,400}}?)</\1>)", re.DOTALL)
_TAG = re.compile(r"</?[a-z_]{1,20}[0-9]?/?>|</?[A-Z_]{2,20}>|<\|[a-z_]{1,20}\|>|</?(?:پاسخ|جواب|گزینه)>")
_JSON = re.compile(
    rf"(?i:[\"']{_ANSWERS}(?:[_ ](?:letter|option|choice|صحیح|نهایی|درست))?[\"']\s{{0,9}}:\s{{0,9}}"
    r"(\"[^\"]{0,300}\"|'[^']{0,300}'|\[[^\]]{0,300}\]|\w{1,20}))"
)
_BEGIN, _HEAD = ("[th", "[Th", "[TH", "[re", "[Re", "[RE", "[an", "[An", "[AN", "analysis"), 20
"""Thinking without angles, by how a text begins."""
_QUOTES = str.maketrans("", "", "\"'[]")


def spoken(text: str) -> tuple[str, list[str]]:
    """A text without its thinking and its markup, and the passages that stand in it in a field for the answer.

    Thinking that never ends leaves nothing behind it.
    """
    fields = []
    if "_" in text and "__" in text:  # bold, as ** is; but part of a word to a regular expression
        text = text.replace("__", "**")
    if "<" in text or "◁" in text or text[:_HEAD].lstrip().startswith(_BEGIN):
        text = _aloud(text)
        fields = [match[2] for match in _ANSWER_TAG.finditer(text)]
        text = _TAG.sub(" ", text)
    if '"' in text or "'" in text:
        fields += [match[1].translate(_QUOTES) for match in _JSON.finditer(text)]
    return text, fields


def _aloud(text: str) -> str:
    """The text without what stands between tags of thinking; what ends no thought that began here ends one before."""
    kept: list[str] = []
    began, name = 0, ""
    for match in _THOUGHT.finditer(text):
        called = (match["name"] or match["word"] or match["channel"] or "").lower()
        ends = match["ends"] or match["closes"] or match["final"]
        if ends and (not name or match["final"]):
            kept, began, name = [], match.end(), ""
        elif ends and called == name:
            began, name = match.end(), ""
        elif not ends and not name and not match[0].endswith("/>"):
            kept.append(text[began : match.start()])
            name = called
    return " ".join([*kept, "" if name else text[began:]])
