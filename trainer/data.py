"""Rows of a snapshot into token sequences: what the model reads, and which of it is trained on.

Running text: each piece begins with the beginning-of-text token, the last one of an article ends with the end token,
and all of it is trained on. Chat: only the answer and its end of turn. Padding comes later and is never trained on.

Rows are read, encoded and packed a batch at a time and kept in memory-mapped files, so that memory does not grow with
the snapshot. One process does it: the tokenizer spreads each batch over all cores by itself (7.2 s of processor time
in 4.1 s on two cores), and one process counts and orders the same on every machine.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from datasets import Dataset, Features, List, Value, concatenate_datasets
from trl import pack_dataset

from storage.errors import UsageError
from trainer import preference_rows
from trainer.recipe import Stage
from trainer.source import FILES, Frozen
from trainer.tokenizer import control_tokens, training_template

UNTRAINED = -100  # the label torch's cross entropy ignores
READ_BATCH, ENCODE_BATCH = 200, 200
READ_BUFFER = 1 << 20
# Documents that are packed together: so many that the last packs of a batch, which stay half empty, are a few in a
# thousand; so few that they and the packer's copies of them are some 60 MB.
PACK_BATCH = 2_000
SEQUENCE = Features({"input_ids": List(Value("int32")), "labels": List(Value("int32"))})
PACK = Features(SEQUENCE | {"seq_lengths": List(Value("int32"))})
COLUMNS = {
    "corpus": ("title", "text"),
    "titles": ("title", "text"),
    "pairs": ("question", "answer"),
    "preferences": ("question", "chosen", "rejected"),
}


@dataclass(frozen=True)
class Encoded:
    """A stage's sequences and what became of its rows.

    Columns input_ids and labels, one document a row; packed, several one after the other, and seq_lengths has theirs.
    """

    dataset: Dataset
    counts: dict[str, int]


class Encoder:
    """Turns batches of rows into sequences for one tokenizer, counting what it splits, cuts and drops."""

    def __init__(self, tokenizer: Any, max_length: int, answers_only: bool = True) -> None:
        self.tokenizer, self.max_length, self.answers_only = tokenizer, max_length, answers_only
        self.control = control_tokens(tokenizer)
        self.template = training_template(tokenizer)
        self.counts: Counter[str] = Counter()

    def texts(self, titles: list[str | None], texts: list[str | None]) -> dict[str, list[list[int]]]:
        """Articles as running text, cut into pieces of at most `max_length` tokens."""
        joined = ["\n".join(filter(None, row)) for row in zip(titles, texts, strict=True)]
        clean = [text for text in joined if self._is_clean(text)]
        pieces: list[list[int]] = []
        if clean:
            for ids in self.tokenizer(clean, add_special_tokens=False)["input_ids"]:
                pieces += self._pieces([*ids, self.tokenizer.eos_token_id])
        return self._counted(pieces, pieces)

    def chats(self, questions: list[str | None], answers: list[str | None]) -> dict[str, list[list[int]]]:
        """One turn each way; a sequence longer than `max_length` is cut, and dropped if no answer is left.

        Trained on is the answer with its end of turn, or the whole chat where not `answers_only`.
        """
        turns = [
            [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
            for question, answer in zip(questions, answers, strict=True)
            if self._is_clean(question) and self._is_clean(answer)
        ]
        inputs, labels = [], []
        for ids, mask in self._rendered(turns) if turns else ():
            if len(ids) > self.max_length:
                self.counts["truncated"] += 1
                self.counts["tokens_cut"] += len(ids) - self.max_length
                ids, mask = ids[: self.max_length], mask[: self.max_length]
            if any(mask):
                inputs.append(ids)
                labels.append(self._labels(ids, mask))
            else:
                self.counts["dropped_no_answer_left"] += 1
        return self._counted(inputs, labels)

    def _labels(self, ids: list[int], answer: list[int]) -> list[int]:
        return [i if own or not self.answers_only else UNTRAINED for i, own in zip(ids, answer, strict=True)]

    def _rendered(self, turns: list[list[dict[str, str | None]]]) -> "zip[tuple[list[int], list[int]]]":
        encoded = self.tokenizer.apply_chat_template(
            turns, chat_template=self.template, return_dict=True, return_assistant_tokens_mask=True
        )
        return zip(encoded["input_ids"], encoded["assistant_masks"], strict=True)

    def _pieces(self, ids: list[int]) -> list[list[int]]:
        size = self.max_length - 1
        pieces = [[self.tokenizer.bos_token_id, *ids[i : i + size]] for i in range(0, len(ids), size)]
        self.counts["split"] += len(pieces) > 1
        return pieces

    def _is_clean(self, text: str | None) -> bool:
        reason = "dropped_empty" if not (text and text.strip()) else None
        if text and self.control.search(text):
            reason = "dropped_control_token"
        if reason:
            self.counts[reason] += 1
        return reason is None

    def _counted(self, inputs: list[list[int]], labels: list[list[int]]) -> dict[str, list[list[int]]]:
        self.counts["sequences"] += len(inputs)
        self.counts["tokens"] += sum(map(len, inputs))
        # The first token of a sequence is given, never predicted.
        self.counts["trained_tokens"] += sum(label != UNTRAINED for row in labels for label in row[1:])
        return {"input_ids": inputs, "labels": labels}


@dataclass(frozen=True)
class Place:
    """Where encoded sequences are kept while a stage runs, the seed that samples its rows, and at most how many."""

    folder: Path
    seed: int
    most_rows: int | None = None


def encode(stage: Stage, snapshot: Frozen, tokenizer: Any, place: Place) -> Encoded:
    """All sequences of a stage, memory-mapped from files in `place.folder`; UsageError if none is left."""
    encoder = Encoder(tokenizer, stage.max_length, stage.answers_only)
    parts = []
    for kind in stage.data:
        rows = _rows(kind, stage, snapshot, place)
        encoder.counts[f"rows_{kind}"] = len(rows)
        parts.append(_mapped(rows, kind, encoder, place))
    dataset = concatenate_datasets([part for part in parts if len(part)] or parts)
    if len(dataset) == 0:
        raise UsageError(none_left(stage, encoder.counts))
    if stage.packing:
        dataset = _packed(dataset, stage, place)
        encoder.counts["packs"] = len(dataset)
        encoder.counts["unfilled"] = len(dataset) * stage.max_length - encoder.counts["tokens"]
    return Encoded(dataset, dict(sorted(encoder.counts.items())))


def told(stage: Stage, counts: dict[str, int]) -> str:
    """What became of a stage's rows, in one line for a person."""
    line = (
        f"{stage.name}: {_rows_told(stage, counts)} → {counts['sequences']:,} documents, {counts['tokens']:,} tokens, "
        f"{counts['trained_tokens']:,} of them trained on"
    )
    if stage.packing:
        filled = counts["tokens"] / (counts["packs"] * stage.max_length)
        line += f"; {counts['packs']:,} packs of {stage.max_length:,}, {filled:.1%} filled"
    return "; ".join([line, *_changes(counts)])


