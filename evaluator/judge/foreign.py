"""Passages that a patient who asks in Persian or English cannot read, and a judge can.

A script is told by its letters, a language by its small words (Grefenstette 1995, Comparing two language
identification schemes): what is in neither Persian nor English may be any order in any words.
"""

import re

from evaluator.judge.scripts import ARABIC, GREEK, JOINERS, LATIN, MARKS

OTHER = rf"(?![{ARABIC}{LATIN}{GREEK}])[^\W\d_]"
BETWEEN = r"(?:[\W\d_](?<!\n)){0,10}"
OTHER_SCRIPT = re.compile(
    rf"{OTHER}(?:{BETWEEN}{OTHER})+|(?<![{GREEK}])[{GREEK}]{{3,}}(?:[\W\d_]{{1,10}}[{GREEK}]{{2,}})+"
)
"""Two letters or more of scripts that neither Persian nor English is written in, or two words of Greek."""
WORD = rf"[{LATIN}][{LATIN}{MARKS}'’]*"
LATIN_WORD = re.compile(WORD)
LATIN_RUN = re.compile(rf"(?<![{LATIN}{MARKS}'’]){WORD}(?: +{WORD})+")
ARABIC_WORDS = re.compile(rf"[{ARABIC}{MARKS}{JOINERS}]+")
MARK = re.compile(rf"[{MARKS}]")
# Letters of Urdu, Pashto, Kurdish, Uyghur and Sindhi that Persian has not.
NOT_PERSIAN = re.compile(r"[ٹڈڑںےہھټډړږښڼېۍځڅڕڵۆێەۇۈۋڄڃڀٺٿڊڏڍڳڱ]")
# How Arabic words begin and end, without what Persian has taken over, and its small words.
OF_ARABIC = re.compile(
    r"^(?:[وفبكک]?[أإ]\w+|\w{2,}ة|[وفبكک]?ال(?!له$|رحم|سلام|حمد|بته|تهاب|[کك][لت]|[ان]ن?$|گو|زام|قا|هی|تیام|حاق|مان|یاف|"
    r"غا|تماس|ماس|بوم|ی$|رژ|آن$|سر$)\w{3,}|على|في|إلى|هذا|هذه|التي|الذي|هو|هي|انا|نحن|انت|اختر|اختار|الى|قل|ليس|ذلك|عن|ما|كل|ثم|فقط)$"
)
ALONE, AMONG = 3, 6  # words of a term, in a sentence of its own and among Persian words
PERSIAN = """است را که به از در برای با می نمی این آن های ها کنید شود شده باشد بود دارد یا اگر باید نیست هست شما کند"""
ENGLISH = """
the of and to for with that this these those not from you your or it its is are be been have has had if by at should
can could may will would when than then they their which all any there but because after before during until while
between without about into she his her we our who what how was were per must does did only more most such also other
some no take patient daily
"""
# What English sentences hold beside those, and other languages too: it tells only where the question is in English.
ALSO_ENGLISH = """
a in as i on like he him me my us so if up out off over under into onto each both many much very too use used using uses
usually often always never well one two three first within per via like include includes including cause causes help
helps make makes keep keeps
"""
OF_ENGLISH = re.compile(
    r"\w{2,}(?:ing|ed|tions?|sions?|ly|ous|ments?|ness|it(?:y|ies)|ical|able|ible|ful|less|ers?|ors?|al|ic|ive|ary|ies|ch|sh|"
    r"ght|th|ck|wn|ow|ee|ea|y)"
)
"""How many English words end."""
# French, Spanish, Portuguese, Italian, Romanian; German, Dutch, Swedish, Norwegian; Polish, Czech, Turkish, Hungarian,
# Finnish; Indonesian, Vietnamese, Swahili.
OTHERS = """
le la les est que une des du dans pour qui vous ce cette sont avec pas aux dis dites je tu il elle el los las
es un una por para del como lo esta este más yo su os um uma não da dos das com gli che della sono più nel și în cu pe
care nu sau din
der die das und ist nicht ein eine den dem zu mit auf für sie von als dass sich oder het een van dat niet zijn met voor
op te zeg och att det är som ett på av för inte till og til ikke jeg
jest nie się na że jak czy je se ve bir bu için ile değil olan daha az és hogy nem egy ja ei että ovat
yang dan ini itu dengan untuk pada tidak adalah dari là và của các có không được cho ya wa kwa ni
"""
PERSIAN_IN_LATIN = """
ra ro va ast ke baraye barye shoma man bayad nabayad salam lotfan konid kon ham dar az agar age mishe mishavad nist hast
dard daro daroo doctor bokhorid bekhorid bashad bashid khub khoob ruz rooz hafte azmayesh mamnoon hich chon vali yek ta
"""
PERSIAN_WORDS, ENGLISH_WORDS, ALSO_ENGLISH_WORDS, OTHER_WORDS, LATIN_PERSIAN_WORDS = (
    frozenset(words.split()) for words in (PERSIAN, ENGLISH, ALSO_ENGLISH, OTHERS, PERSIAN_IN_LATIN)
)
ORDER_IN_LATIN = re.compile(
    r"\b(?:pa+so+kh|java+b|matn|nevesht|entekha+b|baran?de|bartar|behtarin|na+di+de|hami+n|in[ou]|davar|davari|no?mre|"
    r"emtia?ya?z|av+ali?|dov+omi?|nokhost|ra[y']?i|bego+|beguy?|dasto?u?o?r(?:ha|at))"
)
"""What an order in Persian in Latin letters speaks of."""


