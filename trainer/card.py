"""The model card: what a person reads before using the model; its plots, and a notice put on it later."""

import re
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from storage.blobs import write_whole
from trainer import plots

NAME = "README.md"
ENVIRONMENT = Environment(
    loader=PackageLoader("trainer", "templates"),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    autoescape=False,  # noqa: S701  Markdown, and every value in it is a figure, a hash or a name of ours
)
NOTICE = (
    "<!-- forgotten -->\n"
    "> **Data of this model was forgotten.** Of the documents it may have learned from, {trained_on} were forgotten "
    "after it was trained, the last on {last}: do not use it or pass it on, train it anew from a new export.\n"
    "<!-- /forgotten -->\n"
)
IS_NOTICE = re.compile(re.escape(NOTICE).replace(r"\{trained_on\}", r"\d{1,9}").replace(r"\{last\}", r"[0-9-]{10}"))
HEADER_END = "\n---\n"


def write(folder: Path, state: dict[str, Any], manifest: dict[str, Any]) -> None:
    """Put the card and the loss plots of a finished run into the folder of its model."""
    drawn = plots.drawn(state["metrics"]["stages"])
    for name, picture in drawn.items():
        write_whole(folder / name, picture)
    write_whole(folder / NAME, render(state, manifest, tuple(drawn)).encode())


def render(state: dict[str, Any], manifest: dict[str, Any], pictures: tuple[str, ...] = ()) -> str:
    """Markdown with the YAML header of a Hugging Face model, from `run.json` and the snapshot's manifest.

    `pictures` are the files beside it that it shows.
    """
    return ENVIRONMENT.get_template("model_card.md.jinja").render(
        run=state, metrics=state["metrics"], snapshot=manifest, pictures=pictures
    )


def notice(trained_on: int, last: str) -> str:
    """What a card says of data that was forgotten: how many documents, the day of the last, as 2026-11-27."""
    return NOTICE.format(trained_on=trained_on, last=last)


def set_notice(folder: Path, words: str) -> None:
    """Put the notice on the card in `folder`, in the place of an older one, or take it off where it is empty."""
    card = folder / NAME
    if not card.is_file():
        return
    written = card.read_bytes()
    plain = without_notice(written).decode(errors="surrogateescape")
    header = plain.find(HEADER_END) + len(HEADER_END) if plain.startswith("---\n") and HEADER_END in plain else 0
    wanted = (plain[:header] + words + plain[header:]).encode(errors="surrogateescape")
    if wanted != written:
        write_whole(card, wanted)


def without_notice(written: bytes) -> bytes:
    """The card as it was when the model was finished; a notice that was tampered with stays in it."""
    return IS_NOTICE.sub("", written.decode(errors="surrogateescape"), count=1).encode(errors="surrogateescape")