def none_left(stage: Stage, counts: Mapping[str, int]) -> str:
    """What to say of a stage whose rows were all dropped."""
    why = ", ".join(_changes(counts)) or "none was encoded"
    return (
        f"stage {stage.name}: no sequence is left to train on at max_length {stage.max_length:,}, "
        f"of {_rows_told(stage, counts)}: {why}"
    )


def encoding(kind: str, encoder: Encoder) -> Callable[..., dict[str, list[list[int]]]]:
    """How the encoder turns columns of that kind of rows into sequences."""
    functions: dict[str, Callable[..., dict[str, list[list[int]]]]] = {
        "corpus": encoder.texts,
        "preferences": partial(preference_rows.encoded, encoder),
    }
    return functions.get(kind, encoder.chats)


def _rows_told(stage: Stage, counts: Mapping[str, int]) -> str:
    return " and ".join(f"{counts[f'rows_{kind}']:,} {kind}" for kind in stage.data)


def _changes(counts: Mapping[str, int]) -> list[str]:
    told = {
        "split": "articles split",
        "truncated": f"truncated ({counts.get('tokens_cut', 0):,} tokens cut)",
        "dropped_no_answer_left": "dropped, no answer left in max_length",
        "dropped_preferences": "preferences dropped for one of their answers",
        "dropped_same_in_max_length": "preferences dropped, both answers the same in max_length",
        "dropped_control_token": "dropped for a control token",
        "dropped_empty": "dropped, empty",
    }
    return [f"{counts[name]:,} {what}" for name, what in told.items() if counts.get(name)]


def _rows(kind: str, stage: Stage, snapshot: Frozen, place: Place) -> Dataset:
    rows = _copied(kind, snapshot, place)
    if stage.order == "random":
        rows = rows.shuffle(seed=place.seed, keep_in_memory=True)
    wanted = max(1, round(stage.share * len(rows)))
    return rows.select(range(min(wanted, place.most_rows or wanted)))


def _copied(kind: str, snapshot: Frozen, place: Place) -> Dataset:
    """The texts of a snapshot's file where they can be mapped: datasets' own reader holds a whole row group at once.

    So does pyarrow's, of the columns as they are compressed, unless it is told not to (pre_buffer, its default).
    """
    place.folder.mkdir(parents=True, exist_ok=True)
    copy = place.folder / f"{kind}-rows.arrow"
    with pq.ParquetFile(snapshot.folder / FILES[kind], buffer_size=READ_BUFFER, pre_buffer=False) as file:
        columns = pa.schema([file.schema_arrow.field(name) for name in COLUMNS[kind]])
        with pa.ipc.new_stream(str(copy), columns) as stream:
            for batch in file.iter_batches(READ_BATCH, columns=columns.names, use_threads=False):
                stream.write_batch(batch.select(columns.names))
    return Dataset.from_file(str(copy))


def _mapped(rows: Dataset, kind: str, encoder: Encoder, place: Place) -> Dataset:
    function = encoding(kind, encoder)
    return rows.map(
        lambda batch: function(*(batch[column] for column in COLUMNS[kind])),
        batched=True,
        batch_size=ENCODE_BATCH,
        remove_columns=rows.column_names,
        features=PACK if kind == "preferences" else SEQUENCE,
        load_from_cache_file=False,  # what is counted on the way must be counted again after an interruption
        cache_file_name=str(place.folder / f"{kind}.arrow"),
        new_fingerprint=kind,
    )


def _packed(documents: Dataset, stage: Stage, place: Place) -> Dataset:
    """TRL's best-fit-decreasing packs: every document is whole in one of them, as none is longer than a pack."""
    keep = {"load_from_cache_file": False, "cache_file_name": str(place.folder / "packs.arrow")}
    batches = {"batch_size": PACK_BATCH, "writer_batch_size": ENCODE_BATCH, "new_fingerprint": "packs"}
    return pack_dataset(documents, stage.max_length, stage.packing_strategy, keep | batches)
