"""The characters that several steps speak of, as parts of regular-expression classes."""

LETTERS = "\u0620-\u063f\u0641-\u064a\u066e\u066f\u0671-\u06d3\u06d5\u06ee\u06ef\u06fa-\u06fc\u0750-\u077f"
"""Letters of the Arabic block as Persian, Arabic and Urdu use them; no digits, marks or tatweel."""

MARKS = "\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed\u0898-\u089f\u08ca-\u08e1\u08e3-\u08ff"
"""Vowel signs, Quranic signs, hamza and madda above or below: all combine with the letter before."""

FORMS = r"\ufb50-\ufdcf\ufdf0-\ufdfc\ufe70-\ufefc"
"""Presentation forms: what old encodings and PDF files have instead of letters."""

MARK_FORMS = r"\ufc5e-\ufc63\ufcf2-\ufcf4\ufe70-\ufe7f"
"""Those among the presentation forms that stand for marks."""

HAMZA_ABOVE = "\u0654"
TATWEEL = "\u0640"
ZWNJ = "\u200c"
ZWJ = "\u200d"
ZERO_WIDTH_SPACE = "\u200b"
JOINERS = ZWNJ + ZWJ

INVISIBLE = (
    "\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f"  # control characters but tab and line breaks
    "\u00ad\u180e\u2060-\u2064\ufeff"  # soft hyphen, word joiner, byte order mark
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u206f"  # marks of direction
    "\ufff9-\ufffb\ufdd0-\ufdef\ufffe\uffff"  # annotation marks and noncharacters
)

ASCII_DIGITS = "0123456789"
PERSIAN_DIGITS = "۰۱۲۳۴۵۶۷۸۹"
ARABIC_DIGITS = "٠١٢٣٤٥٦٧٨٩"
DIGITS = "0-9۰-۹٠-٩"
