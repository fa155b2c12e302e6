"""What a stage trains on, token by token: the very rows or packs that the training reads, before it shuffles them."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

from storage.errors import UsageError, unknown
from trainer import model
from trainer.data import PACK_BATCH, UNTRAINED, Encoded, Place, encode, told
from trainer.recipe import Recipe, Stage
from trainer.source import FILES, Frozen, require_rows

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

    As much of the snapshot is read as these rows or packs need to be the training's own; the counts are those of this
    part.
    """
    stage, seed = _chosen(recipe, wanted)
    require_rows(snapshot, recipe)
    with tempfile.TemporaryDirectory(prefix="tabib-inspect-") as scratch:
        tokenizer = _tokenizer(recipe, wanted.base, snapshot, Path(scratch) / "base")
        part, encoded = _enough(stage, snapshot, tokenizer, (Path(scratch), seed, wanted.rows))
        some = encoded.dataset.select(range(min(wanted.rows, len(encoded.dataset))))
        found = [_documents(row, tokenizer) for row in some]
        return Inspected(stage, told(part, encoded.counts), found)


def _enough(stage: Stage, snapshot: Frozen, tokenizer: Any, asked: tuple[Path, int, int]) -> tuple[Stage, Encoded]:
    """So much of the stage, read with a seed into a folder, that so many rows of it are the training's."""
    (folder, seed, rows), most = asked, PACK_BATCH * 5 // 8
    while True:
        most *= 2  # at first a batch that is packed together and a quarter more, for some are dropped
        part, is_all = _beginning(stage, snapshot, most)
        try:
            encoded = encode(part, snapshot, tokenizer, Place(folder / f"data-{most}", seed, most))
        except UsageError:  # nothing is left of this part
            if is_all:
                raise
            continue
        if is_all or _the_trainings(stage, encoded) >= rows:
            return part, encoded


def _beginning(stage: Stage, snapshot: Frozen, most: int) -> tuple[Stage, bool]:
    """The stage with the kinds of data that come before so many rows of each are not all; whether all rows are read."""
    for number, kind in enumerate(stage.data, 1):
        if round(stage.share * snapshot.count(FILES[kind])) > most:
            return stage.model_copy(update={"data": stage.data[:number]}), False
    return stage, True


def _the_trainings(stage: Stage, encoded: Encoded) -> int:
    """How many rows are also the training's, which reads on: packs are made of whole batches of documents."""
    if not stage.packing:
        return len(encoded.dataset)
    whole = encoded.counts["sequences"] // PACK_BATCH * PACK_BATCH
    packed = accumulate(len(lengths) for lengths in encoded.dataset["seq_lengths"])
    return sum(documents <= whole for documents in packed)


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
