"""Whether each stage has a sequence to train on, before the first one is trained: only a tokenizer can say it."""

from collections.abc import Iterable
from itertools import islice
from typing import Any

from storage.errors import UsageError
from trainer.data import COLUMNS, ENCODE_BATCH, Encoder, encoding, none_left
from trainer.recipe import Stage
from trainer.source import FILES, Frozen


def require(stages: Iterable[Stage], snapshot: Frozen, tokenizer: Any) -> None:
    """Raise UsageError naming every stage of which `tokenizer` and max_length leave nothing.

    Rows are encoded in the file's order until one is left. A share in random order is looked for among all rows.
    """
    if empty := [line for stage in stages if (line := _emptied(stage, snapshot, tokenizer))]:
        raise UsageError(f"{'; '.join(empty)}. Nothing was trained")


def _emptied(stage: Stage, snapshot: Frozen, tokenizer: Any) -> str | None:
    encoder = Encoder(tokenizer, stage.max_length, stage.answers_only)
    for kind in stage.data:
        rows = snapshot.count(FILES[kind])
        if stage.order == "first":
            rows = max(1, round(stage.share * rows))
        encoder.counts[f"rows_{kind}"] = rows
        encode, columns = encoding(kind, encoder), COLUMNS[kind]
        texts = ([row[name] for name in columns] for row in islice(snapshot.rows(FILES[kind], [*columns]), rows))
        size = 1  # nearly always the first row is enough
        while batch := list(islice(texts, size)):
            encode(*map(list, zip(*batch, strict=True)))
            if encoder.counts["sequences"]:
                return None
            size = ENCODE_BATCH
    return none_left(stage, encoder.counts)
