"""What takes a declared answer back: it is denied, reported of others, only supposed, or called wrong."""

import re

from evaluator.letters.signs import GAP, sought, spelt

REACH, _NEAR = 90, 30
"""How far before the word for an answer what denies it may stand, in characters."""
_SAYING = (
    "say|said|claim|think|believe|conclude|argue|agree|accept|assume|suppose|suggest|state|mean|tell|confirm|support"
    "|find|know|see|imagine|recommend|sure|certain|convinced|true|right|correct|clear|likely|the case"
)
_OTHERS = "[Ss]ome|[Mm]any|[Mm]ost|[Pp]eople|[Ss]tudents?|[Oo]thers|[Oo]ne|[Yy]ou|[Tt]hey|[Ee]veryone|[Dd]octors?"
_REPORTED = "say|think|believe|claim|argue|assume|guess|insist|pick|choose|consider|tempted"
# `\w\Z` is the first letter of the word for an answer itself: nobody would Answer B, never choose B.
_UNSAID = re.compile(
    r"\b(?:[Cc]annot|[Nn]ot|[Nn]ever|[Nn]obody|[Nn]o one|[Hh]ardly|[Ff]ew|\w+n['’]t|[Dd]ont|[Cc]ant)\b"
    rf"(?: (?!the\b|my\b|only\b|hard\b|difficult\b)\w+){{0,3}}? (?:(?:{_SAYING})\b|\w?\Z)"
    rf"|\b(?:{_OTHERS})\b[^,]{{0,60}}\b(?:(?:{_REPORTED})\w*"
    r"|(?:might|may|could|would|will|often|wrongly|students|people) \w?\Z)"
    r"|\b(?:wrong|incorrect|false|untrue|mistake|error|unlikely|absurd|dangerous|premature|tempting)"
    r"\s(?:is )?(?:to|that|if)\b"
    r"|(?<!\bno )(?<!\bany )(?<!\ba )\bdoubt(?:s|ed|ful)?\b|\b[Uu]nlikely\b"
    r"|\b(?:disagree|contrary|myth|misconception|fallacy|den(?:y|ies)|reject\w*|whether|tempt\w*|mistakenly|wrongly)\b"
    r"|\b(?:alleged|believed|rumou?red)\s(?:that|to)\b"
    r"|\b(?:claims|says|thinks|believes|argues|insists)\b|(?<!I )\b(?:said|told|wrote|claimed)\b"
    r"|\b(?:[Pp]revious|[Ll]ast|[Pp]rior) question\b|\b(?:[Rr]efuse|[Dd]ecline|[Hh]esitate)\w*"
    r"|\b(?:[Ii]nitially|[Oo]riginally|[Aa]t first)\b|\b(?:thought|guessed|assumed)\b(?! about| through| carefully)"
    r"|\b(?:[Uu]nless|[Ii]f)\s(?:the |my )?(?:\w{1,12} ){0,2}\w?\Z"
)
_REPORTS = r"[^،,]{0,60}(?:تصور|گمان|فکر|خیال|باور|معتقد|گویند|پندار|انتخاب\sکن)"
_THOUGHT = r"\s(?:نمی|کرد|می[\s\u200c]?کرد)"
_UNSAID_THERE = re.compile(
    spelt(
        "|".join(
            [
                r"م(?<=نم)ی[\s\u200c]?(?:توان|شود\sگفت|گوی|دان|پذیر)",
                rf"{sought('نباید')}\s(?:گفت|تصور|فکر|گمان|نتیجه)",
                *(f"{sought(word)}{_THOUGHT}" for word in ("فکر", "گمان", "تصور", "خیال")),
                rf"{sought('باور')}\sندار",
                *(rf"{sought(word)}\sمی[\s\u200c]?شود" for word in ("گفته", "تصور", "ادعا", "گمان")),
                rf"{sought('ادعا')}\sنمی",
                *(rf"{sought(word)}\s(?:نیست|نمی)" for word in ("مطمئن", "معتقد", "موافق", "قائل", "قانع")),
                sought("بعید"),
                r"گفت\s(?<!ان گفت\s)(?<!ید گفت\s)",
                *(
                    rf"{sought(word)}ی?\u200c?ی?ٔ?\s(?!شد|می|من\s|کرد)"
                    for word in ("به گفته", "طبق گفته", "به قول", "به عقیده")
                ),
                rf"{sought('ادعا')}(?!ی?\u200c?ی?\s(?:من\s|نمی|می[\s\u200c]?کنی?م))",
                r"گوی(?:د|ند)\s",
                r"قبل(?<=(?:سوال|سؤال|پرسش)\sقبل)",
                r"شک\sدار",
                rf"{sought('تردید')}\sدار",
                rf"{sought('هیچ')}[\s\u200c]?کس",
                rf"{sought('کسی')}\sن",
                *(
                    f"{sought(who)}{_REPORTS}"
                    for who in ("بسیاری", "برخی", "بعضی", "عده", "اکثر", "بیشتر", "خیلی", "دانشجو")
                ),
                *(f"{sought(who)}{_REPORTS}" for who in ("مردم", "افراد", "دیگران", "گاهی", "کسان")),
                rf"{sought('ممکن')}\sاست{_REPORTS}",
                *(rf"{sought(when)}[^،,]{{0,30}}(?:گفت|نوشت)" for when in ("ابتدا", "اول", "نخست", "قبلا")),
                "پنداشت",
                sought("شایعه"),
                rf"{sought('نوشته')}\s",
                r"به\s(?:اشتباه|غلط)",
                *(rf"{sought(word)}(?:\sاست|ست)?\s(?:که|اگر|بگوی)" for word in ("اشتباه", "غلط", "نادرست", "خطا")),
                *(rf"{sought(word)}\sنیست\s(?:که|اگر|بگوی)" for word in ("درست", "صحیح")),
            ]
        )
    )
)
_LATIN = re.compile("[a-z]{2}")
_BEGUN = re.compile(r"[^.!?؟؛;:\n,،—]*")
_LEAST = 6
CUT = re.compile(
    r"\b(?:but|however|so|therefore|thus|hence|yet|then)\b"
    r"|(?<!\w)(?:اما|ولی|بلکه|پس|بنابراین|لذا|در نتیجه)(?!\w)"
)
_THEN = r"[^.!?؟؛;\n]*\Z"
_BUT = re.compile(r"\b(?:but|however)\b|(?<!\w)(?:اما|ولی|بلکه)(?!\w)")
_REPORTED_THERE = re.compile(
    spelt(
        r"(?<![\w\u200c])(?:گفته|ادعا|قول|عقیده|اعتقاد|فرموده)ی?\u200c?ی?ٔ?\s(?!شد|می|من\b)[^.!?؟؛;،\n]{2,40}،\s(?:\w+\s){0,2}\Z"
    )
)
_WERE = rf"\b[^.!?;\n]{{0,70}}\b(?:were|was|had|been)\b(?! to\b){_THEN}"
_SUPPOSED = re.compile(
    rf"f(?<=\b[Ii]f){_WERE}|nless{_WERE}|ad(?<=\b[Hh]ad){_WERE}"
    + spelt(rf"|گر\s(?<=اگر\s)[^.!?؟؛;\n]{{0,70}}(?:بود|داشت|می[\s\u200c]?شد)(?!ن){_THEN}")
)
_WRONG = r"(?:[Ww]rong|[Ii]ncorrect|[Ff]alse|[Ww]orst|[Uu]nlikely|[Ll]east [a-z]{1,15})"
_CALLED_WRONG = re.compile(rf"(?:{_WRONG}[\s_-](?:final |possible )?\w?|[Ii]nc)\Z")
_IT = r"(?:[Tt]hat|[Tt]his|[Ii]t)(?:['’]s| is| was)"
_DENIES = (
    rf"(?:هم|نیز|پاسخ)?{GAP}{{0,3}}(?:صحیح|درست)?{GAP}{{0,3}}"
    r"(?:نیست|نمی|نبود|نادرست|غلط|اشتباه|is (?:not|in|wrong|false|untrue|mistaken)|isn't|不|(?:است|می\s?باشد)?[؟?])"
)
_IS_WRONG = (
    r"(?:را|رو)\s(?:رد|حذف|خط|کنار|نمی|نباید)|(?:رد|حذف)\s(?:می|شد)|or rather|-- no|— no"
    r"|که\s(?:در نگاه|ابتدا|در ابتدا)"
    r"|(?:درست|صحیح)\s(?:نیست|نمی|نبود)|(?:نادرست|غلط|اشتباه)\s?(?:است|ست|می)|می[\s\u200c]?(?:شد(?!ن)|بود)"
    r"|[،,.!…;؛\s]{0,6}+(?:(?:اما|ولی|و|که|نه|البته|but|and|[Nn]o|[Hh]mm)[،,]?\s{1,2}){0,2}"
    r"(?:(?:این|آن)\s(?:تصور|فکر|باور|نظر|گفته|ادعا|پاسخ|حرف)?\s?(?:کاملا\w?\s)?"
    r"(?:نادرست|غلط|اشتباه|(?:درست|صحیح)\sنیست)"
    r"|(?:من )?(?:موافق نیستم|مخالفم|قبول ندارم)|I (?:disagree|do not agree|don't agree)"
    rf"|(?:{_IT}|[Tt]h(?:is|at) (?:claim|statement|answer) is) (?:not (?:right|correct|true|it)|wrong|incorrect"
    r"|false|a (?:common )?(?:mistake|myth|misconception)))"
)
_BACK = re.compile(
    spelt(rf"{GAP}{{0,4}}+(?:{_DENIES}|(?:(?:است|باشد|بود|می[\s\u200c]?باشد){GAP}{{0,3}})?(?:{_IS_WRONG}))")
)


