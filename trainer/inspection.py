"""What a stage trains on, token by token: the very rows or packs that the training reads, before it shuffles them."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

from storage.errors import UsageError, unknown
from trainer import model
from trainer.data import PACK_BATCH, UNTRAINED, Place, encode, told
from trainer.recipe import Recipe, Stage
from trainer.source import Frozen, require_rows

BROKEN = "\ufffd"
LONGEST_CHARACTER = 4  # bytes in UTF-8, and so tokens of a byte each


@dataclass(frozen=True)
class Token:
    """One token: `text` is what it adds to the document's text, empty while a character is not whole yet."""

    index: int
    id: int
    piece: str
    text: str
    position: int
    trained: bool


@dataclass(frozen=True)
class Document:
    """One document of a row, which attends to nothing outside it; it begins at the row's token `start`."""

    start: int
    tokens: list[Token]


@dataclass(frozen=True)
class Inspected:
    """A stage's first rows, each of one document or, packed, of several; and what became of its data, in a line."""

    stage: Stage
    told: str
    rows: list[list[Document]]


@dataclass(frozen=True)
class Wanted:
    """Which stage (else the first), how many of its rows, and whose tokenizer (else the recipe's)."""

    stage: str | None = None
    rows: int = 1
    base: str | None = None


def inspect(recipe: Recipe, snapshot: Frozen, wanted: Wanted) -> Inspected:
    """The first rows of a stage. UsageError where there is no such stage, tokenizer or data.

    Read are so many rows of the snapshot as are packed together: the packs are the training's own, the counts are
    those of this part.
    """
    stage, seed = _chosen(recipe, wanted)
    require_rows(snapshot, recipe)
    with tempfile.TemporaryDirectory(prefix="tabib-inspect-") as scratch:
        tokenizer = _tokenizer(recipe, wanted.base, snapshot, Path(scratch) / "base")
        place = Place(Path(scratch) / "data", seed, PACK_BATCH)
        encoded = encode(stage, snapshot, tokenizer, place)
        some = encoded.dataset.select(range(min(wanted.rows, len(encoded.dataset))))
        found = [_documents(row, tokenizer) for row in some]
        return Inspected(stage, told(stage, encoded.counts), found)


def _stages(recipe: Recipe, base: str | None) -> list[Stage]:
    """The stages in order, with the one that makes the base where none is given."""
    made = recipe.content.base.make
    return [*([made.warm_start] if made and not base else []), *recipe.content.stages]


def _chosen(recipe: Recipe, wanted: Wanted) -> tuple[Stage, int]:
    """The stage and the seed that the training gives it, which counts the stages on."""
    stages = _stages(recipe, wanted.base)
    names = [stage.name for stage in stages]
    if wanted.stage is not None and wanted.stage not in names:
        raise unknown("stage", wanted.stage, names)
    number = names.index(wanted.stage) if wanted.stage else stages.index(recipe.content.stages[0])
    return stages[number], recipe.content.seed + number


def _tokenizer(recipe: Recipe, base: str | None, snapshot: Frozen, folder: Path) -> Any:
    """The tokenizer of the model that is given or the recipe's own; no weights are needed, where it is a folder."""
    made = recipe.content.base.make
    if base is None and made:
        model.make(made, snapshot, folder, recipe.content.seed)
        return model.tokenizer_of(folder)
    name = base or str(recipe.content.base.pretrained_model_name_or_path)
    if not Path(name).is_dir():
        found = model.found(recipe, name).folder  # as if given: to be looked at it needs no GPU
        return model.tokenizer_of(found or folder)
    try:
        return model.tokenizer_of(Path(name))
    except (OSError, ValueError, KeyError) as error:
        raise UsageError(f"{name} holds no tokenizer that loads: {' '.join(str(error).split())[:300]}") from None


def _documents(row: dict[str, list[int]], tokenizer: Any) -> list[Document]:
    lengths = row.get("seq_lengths") or [len(row["input_ids"])]
    pieces = tokenizer.convert_ids_to_tokens(row["input_ids"])
    documents = []
    for start, end in pairwise(accumulate(lengths, initial=0)):
        texts = _texts(row["input_ids"][start:end], tokenizer)
        tokens = [
            Token(n, row["input_ids"][n], pieces[n], text, n - start, n > start and row["labels"][n] != UNTRAINED)
            for n, text in zip(range(start, end), texts, strict=True)
        ]
        documents.append(Document(start, tokens))
    return documents


def _texts(ids: list[int], tokenizer: Any) -> Iterator[str]:
    """What each token adds to the text: a character of several tokens comes with its last one."""
    waiting: list[int] = []
    for left, token in zip(range(len(ids) - 1, -1, -1), ids, strict=True):
        waiting.append(token)
        text = tokenizer.decode(waiting)
        if left and text.endswith(BROKEN) and len(waiting) < LONGEST_CHARACTER:
            yield ""
        else:
            waiting = []
            yield text
