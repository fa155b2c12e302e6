"""Which tokens are trained on: the answer and its end of turn, all running text, and never padding."""

from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

import pytest

from storage.errors import UsageError
from tests.trainer import sample
from trainer import tokenizer as tokenizers
from trainer.collate import flattened, padded
from trainer.data import UNTRAINED, Encoder, Place, encode, told
from trainer.recipe import Stage
from trainer.source import Frozen, taken

END = "<|END_OF_TURN_TOKEN|>"


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    return tokenizers.made((row["text"] for row in sample.articles()), 800)


@pytest.fixture
def frozen(snapshot: Path) -> Frozen:
    return taken(str(snapshot))


def trained_text(tokenizer: Any, encoded: dict[str, list[list[int]]], row: int) -> str:
    return str(tokenizer.decode([label for label in encoded["labels"][row] if label != UNTRAINED]))


def test_of_a_pair_the_answer_and_its_end_of_turn_are_trained_on(tokenizer: Any) -> None:
    encoded = Encoder(tokenizer, 512).chats(["تب دارم؟"], ["مایعات بنوشید."])
    assert trained_text(tokenizer, encoded, 0) == f"مایعات بنوشید.{END}"
    given = [i for i, label in zip(encoded["input_ids"][0], encoded["labels"][0], strict=True) if label == UNTRAINED]
    assert tokenizer.decode(given).endswith("<|CHATBOT_TOKEN|>")
    assert encoded["input_ids"][0].count(tokenizer.bos_token_id) == 1


def test_every_pair_of_the_sample_trains_on_its_own_answer(tokenizer: Any) -> None:
    rows = sample.pairs()
    encoder = Encoder(tokenizer, 10_000)
    encoded = encoder.chats([r["question"] for r in rows], [r["answer"] for r in rows])
    assert len(encoded["labels"]) == len(rows) == encoder.counts["sequences"] > 300
    for number, row in enumerate(rows):
        assert trained_text(tokenizer, encoded, number) == row["answer"].strip() + END


def test_padding_is_neither_trained_on_nor_seen(tokenizer: Any) -> None:
    encoded = Encoder(tokenizer, 512).chats(["تب؟", "سرفه و تب و لرز؟"], ["آب.", "استراحت کنید و مایعات بنوشید."])
    rows = [dict(zip(encoded, columns, strict=True)) for columns in zip(*encoded.values(), strict=True)]
    batch = padded(rows)
    for number, row in enumerate(rows):
        size = len(row["input_ids"])
        assert batch["input_ids"][number, :size].tolist() == row["input_ids"]
        assert batch["labels"][number, :size].tolist() == row["labels"]
        assert batch["attention_mask"][number].tolist() == [1] * size + [0] * (batch["labels"].shape[1] - size)
        assert set(batch["labels"][number, size:].tolist()) <= {UNTRAINED}
    assert len(rows[0]["labels"]) < batch["labels"].shape[1]


def test_a_long_pair_is_cut_and_counted_and_dropped_when_no_answer_is_left(tokenizer: Any) -> None:
    encoder = Encoder(tokenizer, 24)
    encoded = encoder.chats(["تب؟", "تب " * 60], ["استراحت کنید " * 30, "آب."])
    assert [len(row) for row in encoded["input_ids"]] == [24]
    assert not trained_text(tokenizer, encoded, 0).endswith(END)
    assert encoder.counts["truncated"] == 2
    assert encoder.counts["dropped_no_answer_left"] == 1


def test_an_article_is_split_whole_and_ends_once(tokenizer: Any) -> None:
    title, text = "عنوان", sample.articles()[0]["text"]
    encoder = Encoder(tokenizer, 64)
    encoded = encoder.texts([title], [text])
    pieces = encoded["input_ids"]
    assert len(pieces) > 2
    assert all(piece[0] == tokenizer.bos_token_id and len(piece) <= 64 for piece in pieces)
    assert tokenizer.decode([token for piece in pieces for token in piece[1:]]) == f"{title}\n{text}{END}"
    assert encoded["labels"] == pieces
    assert encoder.counts["split"] == 1
    assert encoder.counts["trained_tokens"] == encoder.counts["tokens"] - len(pieces)


@pytest.mark.parametrize("token", ["<|END_OF_TURN_TOKEN|>", "<BOS_TOKEN>", "<|SYSTEM_TOKEN|>"])
def test_text_that_carries_a_control_token_is_dropped(tokenizer: Any, token: str) -> None:
    encoder = Encoder(tokenizer, 512)
    assert encoder.chats([f"تب؟{token}"], ["آب."])["input_ids"] == []
    assert encoder.chats(["تب؟"], [f"آب{token}."])["input_ids"] == []
    assert encoder.texts([None], [f"متن {token}"])["input_ids"] == []
    assert encoder.counts["dropped_control_token"] == 3


def test_empty_texts_are_dropped(tokenizer: Any) -> None:
    encoder = Encoder(tokenizer, 512)
    encoder.chats(["تب؟", None, "تب؟"], ["  ", "آب", None])
    assert encoder.counts["dropped_empty"] == 3
    assert encoder.counts["sequences"] == 0


def test_the_first_share_is_the_first_rows_and_a_random_one_is_not(
    tokenizer: Any, frozen: Frozen, tmp_path: Path
) -> None:
    texts = [row["text"] for row in frozen.rows("corpus/train.parquet", ["text"])]
    seen = {}
    for order in ("first", "random"):
        stage = _stage(data=["corpus"], share=0.6, order=order, max_length=10_000)
        encoded = encode(stage, frozen, tokenizer, Place(tmp_path / order, 1))
        assert encoded.counts["rows_corpus"] == 6
        decoded = [tokenizer.decode(ids[1:-1]) for ids in encoded.dataset["input_ids"]]
        seen[order] = [number for row in decoded for number, text in enumerate(texts) if row.endswith(text)]
    assert seen["first"] == [0, 1, 2, 3, 4, 5]
    assert len(set(seen["random"])) == 6
    assert seen["random"] != seen["first"]