def unsaid(text: str, start: int) -> bool:
    """Whether what is declared from `start` on is denied before it, said by others, or only supposed."""
    low = max(0, start - REACH)
    if start - low < _LEAST or start - max(text.rfind("\n", low, start), text.rfind(".", low, start)) < _LEAST:
        return False
    supposed = _SUPPOSED.search(text, low, start)
    if (supposed and not _BUT.search(text, supposed.start(), start)) or _reported(text, low, start):
        return True
    before = clause(text, start)
    if len(before) < _LEAST:
        return False
    patterns = ((_UNSAID,) if _LATIN.search(before) else ()) + (() if before.isascii() else (_UNSAID_THERE,))
    return any(not CUT.search(before, found.end()) for pattern in patterns for found in pattern.finditer(before))


def _reported(text: str, low: int, start: int) -> bool:
    """Whether a comma right before sets off whose words these are: `according to the patient, `."""
    comma = text.rfind("،", max(low, start - _NEAR), start)
    return comma >= 0 and _REPORTED_THERE.search(text, low, start) is not None


def called_wrong(text: str, start: int) -> bool:
    """Whether the word for an answer that starts there is said of the wrong one: `the wrong answer`."""
    return text.startswith("rong", start) or _CALLED_WRONG.search(text, max(0, start - _NEAR), start) is not None


def taken_back(text: str, end: int) -> bool:
    """Whether the text calls wrong what it has declared up to there."""
    return _BACK.match(text, end) is not None


def clause(text: str, end: int) -> str:
    """What stands before, back to the last stop or comma."""
    window = text[max(0, end - REACH) : end]
    begun = _BEGUN.match(window[::-1])
    return window[len(window) - begun.end() :] if begun else window
