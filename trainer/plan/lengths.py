"""How many tokens a stage's sequences have: measured on a snapshot, or drawn after the paper's figures."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from storage.errors import UsageError
from trainer.data import COLUMNS, Encoder
from trainer.plan.figures import figure
from trainer.recipe import Recipe, Stage
from trainer.source import FILES, Frozen

SAMPLE = 3_000  # rows of a stage that are read closely; of 20,000 pairs their mean length is then known to about 1 %
Texts = list[tuple[str | None, str | None]]


@dataclass(frozen=True)
class Lengths:
    """Sequences of one pass over a stage's data, and how many each of them stands for.

    `rows` of the data in all; `trained` is the share of tokens whose prediction is trained.
    """

    tokens: np.ndarray
    each: float
    rows: int
    source: str
    measured: bool
    trained: float = 1.0

    @property
    def sequences(self) -> float:
        """Sequences of one pass."""
        return len(self.tokens) * self.each

    @property
    def total(self) -> float:
        """Real tokens of one pass."""
        return float(self.tokens.sum()) * self.each


def lengths(stage: Stage, recipe: Recipe, snapshot: Frozen | None, tokenizer: Any) -> Lengths:
    """The stage's sequences, cut as training cuts them; `tokenizer` None estimates tokens from bytes.

    Raises UsageError when no sequence is left to train on.
    """
    parts = [_part(kind, stage, recipe.content.seed, (snapshot, tokenizer)) for kind in stage.data]
    found = parts[0] if len(parts) == 1 else _together(parts)
    if found.tokens.size == 0:
        raise UsageError(f"stage {stage.name}: none of the rows read leaves a sequence to train on")
    return found


def _part(kind: str, stage: Stage, seed: int, read_from: tuple[Frozen | None, Any]) -> Lengths:
    snapshot, tokenizer = read_from
    if snapshot is None:
        return _drawn(kind, stage, seed)
    rows = max(1, round(stage.share * snapshot.count(FILES[kind])))
    texts = _sampled(kind, stage, snapshot, seed)
    if not texts:
        raise UsageError(f"snapshot {snapshot.sha256[:16]} has no rows in {FILES[kind]}")
    tokens, trained = _encoded(kind, texts, tokenizer, stage) if tokenizer else _from_bytes(kind, texts, stage)
    how = "with its tokenizer" if tokenizer else f"from bytes, {figure('bytes_a_token').value:g} a token: "
    how += "" if tokenizer else figure("bytes_a_token").source
    source = f"{len(texts):,} of {rows:,} rows of snapshot {snapshot.sha256[:16]}, {how}"
    return Lengths(tokens, rows / len(texts), rows, source, True, trained)


def _sampled(kind: str, stage: Stage, snapshot: Frozen, seed: int) -> Texts:
    """Up to SAMPLE rows, of those at the beginning where the recipe takes the first ones."""
    count = snapshot.count(FILES[kind])
    taken = max(1, round(stage.share * count))
    among = taken if stage.order == "first" else count
    chosen = set(np.random.default_rng(seed).permutation(among)[: min(SAMPLE, taken)].tolist())
    first, second = COLUMNS[kind]
    rows = snapshot.rows(FILES[kind], [first, second])
    return [(row[first], row[second]) for number, row in enumerate(rows) if number in chosen]


def _encoded(kind: str, texts: Texts, tokenizer: Any, stage: Stage) -> tuple[np.ndarray, float]:
    encoder = Encoder(tokenizer, stage.max_length, stage.answers_only)
    ones, others = [list(column) for column in zip(*texts, strict=True)]
    made = encoder.texts(ones, others) if kind == "corpus" else encoder.chats(ones, others)
    trained = encoder.counts["trained_tokens"] / max(1, encoder.counts["tokens"])
    return np.array([len(ids) for ids in made["input_ids"]], dtype=np.int64), trained


def _from_bytes(kind: str, texts: Texts, stage: Stage) -> tuple[np.ndarray, float]:
    sizes = np.array([sum(len((part or "").encode()) for part in row) for row in texts], dtype=np.float64)
    answers = sum(len((answer or "").encode()) for _, answer in texts)
    trained = answers / max(1.0, float(sizes.sum())) if _answers_only(kind, stage) else 1.0
    return _cut(kind, sizes[sizes > 0] / figure("bytes_a_token").value, stage.max_length), trained


def _drawn(kind: str, stage: Stage, seed: int) -> Lengths:
    """Rows of the paper's number and mean; their lengths fall off exponentially, which is assumed."""
    name = "pairs" if kind == "pairs" else "corpus"
    rows, tokens = figure(f"{name}_rows"), figure(f"{name}_tokens")
    count = round(stage.share * rows.value)
    mean = tokens.value / rows.value
    drawn = np.random.default_rng(seed).exponential(mean, SAMPLE)
    turns = 0 if name == "corpus" else figure("template_tokens").value  # which the figure's tokens include
    pieces = _cut(kind, np.maximum(drawn * (mean / drawn.mean()) - turns, 1), stage.max_length)
    each = tokens.value * stage.share / float(pieces.sum())
    source = f"{tokens.source}; {rows.source}; {stage.share:.0%} of them; lengths assumed to fall off exponentially"
    trained = figure("answer_share").value if _answers_only(kind, stage) else 1.0
    return Lengths(pieces, each, count, source, False, trained)


def _answers_only(kind: str, stage: Stage) -> bool:
    return kind != "corpus" and stage.answers_only


def _cut(kind: str, tokens: np.ndarray, max_length: int) -> np.ndarray:
    """Texts as pieces of at most `max_length`, each with its beginning-of-text token; chats cut off there."""
    if kind != "corpus":
        chats: np.ndarray = np.minimum(np.ceil(tokens) + figure("template_tokens").value, max_length).astype(np.int64)
        return chats
    room = max_length - 1
    whole = np.ceil(tokens).astype(np.int64) + 1  # and the end token
    rests = whole % room
    full = np.full(int((whole // room).sum()), max_length, dtype=np.int64)
    pieces: np.ndarray = np.concatenate([full, rests[rests > 0] + 1])
    return pieces


def _together(parts: list[Lengths]) -> Lengths:
    """Several kinds of data as one: the smaller sample is repeated to stand for as much a sequence as the other."""
    each = min(part.each for part in parts)
    tokens = [np.resize(part.tokens, max(1, round(len(part.tokens) * part.each / each))) for part in parts]
    total = sum(part.total for part in parts)
    joined = np.concatenate(tokens)
    source = "; ".join(dict.fromkeys(part.source for part in parts))
    scale = total / float(joined.sum()) if joined.sum() else 1.0
    trained = sum(part.total * part.trained for part in parts) / max(total, 1.0)
    measured = all(part.measured for part in parts)
    return Lengths(joined, scale, sum(part.rows for part in parts), source, measured, trained)
