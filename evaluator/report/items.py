"""The section that shows every multiple-choice item beside what both models chose."""

from evaluator.choice import Item, OpenedChoice, likeliest
from evaluator.report.contents import BASE, TUNED, Contents
from storage.report.section import Choice, Section, count

Chosen = dict[str, dict[str, str | None]]


def items(contents: Contents) -> Section:
    """Every multiple-choice item; the key is marked, and what each model chose."""
    section = Section("items", "Item by item")
    for opened in contents.choices:
        chosen = {part: _chosen(contents, opened, part) for part in (BASE, TUNED)}
        section.choices += [_choice(item, chosen) for item in opened.items]
    if section.choices:
        shown = f"{count(len(section.choices))} items"
        section.says = f"{shown}; the key is marked, and the option each model found likeliest by its letter."
    else:
        section.missing = "No multiple-choice benchmark was answered yet."
    return section


def _chosen(contents: Contents, opened: OpenedChoice, part: str) -> dict[str, str | None]:
    rows = [a for s in contents.sat if s.part == part and s.opened is opened for a in s.given]
    return {a.item: likeliest(a.output["letter"]) for a in rows}


def _choice(item: Item, chosen: Chosen) -> Choice:
    options = [(letter, text, _looks(item, letter, chosen)) for letter, text in item.lettered.items()]
    return Choice(item.id, item.topic or "", item.question, options)


def _looks(item: Item, letter: str, chosen: Chosen) -> str:
    by = [part for part, letters in chosen.items() if letters.get(item.id) == letter]
    return " ".join(["key"] * (letter == item.answer) + by)
