"""Texts that an editor may mangle: joiners, bidi controls, forms that normalise, astral signs, markup, odd spaces."""

import random
import unicodedata

PIECES = (
    *(
        "سلام دکتر",
        "می\u200cشود",
        "\u200c",
        "نمی\u200c\u200cدانم",
        "كتاب ي",
        "ۀ",
        "هٔ",
        "آ",
        "آ",
        "١٢٣ ۱۲۳ 123",
        "HbA1c = ٧٫٢",
    ),
    *(
        "\u200e",
        "\u200f",
        "\u061c",
        "\u202a",
        "\u202b",
        "\u202c",
        "\u202d",
        "\u202e",
        "\u2066",
        "\u2067",
        "\u2068",
        "\u2069",
    ),
    *(
        "\u200b",
        "\u200d",
        "\u2060",
        "\ufeff",
        "\u00ad",
        "\u00a0",
        "\u2028",
        "\u2029",
        "\u3000",
        "\u0085",
        "\ufffd",
        "\ufffe",
    ),
    *(
        "e\u0301",
        "\u00e9",
        "\ufb01",
        "\u212b",
        "\u0041\u030a",
        "\uac00",
        "\u1100\u1161",
        "َُِّ",
        "\u0640" * 3,
        "\ufedf\ufe8e",
    ),
    *("👩‍⚕️", "🇮🇷", "𝒜", "\U0001f9d1\U0001f3fd", "\U0010ffff", "\ue000", "\ufdfa", "㍿"),
    *(
        "<script>alert(1)</script>",
        "&amp;&lt;",
        "</textarea>",
        "\"'`",
        "\\u200c",
        "\\n",
        "{{7*7}}",
        "%00",
        "<!--",
        "]]>",
    ),
    *("\n", "\n\n", "\t", "  ", " \n ", "\n\t", "\x01", "\x0b", "\x0c", "\x1b", "\x7f", "\x9f"),
)


def texts(seed: int, count: int) -> list[str]:
    """So many texts, none of what nobody sees, no two alike, with line breaks as a text box gives them."""
    chance = random.Random(seed)
    found: dict[str, None] = {}
    while len(found) < count:
        text = "".join(_piece(chance) for _ in range(chance.randint(1, 14)))
        if any(not letter.isspace() and unicodedata.category(letter) != "Cf" for letter in text):
            found[text] = None
    return list(found)


def _piece(chance: random.Random) -> str:
    if chance.random() < 0.75:
        return chance.choice(PIECES)
    letter = chr(
        chance.choice((chance.randint(0x20, 0x7E), chance.randint(0x600, 0x6FF), chance.randint(0xA0, 0x10FFFF)))
    )
    return "ب" if unicodedata.category(letter) == "Cs" else letter