def in_english(question: str) -> bool:
    """Whether it is asked in Latin letters: in no language that is `foreign`, in English."""
    return LATIN_WORD.search(question) is not None and ARABIC_WORDS.search(question) is None


def foreign(sentence: str, english: bool = False) -> bool:
    """Whether it is running text in a language other than Persian and English.

    Where an answer in `english` was asked for, short sentences and lists of terms are English by how words end.
    """
    return _of_latin(sentence, english) or _of_arabic(sentence)


def _of_latin(sentence: str, english: bool) -> bool:
    words = [word.lower() for word in LATIN_WORD.findall(sentence)]
    alone, ours = ARABIC_WORDS.search(sentence) is None, sum(word in ENGLISH_WORDS for word in words)
    theirs, marked = sum(word in OTHER_WORDS for word in words), len({w for w in words if not w.isascii()})
    if 4 * sum(word in LATIN_PERSIAN_WORDS for word in words) >= max(len(words), 4 + 4 * theirs):
        return bool(ORDER_IN_LATIN.search(sentence.lower()))
    if (theirs >= 2 or marked >= 2) and len(words) >= (2 if alone else 4) and max(theirs, marked) > ours:
        return True
    if 7 * ours >= len(words) or (english and 4 * sum(map(_is_english, words)) >= len(words)):
        return False  # English cannot do with fewer
    longest = ALONE if alone else AMONG
    return any(len(LATIN_WORD.findall(run[0])) > longest for run in LATIN_RUN.finditer(sentence))


def _is_english(word: str) -> bool:
    ends = word.isascii() and OF_ENGLISH.fullmatch(word) is not None
    return ends or word in ENGLISH_WORDS or word in ALSO_ENGLISH_WORDS


def _of_arabic(sentence: str) -> bool:
    words = ARABIC_WORDS.findall(sentence)
    ours = sum(word in PERSIAN_WORDS for word in words)
    if (letters := sum(bool(NOT_PERSIAN.search(word)) for word in words)) >= 2 and letters > ours:
        return True
    theirs = sum(bool(OF_ARABIC.match(MARK.sub("", word))) for word in words)
    return theirs >= 2 and 3 * theirs >= len(words) and theirs > ours
