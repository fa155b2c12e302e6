"""The model card: what a person reads before using the model; its plots, and what is put on it later.

A notice of forgotten data and the model's scores come after the model is finished: they stand between marks, in the one
form that `without_notice` knows, and change no hash.
"""

import html
import json
import re
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from storage.blobs import write_whole
from trainer import attempted, plots

NAME = "README.md"
SPECIAL = re.compile(r"[\\`*\[\]|~#]|(?<![^\W_])_|_(?![^\W_])")  # within a word `_` is none
TAME = re.compile(r"[\w.:/@+ -]+", re.ASCII)
TICKS = re.compile(r"`+")
HUB_ID = re.compile(r"[\w.-]+(?:/[\w.-]+)?", re.ASCII)
NOTICE = (
    "<!-- forgotten -->\n"
    "> **Data of this model was forgotten.** Of the documents it may have learned from, {trained_on} were forgotten "
    "after it was trained, the last on {last}: do not use it or pass it on, train it anew from a new export.\n"
    "<!-- /forgotten -->\n"
)
IS_NOTICE = re.compile(re.escape(NOTICE).replace(r"\{trained_on\}", r"\d{1,9}").replace(r"\{last\}", r"[0-9-]{10}"))
SCORES = (
    "<!-- scores -->\n"
    "## Scores\n"
    "By the evaluator that comes with the trainer, after this model was finished; each with its 95 % interval.\n\n"
)
SCORES_HEAD = (
    "| benchmark | version | precision | metric | value | 95 % interval | items |\n|---|---|---|---|---|---|---|\n"
)
SCORES_END = "\n<!-- /scores -->\n"
WIDEST, MOST, MOST_BADGES = 60, 500, 20  # characters of a cell, rows of the table, and what stands above it
LETTERS = "A-Za-z0-9 .:+–-"
CELL = rf" [{LETTERS}]{{1,{WIDEST}}} \|"
BADGE = rf"`[{LETTERS}]{{1,{2 * WIDEST}}}`"
IS_SCORES = re.compile(
    rf"{re.escape(SCORES)}(?:{BADGE}(?: {BADGE}){{0,{MOST_BADGES - 1}}}\n\n)?{re.escape(SCORES_HEAD)}"
    rf"(?:\|(?:{CELL}){{7}}\n){{1,{MOST}}}{re.escape(SCORES_END)}"
)
HEADER_END = "\n---\n"
AFTER_SCORES = "\n## Data\n"


class Markup(str):
    """What stands in a card as it is; everything else is shown as words."""

    __slots__ = ()


def write(folder: Path, state: dict[str, Any], manifest: dict[str, Any]) -> None:
    """Put the card and the loss plots of a finished run into the folder of its model."""
    drawn = plots.drawn(state["metrics"]["stages"])
    for name, picture in drawn.items():
        write_whole(folder / name, picture)
    write_whole(folder / NAME, render(state, manifest, tuple(drawn)).encode(errors="backslashreplace"))


def render(state: dict[str, Any], manifest: dict[str, Any], pictures: tuple[str, ...] = ()) -> str:
    """Markdown with the YAML header of a Hugging Face model, from `run.json` and the snapshot's manifest.

    `pictures` are the files beside it that it shows. Of a base in a folder of this machine only the folder's name is
    told: it is nobody's on the hub.
    """
    name = state["metrics"]["base"]["name"]
    return ENVIRONMENT.get_template("model_card.md.jinja").render(
        run=state,
        metrics=state["metrics"],
        snapshot=manifest,
        pictures=pictures,
        base_model=name if _is_hubs(name, state.get("base")) else None,
        base_name=name if _is_hubs(name, state.get("base")) else Path(name).name,
        changes=attempted.changes(state.get("attempts", [])),
    )


def words(value: object) -> str:
    """A value as one line of Markdown that shows it as it is, whatever it holds."""
    line = " ".join("".join(c if c.isprintable() else " " for c in str(value)).split())
    return SPECIAL.sub(r"\\\g<0>", html.escape(line, quote=False))


def code(value: object) -> Markup:
    """A name as code; one that could end the code, or start markup where it is not known, as words."""
    return Markup(f"`{value}`" if TAME.fullmatch(str(value)) else words(value))


def fenced(text: str, language: str) -> Markup:
    """A block of code in a fence that nothing in it ends."""
    fence = "`" * max(3, 1 + max(map(len, TICKS.findall(text)), default=0))
    return Markup(f"{fence}{language}\n{text}{'' if text.endswith(chr(10)) else chr(10)}{fence}")


def quoted(value: object) -> Markup:
    """A value of the YAML header."""
    return Markup(json.dumps(str(value), ensure_ascii=False))


def notice(trained_on: int, last: str) -> str:
    """What a card says of data that was forgotten: how many documents, the day of the last, as 2026-11-27."""
    return NOTICE.format(trained_on=trained_on, last=last)


def scores(rows: list[tuple[str, ...]], badges: list[str]) -> str:
    """What a card says of scores, seven cells a row; empty without rows.

    Badges stand above, words in a frame that ask no other machine for a picture. Cells and badges are of letters,
    digits and .:+-– alone.
    """
    framed = " ".join(f"`{words[: 2 * WIDEST]}`" for words in badges[:MOST_BADGES])
    lines = [f"| {' | '.join(cells)} |\n" for cells in rows[:MOST]]
    above = f"{SCORES}{framed}\n\n" if badges else SCORES
    return f"{above}{SCORES_HEAD}{''.join(lines)}{SCORES_END}" if lines else ""


def set_notice(folder: Path, words: str) -> None:
    """Put the notice on the card in `folder`, in the place of an older one, or take it off where it is empty."""
    _set(folder / NAME, words, IS_NOTICE, HEADER_END)


def set_scores(folder: Path, words: str) -> None:
    """The same with the scores."""
    _set(folder / NAME, words, IS_SCORES, AFTER_SCORES)


def without_notice(written: bytes) -> bytes:
    """The card as it was when the model was finished; what was tampered with stays in it."""
    plain = written.decode(errors="surrogateescape")
    for block in (IS_NOTICE, IS_SCORES):
        plain = block.sub("", plain, count=1)
    return plain.encode(errors="surrogateescape")


def _set(card: Path, block: str, older: re.Pattern[str], mark: str) -> None:
    if not card.is_file():
        return
    written = card.read_bytes()
    plain = older.sub("", written.decode(errors="surrogateescape"), count=1)
    place = _place(plain, mark)
    wanted = (plain[:place] + block + plain[place:]).encode(errors="surrogateescape")
    if wanted != written:
        write_whole(card, wanted)


def _place(plain: str, mark: str) -> int:
    """Behind the header, where there is one; before the section on data, or else at the end."""
    found = plain.find(mark)
    if mark == HEADER_END:
        return found + len(mark) if plain.startswith("---\n") and found >= 0 else 0
    return found + 1 if found >= 0 else len(plain)


def _is_hubs(name: str, base: dict[str, Any] | None) -> bool:
    """Whether a base was named by its hub id: then it lies where the hub's client keeps it under that name."""
    folder = Path((base or {}).get("folder") or "/")
    return bool(HUB_ID.fullmatch(name)) and f"models--{name.replace('/', '--')}" in folder.parts


def _shown(value: object) -> str:
    return value if isinstance(value, Markup) else words(value)


ENVIRONMENT = Environment(
    loader=PackageLoader("trainer", "templates"),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    autoescape=False,  # noqa: S701  it is Markdown: `words` escapes every value
    finalize=_shown,
)
ENVIRONMENT.filters |= {"code": code, "fenced": fenced, "quoted": quoted}
