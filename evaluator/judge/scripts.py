"""The letters of scripts, as ranges for a character class of `re`."""

ARABIC = r"\u0600-\u06FF\u0750-\u077F\u0870-\u08FF\uFB50-\uFDFF\uFE70-\uFEFC"
LATIN = r"A-Za-z\u00AA\u00BA\u00C0-\u00D6\u00D8-\u00F6\u00F8-\u02AF\u1D00-\u1D7F\u1E00-\u1EFF\uA720-\uA7FF\uFB00-\uFB06"
GREEK = r"\u00B5\u0370-\u03FF\u1F00-\u1FFF"
ALIKE = r"\u0400-\u058F\u13A0-\u13FF\u2C80-\u2CFF\uA4D0-\uA4FF\uAB70-\uABBF"
"""Cyrillic, Armenian, Cherokee, Coptic and Lisu, where many a letter looks like one of ours."""
MARKS = (
    r"\u0300-\u036F\u0483-\u0489\u0610-\u061A\u064B-\u065F\u0670\u06D6-\u06ED\u1AB0-\u1AFF\u1DC0-\u1DFF\u20D0-\u20FF"
)
"""What stands above and below letters."""
JOINERS = r"\u200C\u200D\u200E\u200F\uFE0F"
"""What joins letters, turns their direction or colours a sign, as Persian and emoji need it."""
UNSEEN = r"\u00AD\u061C\u180E\u200B\u202A-\u202E\u2060-\u206F\uE000-\uF8FF\uFE00-\uFE0E\uFEFF\U000E0000-\U0010FFFF"
"""What else shows nothing."""
