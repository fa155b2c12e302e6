"""Rows of a snapshot into token sequences: what the model reads, and which of it is trained on.

Running text: each piece begins with the beginning-of-text token, the last one of an article ends with the end token,
and all of it is trained on. Chat: only the answer and its end of turn. Padding comes later and is never trained on.
"""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datasets import Dataset, concatenate_datasets

from storage.errors import UsageError
from trainer.recipe import Stage
from trainer.source import FILES, Frozen
from trainer.tokenizer import control_tokens, training_template

UNTRAINED = -100  # the label torch's cross entropy ignores
ENCODE_BATCH = 200
COLUMNS = {"corpus": ("title", "text"), "titles": ("title", "text"), "pairs": ("question", "answer")}


@dataclass(frozen=True)
class Encoded:
    """A stage's sequences (columns input_ids, labels) and what became of its rows."""

    dataset: Dataset
    counts: dict[str, int]


class Encoder:
    """Turns batches of rows into sequences for one tokenizer, counting what it splits, cuts and drops."""

    def __init__(self, tokenizer: Any, max_length: int) -> None:
        self.tokenizer, self.max_length = tokenizer, max_length
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
        """One turn each way; a sequence longer than `max_length` is cut, and dropped if no answer is left."""
        turns = [
            [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
            for question, answer in zip(questions, answers, strict=True)
            if self._is_clean(question) and self._is_clean(answer)
        ]
        inputs, labels = [], []
        for ids, mask in self._rendered(turns) if turns else ():
            self.counts["truncated"] += len(ids) > self.max_length
            ids, mask = ids[: self.max_length], mask[: self.max_length]
            if any(mask):
                inputs.append(ids)
                labels.append([i if trained else UNTRAINED for i, trained in zip(ids, mask, strict=True)])
            else:
                self.counts["dropped_no_answer_left"] += 1
        return self._counted(inputs, labels)

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
    """Where encoded sequences are kept while a stage runs, and the seed that samples its rows."""

    folder: Path
    seed: int


def encode(stage: Stage, snapshot: Frozen, tokenizer: Any, place: Place) -> Encoded:
    """All sequences of a stage, memory-mapped from files in `place.folder`; UsageError if none is left."""
    encoder = Encoder(tokenizer, stage.max_length)
    parts = []
    for kind in stage.data:
        rows = _rows(kind, stage, snapshot, place)
        encoder.counts[f"rows_{kind}"] = len(rows)
        parts.append(_mapped(rows, kind, encoder, place))
    dataset = concatenate_datasets([part for part in parts if len(part)] or parts)
    if len(dataset) == 0:
        raise UsageError(f"stage {stage.name}: no sequence is left to train on ({dict(encoder.counts)})")
    return Encoded(dataset, dict(sorted(encoder.counts.items())))


def _rows(kind: str, stage: Stage, snapshot: Frozen, place: Place) -> Dataset:
    path = str(snapshot.folder / FILES[kind])
    rows = Dataset.from_parquet(path, cache_dir=str(place.folder), columns=list(COLUMNS[kind]))
    if stage.order == "random":
        rows = rows.shuffle(seed=place.seed, keep_in_memory=True)
    return rows.select(range(max(1, round(stage.share * len(rows)))))


def _mapped(rows: Dataset, kind: str, encoder: Encoder, place: Place) -> Dataset:
    first, second = COLUMNS[kind]
    function = encoder.texts if kind == "corpus" else encoder.chats
    return rows.map(
        lambda batch: function(batch[first], batch[second]),
        batched=True,
        batch_size=ENCODE_BATCH,
        remove_columns=rows.column_names,
        load_from_cache_file=False,  # what is counted on the way must be counted again after an interruption
        cache_file_name=str(place.folder / f"{kind}.arrow"),
        new_fingerprint=kind,
    )