def test_titles_ask_and_articles_answer(tokenizer: Any, frozen: Frozen, tmp_path: Path) -> None:
    encoded = encode(_stage(data=["titles"], max_length=10_000), frozen, tokenizer, Place(tmp_path, 1))
    row = encoded.dataset[0]
    answer = tokenizer.decode([label for label in row["labels"] if label != UNTRAINED])
    assert answer.removesuffix(END) in {r["text"] for r in frozen.rows("corpus/train.parquet", ["text"])}


def test_what_is_cut_off_is_counted(tokenizer: Any) -> None:
    encoder = Encoder(tokenizer, 10_000)
    (whole,) = encoder.chats(["تب؟"], ["مایعات بنوشید و استراحت کنید."])["input_ids"]
    short = Encoder(tokenizer, len(whole) - 3)
    encoded = short.chats(["تب؟", "تب؟"], ["مایعات بنوشید و استراحت کنید.", "آب"])
    assert encoded["input_ids"][0] == whole[:-3]
    assert tokenizer.eos_token_id not in encoded["labels"][0]  # an answer that is cut has no end to learn
    assert (short.counts["truncated"], short.counts["tokens_cut"]) == (1, 3)


def test_the_whole_chat_is_trained_on_where_the_recipe_says_so(tokenizer: Any) -> None:
    encoded = Encoder(tokenizer, 512, answers_only=False).chats(["تب؟"], ["آب"])
    assert encoded["labels"] == encoded["input_ids"]


PACKED = {"packing": True}


@pytest.mark.parametrize(("data", "size"), [(["corpus"], 200), (["pairs"], 512), (["titles", "pairs"], 1_024)])
def test_packs_hold_every_document_whole_and_once(
    tokenizer: Any, frozen: Frozen, tmp_path: Path, data: list[str], size: int
) -> None:
    alone = encode(_stage(data=data, max_length=size), frozen, tokenizer, Place(tmp_path / "alone", 1))
    packed = encode(_stage(data=data, max_length=size, SFTConfig=PACKED), frozen, tokenizer, Place(tmp_path / "p", 1))
    found = []
    for row in packed.dataset:
        assert len(row["input_ids"]) == len(row["labels"]) == sum(row["seq_lengths"]) <= size
        for start, end in pairwise(accumulate(row["seq_lengths"], initial=0)):
            found.append((row["input_ids"][start:end], row["labels"][start:end]))
    assert sorted(found) == sorted((row["input_ids"], row["labels"]) for row in alone.dataset)
    packs = len(packed.dataset)
    assert packed.counts == alone.counts | {"packs": packs, "unfilled": packs * size - alone.counts["tokens"]}
    assert packs < len(alone.dataset)


def test_a_pack_trains_on_each_answer_and_its_end_of_turn(tokenizer: Any, frozen: Frozen, tmp_path: Path) -> None:
    """From rows to the batch that a model is given: one answer after the other, and nothing else."""
    encoded = encode(_stage(data=["pairs"], max_length=2_048, SFTConfig=PACKED), frozen, tokenizer, Place(tmp_path, 1))
    batch = flattened([encoded.dataset[0], encoded.dataset[1]])
    answers = tokenizer.decode(batch["labels"][0]).split(END)
    assert answers.pop() == ""
    expected = {str(row["answer"]).strip() for row in frozen.rows("pairs/train.parquet", ["answer"])}
    assert set(answers) <= expected
    assert len(answers) == batch["position_ids"].eq(0).sum() == len(batch["cu_seq_lens_q"]) - 1


def test_the_same_seed_packs_the_same(tokenizer: Any, frozen: Frozen, tmp_path: Path) -> None:
    stage = _stage(data=["corpus", "pairs"], max_length=256, share=0.6, SFTConfig=PACKED)
    made = [encode(stage, frozen, tokenizer, Place(tmp_path / str(n), seed)) for n, seed in enumerate((1, 1, 2))]
    assert made[0].dataset.to_list() == made[1].dataset.to_list() != made[2].dataset.to_list()
    assert made[0].counts == made[1].counts


def test_what_became_of_the_rows_is_told(tokenizer: Any, frozen: Frozen, tmp_path: Path) -> None:
    stage = _stage(data=["pairs"], max_length=160, SFTConfig=PACKED)
    counts = encode(stage, frozen, tokenizer, Place(tmp_path, 1)).counts
    line = told(stage, counts)
    assert line.startswith(f"any: 52 pairs → {counts['sequences']} documents, {counts['tokens']:,} tokens, ")
    assert f"{counts['packs']} packs of 160, " in line
    assert f"{counts['truncated']} truncated ({counts['tokens_cut']:,} tokens cut)" in line
    assert counts["truncated"] > 0


def test_a_stage_without_a_sequence_is_refused(tokenizer: Any, tmp_path: Path) -> None:
    rows = [row | {"question": f"{END} تب؟"} for row in sample.pairs()[:3]]
    empty = taken(str(sample.write(tmp_path / "snapshot", rows, sample.articles()[:1])))
    with pytest.raises(UsageError, match="no sequence is left"):
        encode(_stage(data=["pairs"], max_length=256), empty, tokenizer, Place(tmp_path / "work", 1))


def _stage(**fields: Any) -> Stage:
    return Stage.model_validate({"name": "any", "TrainingArguments": {}, **fields})
