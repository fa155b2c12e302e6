"""A table as LaTeX to be `\\input`: it needs the package booktabs, and fontenc with T1 for what it quotes.

Names in Persian letters stand in it as they are, behind a macro that prints them where the document can.
"""

import re
from collections.abc import Iterator, Sequence

from evaluator.report.paper import words
from evaluator.report.paper.sheets import ALPHA, Cell, Row, Sheet

SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "'": r"\textquotesingle{}",
    "`": r"\textasciigrave{}",
    "-": "{-}",
    "–": "--",
    "…": r"\dots{}",
    "[": "{[}",
    "]": "{]}",
    "*": "{*}",
}
END = r" \\"
MACRO = r"\tabibpersian"
HEAD = rf"""
% Needs the package booktabs; with pdfLaTeX \usepackage[T1]{{fontenc}} too.
% Names in Persian letters need XeLaTeX or LuaLaTeX and a document with \textpersian, such as
%   \usepackage{{polyglossia}}\setdefaultlanguage{{english}}\setotherlanguage{{persian}}
%   \newfontfamily\persianfont[Script=Arabic]{{Vazirmatn}}
% or, where there is no bidi package, \usepackage[bidi=basic,english]{{babel}}\babelprovide[import]{{persian}}
%   \babelfont[persian]{{rm}}{{Vazirmatn}}\babeltags{{persian=persian}} with LuaLaTeX.
% Without \textpersian, so with pdfLaTeX, their letters' numbers are printed.
\ifdefined{MACRO}\else\def{MACRO}#1#2{{\ifdefined\textpersian\textpersian{{#1}}\else#2\fi}}\fi
""".strip()
_LETTER = "[\u0600-\u06ff\u0750-\u077f\u08a0-\u08ff\ufb50-\ufdff\ufe70-\ufefc]"
_PERSIAN = re.compile(f"({_LETTER}+(?:[ \u200c\u200d]+{_LETTER}+)*)")


def escaped(text: str) -> str:
    """Text that prints as itself: Persian by MACRO, other letters that T1 has no place for by number, as U+4E2D."""
    parts = _PERSIAN.split(text)
    return "".join(_persian(part) if place % 2 else "".join(map(_escaped, part)) for place, part in enumerate(parts))


def _persian(text: str) -> str:
    """The words, and for a document that cannot print them their letters' numbers."""
    own = "".join(character if character.isprintable() or character in words.JOINERS else " " for character in text)
    return f"{MACRO}{{{own}}}{{{''.join(map(_escaped, own))}}}"


def _escaped(character: str) -> str:
    if character in SPECIAL:
        return SPECIAL[character]
    if " " <= character <= "~" or ("À" <= character <= "ÿ" and character.isalpha()):
        return character
    return f"U+{ord(character):04X}" if character.isprintable() else " "


def latex(sheet: Sheet) -> str:
    """The whole float, with what it needs above it."""
    return "\n".join(_lines(sheet)) + "\n"


def _lines(sheet: Sheet) -> Iterator[str]:
    rules = _rules(sheet)
    columns = len(sheet.systems) + len(rules)
    yield HEAD
    yield from (r"\begin{table*}", r"\centering", rf"\caption{{{escaped(_caption(sheet))}}}")
    yield from (rf"\label{{tab:{sheet.id}}}", r"\small", rf"\begin{{tabular}}{{l{'r' * columns}}}", r"\toprule")
    heads = [escaped(system.heading) for system in sheet.systems] + [escaped(rule) for rule in rules]
    yield _row("", heads)
    yield r"\midrule"
    for row in sheet.rows:
        yield from _rows(row, [system.name for system in sheet.systems], rules)
    yield r"\midrule"
    blank = [""] * len(rules)
    sizes = [escaped(words.size(sheet.parameters.get(s.name))) for s in sheet.systems]
    yield _row("Number of parameters", [*sizes, *blank])
    times = [escaped(words.seconds(sheet.speeds.get(s.name))) for s in sheet.systems]
    yield _row("Inference time", [*times, *blank])
    yield from (r"\bottomrule", r"\end{tabular}", r"\end{table*}")


def _caption(sheet: Sheet) -> str:
    told = f"{sheet.caption}. Accuracy in %, the 95 % interval below, in bold the highest of a row, "
    told += "of the systems that answered all of it. "
    tests = len(sheet.tests)
    if tests:
        told += f"A dagger marks what differs from {words.name(sheet.reference.name)}: exact paired test, "
        told += (
            f"p < {ALPHA:g} after Holm's correction over all tests of the table ({tests}), of a mean over the systems. "
        )
    return f"{told}{sheet.timing}".strip()


def _rules(sheet: Sheet) -> list[str]:
    """The columns of what needs no model; the letter that is always said differs by benchmark."""
    found = {
        "longest option" if rule.startswith("longest") else "one letter" for row in sheet.rows for rule in row.rules
    }
    return [name for name in ("one letter", "longest option") if name in found]


def _rows(row: Row, systems: Sequence[str], rules: Sequence[str]) -> Iterator[str]:
    cells = [row.cells.get(name) for name in systems]
    yield _row(escaped(row.title), [*map(_value, cells), *(_rule(row, rule) for rule in rules)])
    below = [rf"\scriptsize {words.reach(c.found).replace('–', '--')}" if c else "" for c in cells]
    yield _row("", [*below, *[""] * len(rules)])


def _value(cell: Cell | None) -> str:
    if cell is None:
        return "--"
    shown = words.value(cell.found.value)
    differs = cell.test and cell.test.holm_table is not None and cell.test.holm_table < ALPHA
    return (rf"\textbf{{{shown}}}" if cell.best else shown) + (r"\textsuperscript{\dag}" if differs else "")


def _rule(row: Row, column: str) -> str:
    for rule, found in row.rules.items():
        if column == "longest option" and rule == column:
            return words.value(found.value)
        if column == "one letter" and rule.startswith("always "):
            return f"{words.value(found.value)} ({escaped(rule.removeprefix('always '))})"
    return ""


def _row(first: str, cells: Sequence[str]) -> str:
    return " & ".join([first, *cells]) + END
