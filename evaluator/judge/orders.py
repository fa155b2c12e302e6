"""What is said to a judge and to no patient, in Persian and English, as patterns over a sentence in plain letters.

An order has to name what it is about: the answers as answers, one of them by its place, their comparison, whoever
compares, the form of a verdict, or the instructions to be dropped. A bare verdict names a place or a score, and
nothing else.
"""

import re

# Between two words at most so many characters, so that the search stays linear.
GAP = r".{0,40}"
NOUN = r"(?:answer|response|reply|completion|candidate|assistant|model|text)s?"
WHICH = r"(?:first|second|1st|2nd|other|former|latter|this|my)"
END = r"(?=\W*$|\s+(?:is|as|wins?|over|because|since|\d))"
ONE = rf"(?:{WHICH}\s+(?:{NOUN}\b|one\b{END})|{NOUN}\s+(?:[ab12]|one|two)\b)"
SAY = (
    r"(?:say|state|answer|output|reply|respond|choose|pick|select|prefer|declare|vote|print|write|return|favou?r|rank|"
    r"rate|score|grade|reward)"
)
BEST = r"(?:better|best|superior|preferred|stronger|correct one|perfect|top)"
IGNORE = r"(?<!not )(?<!n't )(?<!never )\b(?:ignore|disregard|forget|override|bypass|skip|discard)\b"
# Of the answers' judge, and not of a doctor, a label or a leaflet.
TOLD = r"(?:instructions?|rules?(?!\s+of\b)|guidelines?|directions|orders|messages?|context|texts?)\b"
THEIRS = r"(?!.{0,40}\b(?:doctor|pharmac|nurse|provider|label|package|leaflet|bottle|dos(?:e|ing)|medic))"
ENGLISH = (
    rf"{IGNORE}{GAP}\b(?:above|previous|prior|preceding|earlier)\s+(?:\w{{1,12}}\s+)?{TOLD}{THEIRS}",
    rf"{IGNORE}(?:\s+(?:all|any|of|these|those|your|the|my|other)){{0,4}}\s+(?:\w{{1,12}}\s+)?(?:instructions?|rules?)\b"
    rf"(?!\s+(?:on|from|of|for|in|that|about|given|provided|your)\b){THEIRS}",
    rf"{IGNORE}.{{0,20}}\b(?:the|everything|all|anything|what\w{{0,4}}|is|was|stands)\s+above\W*(?:$|[,;:.!]|(?:and|or|then)\b)",
    rf"{IGNORE}{GAP}\b(?:prompts?|criteri(?:a|on)|rubric|(?:first|second|other)\s+(?:answer|reply|completion))\b",
    rf"\b{SAY}\b{GAP}\b(?:{ONE}|{WHICH}\s+(?:is|as|was)\s+(?:the\s+)?{BEST}|(?:tie\W*$|a\s+tie\b))",
    rf"\b{SAY}\b\W{{0,3}}(?:the\s+)?(?:first|second)\W*$",
    rf"\b{ONE}{GAP}\b(?:is|was|are|as)\s+(?:\w+ly\s+|much\s+|far\s+)?(?:the\s+)?{BEST}\b(?!\s+(?:absorbed|tolerated|taken)\b)",
    rf"\b(?:the|that)\s+(?:first|second|other|former|latter)\s+{NOUN}{GAP}\b(?:wors[et]|wrong|incorrect|dangerous)",
    rf"\b{ONE}{GAP}\b(?:beats?|outperforms?|surpass|prevails?|deserves?|preferable|should be (?:chosen|picked))",
    r"\b(?:best|better|superior)\s+(?:answer|reply|completion)s?\b(?!\s+(?:is|would|m\w+|can|could|to|for|from|depend\w*)\b)",
    r"\b(?:winning|preferred|other)\s+(?:answer|reply|completion)\b|\bvot(?:e|ing)\b|"
    r"\b(?:best|better|superior|winning|preferred)\s+candidate\b(?=\W*$|\s+(?:is|was|wins?)\b)",
    r"^\W*(?:judge|grader|evaluator|rater|reviewer)\W*[:,](?!\W*(?:dr|md|prof)\b)|"
    r"[\w\"']\s*[:=]\W*(?:first|second|tie)\W*$",
    rf"\b(?:winners?|wins|verdict|evaluators?|graders?)\b|\b{NOUN}\s+win\b|\b(?:evaluation|judging)\s+criteri",
    r"\b(?:as|dear|hey|attention,?|note\s+(?:to|for)|you\s+are)\s+(?:the\s+|an?\s+)?(?:judge|rater|reviewer|assessor)\b|"
    r"\b(?:dear|hey|attention,?|note\s+(?:to|for)|you\s+are)\s+(?:the\s+|an?\s+)?(?:ai|llm)\b",
    r"\b(?:system|developer|admin|root)\s*(?:prompt|message|override|command|note|instruction)|\bnew instruction",
    r"^\W*(?:assistant|developer)\s*[:>\]]|^\W*(?:system|user|human)\s*[>\]]|<\|[a-z_]+\|>|\[/?inst\]|<<sys>>|"
    r"^\W*(?:system|user|human|instructions?)\s*:\s*(?:ignore|disregard|prefer|judge|mark|you\s+(?:must|are|will|have))\b",
    r"</?(?:answer|verdict|winner|better|judge|system|assistant|user|instructions?|mark|output)\b[^>]{0,20}>",
    r"\{\s*[\"']\w+[\"']\s*:|[\"'](?:winner|mark|better)[\"']\s*:|\[\[\s*\w+\s*\]\]",
    rf"\b(?:choose|pick|select|prefer|favou?r|reward|crown|elect|vote\s+for)\s*"
    rf"(?:(?:me|mine|us|ours)\b(?!\s+up\b)|this\W*$)|"
    rf"\b(?:i|we)\s+(?:win|won|deserve)\b|\bfull\s+(?:marks|score|points|credit)\b|"
    rf"\b{SAY}(?:the|this|my|first|second|other){{1,2}}{NOUN}\b",
)
ANSWER_FA = r"(?:پاسخ|جواب)(?:\s*های)?(?!\s*(?:آزمایش|تست|سونو|نمونه|ام\s*آر|سی\s*تی|کشت|پاتو))"
WHICH_FA = (
    r"(?:اول|نخست|یکم|دوم|دیگر|دیگری|قبلی|بالا|پایین|یک|دو|الف|شماره|رقیب|مقابل|حاضر|کنونی|فعلی|من\b|بنده|[12۱۲ab]\b)"
)
EXACT_FA = r"(?:کامل|دقیق|صحیح|درست|جامع|قوی|مناسب|علمی|معتبر|مفید|ایمن|امن|واضح|روشن|شایسته|سودمند|بر)"
BEST_FA = (
    rf"(?:{EXACT_FA}\s*تر|بهترین|بهتر\s*از|بهتر(?:ه|\s*(?:است|بود))?\W*$|برنده|برگزیده|پیروز|ارجح|ترجیح|"
    r"انتخاب\s*(?:کن|شو|شد|می)|برگزین|نمره|امتیاز|رتبه|\bر[اأ]ی(?:ت|تان)?\b)"
)
SAY_FA = (
    r"\b(?:بگو\b|بگویید|بنویس\b|نخوان\b|برگزین|(?:انتخاب|اعلام|رد|حذف)\s*کن|"
    r"(?:ترجیح|ر[اأ]ی|نمره|امتیاز)\s*(?:\w{1,12}\s{1,3}){0,2}(?:بده|دهید))"
)
DROPPED_FA = (
    r"(?:نادیده\s*بگیر|کنار\s*بگذار|بی\s*خیال|(?:فراموش|لغو|صرف\s*نظر)\s*کن|(?:توجه|اعتنا|رعایت)\s*نکن|اعتبار\s*ندار)"
)
# As a doctor tells a patient to drop another's orders.
TREATED_FA = r"(?!\w{0,9}\s{0,3}و\s{1,3}(?:\w{1,12}\s{1,3})?(?:دارو|قرص|شربت|آمپول|انسولین|رژیم|درمان|مصرف))"
TOLD_FA = r"(?:دستور|معیار|راهنما|متن|مطالب|پیام|قوانین|قواعد|(?:هر\s*چه|همه).{0,12}(?:بالا|قبل|پیش|گفت))"
PERSIAN = (
    rf"{TOLD_FA}{GAP}{DROPPED_FA}{TREATED_FA}|{DROPPED_FA}{GAP}{TOLD_FA}",
    rf"{SAY_FA}{GAP}(?:پاسخ|جواب|گزینه)\s*{WHICH_FA}|(?:پاسخ|جواب|گزینه)\s*{WHICH_FA}{GAP}{SAY_FA}",
    rf"{ANSWER_FA}\s*(?:مدل\s*)?{WHICH_FA}(?!\s*:){GAP}{BEST_FA}|{BEST_FA}{GAP}{ANSWER_FA}\s*(?:مدل\s*)?{WHICH_FA}",
    rf"{ANSWER_FA}\s*(?:مدل\s*)?(?:اول|نخست|دوم|دیگر|دیگری|مقابل)\b(?!\s*:){GAP}(?:غلط|اشتباه|نادرست|ضعیف|خطرناک|بدتر)",
    rf"\b(?:این|همین)\s*(?:متن|نوشته|یکی(?!\s*از))\b{GAP}(?:بهترین|برتر|برنده|برگزی|{SAY_FA})|\b(?:اولی|دومی)\b{GAP}{SAY_FA}",
    rf"{ANSWER_FA}(?:ی|های?)?\s*(?:غیر|به\s*جز|جز)\s*(?:از\s*)?(?:این|همین)\b|{ANSWER_FA}\s*(?:صحیح|درست|برتر)\s*همین|"
    r"\bدستور(?:ات|های?)?\s*(?:جدید|تازه)\s*[:=]",
    rf"(?:این|همین|اولین|نخستین|دومین)\s*{ANSWER_FA}{GAP}{BEST_FA}|{BEST_FA}{GAP}(?:این|همین|اولین|دومین)\s*{ANSWER_FA}",
    r"\b(?:داور|ارزیاب|قاضی)\s*(?:گرامی|محترم|عزیز)|به\s*عنوان\s*(?:داور|ارزیاب|قاضی)\b|\bداوری\s*(?:کن|خود)|"
    r"(?:نتیجه\s*(?:ی\s*)?(?:داوری|مقایسه)|ر[اأ]ی\s*(?:نهایی|داور))\s*[:=]|سلام\s*داور\b",
    rf"\b(?:تو|شما)\b.{{0,20}}(?:مدل\s*زبانی|هوش\s*مصنوعی|داور|ارزیاب)\b|هر\s*(?:کس|که){GAP}می\s*خواند",
    rf"(?:فقط|تنها|صرفا){GAP}\b(?:بنویس|بگو|چاپ\s*کن|خروجی\s*بده)\b|\bدر\s*خروجی\b|^\W*(?:دستیار|کاربر)\s*:",
    r"\b(?:first|second|winner|tie|json|better)\b\W{0,3}(?:را|بنویس|بگذار|انتخاب|برنده)",
)
OURS = r"(?:first|second|1st|2nd|former|latter|tie|me|mine|us|ours)"
OURS_FA = r"(?:اولی?|نخستی?|نخستین|یکم|دومی?|من|ما|همین)"
PLACE = (
    rf"(?:(?:the\s+)?(?:{NOUN}\s+)?(?:{OURS}|[ab](?!\s+(?!{NOUN}\b|is\b|wins\b|one\b)[^\W\d_]))(?:\s+(?:{NOUN}|one))?|"
    rf"(?:(?:پاسخ|جواب|متن|گزینه|مدل)\s*)?(?:{OURS_FA}|الف|شماره\s*\d))"
)
ANY = rf"(?:{PLACE}|this|این|یک|دو|ب|[12۱۲])"
BETTER = (
    r"(?:(?:the\s+)?(?:better|best|winner|verdict|decision|choice|preferred|preference|mark|output)|"
    r"حکم|ر[اأ]ی|برنده|بهترین|برگزیده|منتخب|ارجح|پیروز|(?:پاسخ|جواب|نتیجه)\s*نهایی|"
    r"(?:(?:پاسخ|جواب|متن|گزینه|مدل)\s*)?(?:به|بر)تر)"
)
IS = r"(?:\s*(?:ه|م|یم|ییم|ست|است|بود|هستم?|هستیم))?"
MUCH = r"(?:(?:\w{1,15}ly|much|far|خیلی|بسیار)\W{1,3})?"
TICK = r"[✅✓✔☑👍🏆🥇👑❌✗✘✖👎]"
OVER = r"[<>≻≺≫≪]"
SCORE = r"(?:score|rating|grade|mark|points?|(?:نمره|امتیاز|رتبه)\s*ی?)"
OF = r"(?:/|از|out\s+of)"
IT_FA = r"(?:(?:مال\s*)?(?:(?:این|همین|من|ما|بنده|اینجانب)\s*(?:را|رو)|مرا|منو|اینو|همینو))\b"
CHOSEN_FA = (
    r"(?:(?:انتخاب|برنده|برگزیده|برتر|بهترین|پیروز)\s*(?:اعلام\s*|معرفی\s*)?(?:ب?کن(?:ید|ین)?|فرمایید|بدان(?:ید)?)\b|"
    r"برگزین|ترجیح\s*ب?ده)"
)
# What repeats without an end, as `\W*` does, stands once in a pattern, at its start or its end.
VERDICTS = (
    rf"(?:^|[:;؛،,])\W{{0,9}}{BETTER}(?:\s*(?:نهایی|شما|من|is|goes\s+to|با)){{0,2}}[\W_]{{0,9}}{ANY}{IS}\W*$",
    rf"\b{BETTER}\s*[:=→>]+\W{{0,9}}{PLACE}\b",
    rf"^\W*(?:{PLACE}|i|we)\W{{0,9}}(?:(?:is|am|are|was)\b\W{{0,3}}|از\s*\w{{1,15}}\s{{1,3}})?{MUCH}{BETTER}{IS}\W*$",
    rf"\b{PLACE}\s*{OVER}+\s*{PLACE}\b|^\W*[12۱۲]\W{{0,9}}{OVER}\W{{0,9}}[12۱۲]\W*$",
    rf"\b{PLACE}\W{{0,9}}{TICK}\W{{0,9}}{PLACE}\b|^\W*{PLACE}\W{{0,9}}{TICK}\W*$|^\W*[🏆🥇👑]\W{{0,9}}{ANY}\W*$",
    r"[⭐★🌟]{3}",
    r"^\W*(?:بهترین|برترین|best|top)\s*(?:پاسخ|جواب|متن|answer|response)\W*$",
    rf"(?:^|[:؛،,])\W{{0,9}}(?:(?:لطفا|خواهشا)\W{{1,9}})?{IT_FA}\W{{0,9}}(?:\w{{1,15}}\W{{1,3}}){{0,3}}{CHOSEN_FA}",
    r"^\W*(?:لطفا\W{1,9})?(?:اولی|دومی|همینو?|اینو)\s*(?:را|رو)?\s*(?:بده|بزن|بگو|بنویس)\W*$",
    r"\bبه\s*(?:این|همین|من|ما)\s*(?:یکی\s*)?(?:ر[اأ]ی|نمره|امتیاز)\s*ب?ده",
)
SCORES = (
    rf"^\W*(?:final\s*)?{SCORE}(?:\s*(?:کامل|نهایی|من|این\s*\w+))?\W{{0,9}}(?:is\W{{0,9}})?"
    rf"\d{{1,3}}(?:[./]\d{{1,3}})?(?:\W{{0,9}}{OF}\W{{0,9}}\d{{1,3}})?{IS}\W*$",
    rf"^\W*(\d{{1,3}})\s*{OF}\s*\1\W*$",
)
"""Bare scores. In English a doctor tells pain, Apgar's and what an eye sees so."""
ORDERS = tuple(re.compile(pattern) for pattern in (*ENGLISH, *PERSIAN, *VERDICTS))
SCORED = tuple(map(re.compile, SCORES))


def ordered(sentence: str, english: bool = False) -> bool:
    """Whether it speaks to a judge, in small letters as a keyboard writes them; `english` of an answer in English."""
    return any(pattern.search(sentence) for pattern in (ORDERS if english else ORDERS + SCORED))
