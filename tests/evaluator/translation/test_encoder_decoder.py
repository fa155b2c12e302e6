"""A real encoder-decoder as a writer: what it writes is what the model itself writes, alone or among others."""

import json
from pathlib import Path
from typing import Any

import pytest

from evaluator.asking import Budget, Limits, Prompt, Sampling, turn
from evaluator.asking.located import located
from evaluator.translation.encoder_decoder import EncoderDecoder, is_one
from storage.errors import UsageError
from tests.evaluator.models import make_model
from tests.evaluator.translation.seq2seq import make_seq2seq

TEXTS = ["کبد", "بزرگ‌ترین اندام درونی بدن کدام است؟", "سلام دکتر، دو روز است که تب دارم", "x" * 400]
SHORT = Sampling(max_new_tokens=12)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_seq2seq(tmp_path_factory.mktemp("mt"))


def replies(writer: EncoderDecoder, texts: list[str], sampling: Sampling = SHORT, **keys: Any) -> dict[str, Any]:
    prompts = [Prompt(text, turn(text)) for text in texts]
    return {w.prompt.item: w.reply for chunk in writer.write(prompts, sampling, Budget(**keys)) for w in chunk}


def test_it_writes_what_the_model_writes_alone_or_among_others(folder: Path) -> None:
    from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

    together = replies(EncoderDecoder("mt", located(folder)), TEXTS)
    alone = replies(EncoderDecoder("mt", located(folder), at_once=1), TEXTS)
    model, tokenizer = AutoModelForSeq2SeqLM.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)
    for text in TEXTS[:3]:
        ids = tokenizer(text, return_tensors="pt").input_ids
        [written] = model.generate(ids, max_new_tokens=12, do_sample=False)
        assert together[text].text == alone[text].text == tokenizer.decode(written, skip_special_tokens=True)
        assert together[text].read == ids.shape[1]
        assert together[text].written <= 12
    assert len({reply.text for reply in together.values()}) >= 3
    assert together[TEXTS[0]].facts["parameters"] > 10_000
    assert together[TEXTS[3]].finish == "no room"


def test_its_budget_holds(folder: Path) -> None:
    assert len(replies(EncoderDecoder("mt", located(folder)), TEXTS[:3], limits=Limits(calls=2))) == 2


def test_it_is_told_from_other_folders(folder: Path, tmp_path: Path) -> None:
    assert is_one(folder)
    assert not is_one(make_model(tmp_path / "causal"))
    assert not is_one(tmp_path)
    (tmp_path / "config.json").write_text(json.dumps({"is_encoder_decoder": True, "model_type": "m2m_100"}))
    with pytest.raises(UsageError, match="must be told its languages"):
        is_one(tmp_path)
