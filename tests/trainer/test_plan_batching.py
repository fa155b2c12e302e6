"""Sequences into slots: packing and padding, their shares, and lengths measured as training cuts them."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.trainer.conftest import SMOKE
from trainer import source
from trainer.data import Encoder, Place, encode
from trainer.plan import lengths as measuring
from trainer.plan.batching import Batching, Kind, kind_of, packed_bins, slots, useful
from trainer.plan.lengths import Lengths, lengths
from trainer.recipe import Recipe, load
from trainer.source import Frozen
from trainer.tokenizer import made

WIDE = 64


def of(*tokens: int) -> Lengths:
    return Lengths(np.array(tokens), 1.0, len(tokens), "given", measured=True)


@pytest.fixture(scope="module")
def frozen(snapshot: Path) -> Frozen:
    return source.taken(str(snapshot))


@pytest.fixture(scope="module")
def recipe() -> Recipe:
    return load(SMOKE)


@pytest.fixture(scope="module")
def tokenizer(frozen: Frozen) -> Any:
    rows = frozen.rows("pairs/train.parquet", ["question", "answer"])
    return made((f"{row['question']}\n{row['answer']}" for row in rows), 400)


def test_each_way_of_batching_fills_its_slots() -> None:
    found = of(10, 20, 30, 40)
    assert slots(found, Batching("max_length", 2, WIDE), 1).slots == 4 * WIDE
    packed = slots(found, Batching("packed", 2, WIDE), 1)
    assert (packed.slots, packed.rows) == (100, 2)  # 40 + 20 and 30 + 10
    assert slots(found, Batching("longest", 4, WIDE), 1).slots == 4 * 40
    assert slots(found, Batching("longest", 1, WIDE), 1).slots == useful(found).slots == 100


def test_only_padding_attends_to_more_than_its_own_document() -> None:
    found = of(10, 20, 30, 40)
    alone = 10**2 + 20**2 + 30**2 + 40**2
    assert useful(found).squares == slots(found, Batching("packed", 2, WIDE), 1).squares == alone
    assert slots(found, Batching("max_length", 2, WIDE), 1).squares == 4 * WIDE**2


@given(st.lists(st.integers(1, WIDE), min_size=1, max_size=60))
def test_packing_loses_nothing_and_holds_no_more_than_a_row(tokens: list[int]) -> None:
    bins = packed_bins(np.array(tokens), WIDE)
    assert -(-sum(tokens) // WIDE) <= bins <= len(tokens)
    assert bins <= 1.5 * (sum(tokens) / WIDE) + 1.5  # best-fit-decreasing: 11/9 of the best, which is near the sum here


@given(st.lists(st.integers(1, WIDE), min_size=1, max_size=40), st.integers(1, 8))
def test_padding_is_never_less_than_the_tokens_and_never_more_than_max_length(tokens: list[int], size: int) -> None:
    found = of(*tokens)
    filled = [slots(found, Batching(kind, size, WIDE), 3).slots for kind in ("longest", "max_length")]
    assert sum(tokens) <= filled[0] <= filled[1]


@pytest.mark.parametrize(
    ("stage", "kind"),
    [
        ({"name": "a"}, "longest"),
        ({"packing": True}, "packed"),
        ({"packing": False}, "longest"),
        ({"SFTConfig": {"packing": True, "packing_strategy": "bfd"}}, "packed"),
        ({"padding": "max_length"}, "max_length"),
        ({"TrainingArguments": {"learning_rate": 1}, "padding": "longest"}, "longest"),
    ],
)
def test_batching_is_read_from_the_recipe(stage: dict[str, Any], kind: Kind) -> None:
    assert kind_of(stage) == kind


@pytest.mark.parametrize("number", [0, 1])
def test_lengths_are_those_that_training_encodes(
    number: int, frozen: Frozen, recipe: Recipe, tokenizer: Any, tmp_path: Path
) -> None:
    stage = recipe.content.stages[number]
    found = lengths(stage, recipe, frozen, tokenizer)
    encoded = encode(stage, frozen, tokenizer, Place(tmp_path, recipe.content.seed))
    rows = encoded.dataset["seq_lengths" if stage.packing else "input_ids"]
    documents = [length for row in rows for length in row] if stage.packing else [len(row) for row in rows]
    assert sorted(found.tokens.tolist()) == sorted(documents)
    assert found.total == encoded.counts["tokens"]
    assert found.measured


def test_packs_are_as_many_as_training_makes(frozen: Frozen, recipe: Recipe, tokenizer: Any, tmp_path: Path) -> None:
    stage = next(stage for stage in recipe.content.stages if stage.packing)
    found = lengths(stage, recipe, frozen, tokenizer)
    encoded = encode(stage, frozen, tokenizer, Place(tmp_path, recipe.content.seed))
    assert packed_bins(found.tokens, stage.max_length) == len(encoded.dataset)


def test_a_sample_stands_for_all_rows(
    frozen: Frozen, recipe: Recipe, tokenizer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = recipe.content.stages[-1]
    whole = lengths(stage, recipe, frozen, tokenizer)
    monkeypatch.setattr(measuring, "SAMPLE", 20)
    sampled = lengths(stage, recipe, frozen, tokenizer)
    assert len(sampled.tokens) < len(whole.tokens)
    assert sampled.total == pytest.approx(whole.total, rel=0.25)
    assert "20 of 52 rows" in sampled.source


def test_without_a_tokenizer_bytes_are_counted_and_that_is_said(frozen: Frozen, recipe: Recipe) -> None:
    stage = recipe.content.stages[-1]
    found = lengths(stage, recipe, frozen, None)
    assert "from bytes, 6 a token" in found.source
    texts = frozen.rows("pairs/train.parquet", ["question", "answer"])
    sizes = [sum(len(str(part).encode()) for part in row.values()) for row in texts]
    expected = sum(min(-(-size // 6) + 7, stage.max_length) for size in sizes)
    assert found.total == expected


def test_an_article_from_bytes_is_cut_as_the_encoder_cuts_it(tokenizer: Any) -> None:
    """Given as many tokens as the tokenizer finds, the cut is the same, to the piece."""
    text = "تب و سرفه و درد گلو. " * 40
    pieces = Encoder(tokenizer, WIDE).texts([None], [text])["input_ids"]
    count = len(tokenizer(text, add_special_tokens=False)["input_ids"])
    assert sorted(map(len, pieces)) == sorted(measuring._cut("corpus", np.array([float(count)]), WIDE).tolist())
