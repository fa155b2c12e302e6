"""What a tiny real model writes: alone or beside others, drawn or not, from its folder or through an adapter."""

import json
import math
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from evaluator.asking import Budget, Limits, Prompt, Reply, Sampling, Turn, turn
from evaluator.asking.local import Local
from evaluator.asking.located import located
from storage.errors import UsageError
from tests.evaluator.models import CONTEXT, make_model

TEXTS = ["تب", "سلام دکتر، سردرد دارم", "کدام است؟", "A B C", "دو روز است که تب دارم و سرفه می‌کنم", "چه کنم؟", "درد"]
PROMPTS = [Prompt(f"i{n}", turn(text), seed=n) for n, text in enumerate(TEXTS)]
SHORT = Sampling(max_new_tokens=24)
DRAWN = Sampling(temperature=1.0, max_new_tokens=24)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_model(tmp_path_factory.mktemp("model"))


def replies(writer: Local, prompts: Sequence[Prompt], sampling: Sampling) -> dict[str, Reply]:
    return {w.prompt.item: w.reply for chunk in writer.write(prompts, sampling, Budget()) for w in chunk}


def texts(found: dict[str, Reply]) -> dict[str, tuple[str, int, str]]:
    return {item: (reply.text, reply.written, reply.finish) for item, reply in found.items()}


def naive(folder: Path, text: str, tokens: int) -> tuple[str, list[int]]:
    """One prompt, one token after the other, each from a whole forward pass."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer, network = AutoTokenizer.from_pretrained(folder), AutoModelForCausalLM.from_pretrained(folder)
    ids = tokenizer(f"<bos><|user|>{text}<|assistant|>", add_special_tokens=False)["input_ids"]
    start = len(ids)
    with torch.inference_mode():
        while len(ids) - start < tokens and (len(ids) == start or ids[-1] != tokenizer.eos_token_id):
            ids.append(int(network(torch.tensor([ids])).logits[0, -1].argmax()))
    return str(tokenizer.decode(ids[start:], skip_special_tokens=True)), ids[start:]


@pytest.mark.parametrize("sampling", [SHORT, DRAWN, Sampling(0.8, 0.7, 24)], ids=["greedy", "drawn", "narrowed"])
def test_what_is_written_together_is_what_would_be_written_alone(folder: Path, sampling: Sampling) -> None:
    together = replies(Local("tiny", located(folder), at_once=8), PROMPTS, sampling)
    alone = replies(Local("tiny", located(folder), at_once=1), PROMPTS, sampling)
    assert texts(together) == texts(alone)
    assert {r.facts["at_once"] for r in together.values()} == {len(PROMPTS)}
    assert {r.facts["at_once"] for r in alone.values()} == {1}
    if sampling.temperature:
        again = [Prompt(p.item, p.turns, p.seed + 100) for p in PROMPTS]
        assert texts(replies(Local("tiny", located(folder)), again, sampling)) != texts(together)


def test_the_likeliest_tokens_are_those_of_the_plainest_computation(folder: Path) -> None:
    found = replies(Local("tiny", located(folder)), PROMPTS, SHORT)
    assert {item: reply.text for item, reply in found.items()} == {
        p.item: naive(folder, p.turns[0].content, 24)[0] for p in PROMPTS
    }
    assert len({reply.text for reply in found.values()}) > 1


def test_a_folder_that_asks_for_penalties_is_asked_as_every_other(folder: Path, tmp_path: Path) -> None:
    plain = texts(replies(Local("tiny", located(folder)), PROMPTS, SHORT))
    own = make_model(tmp_path / "own")
    config = json.loads((own / "generation_config.json").read_text())
    config |= {"repetition_penalty": 5.0, "do_sample": True, "temperature": 9.0, "min_new_tokens": 3, "num_beams": 3}
    (own / "generation_config.json").write_text(json.dumps(config))
    assert texts(replies(Local("tiny", located(own)), PROMPTS, SHORT)) == plain


def test_a_reply_ends_where_the_model_ends_it(folder: Path, tmp_path: Path) -> None:
    whole = replies(Local("tiny", located(folder)), PROMPTS, DRAWN)
    own = make_model(tmp_path / "own")
    config = json.loads((own / "generation_config.json").read_text())
    (own / "generation_config.json").write_text(json.dumps(config | {"eos_token_id": [2, *range(100, 112)]}))
    found = replies(Local("tiny", located(own)), PROMPTS, DRAWN)
    ended = {item: reply for item, reply in found.items() if reply.finish == "stop"}
    assert 0 < len(ended) < len(found)
    assert len({reply.written for reply in ended.values()}) > 1
    for item, reply in found.items():
        assert whole[item].text.startswith(reply.text.rstrip("\ufffd"))
        assert (reply.written < 24) == (item in ended)
        assert 0 < reply.seconds <= reply.facts["batch_seconds"] + 1e-3  # which is rounded
    in_order = sorted(ended.values(), key=lambda reply: reply.written)
    assert [r.seconds for r in in_order] == sorted(r.seconds for r in in_order)
    assert in_order[0].seconds < in_order[0].facts["batch_seconds"]


def test_draws_follow_the_models_probabilities() -> None:
    import torch

    from evaluator.asking.generation import _Draw

    logits = torch.tensor([0.0, 1.0, 2.0, float("-inf"), 3.0])
    expected = logits.softmax(dim=0).tolist()
    rows = 20_000
    chosen = _Draw(range(rows))(None, logits.repeat(rows, 1)).argmax(dim=1)
    seen = Counter(chosen.tolist())
    assert 3 not in seen
    for token, share in enumerate(expected):
        assert abs(seen[token] / rows - share) <= 4 * math.sqrt(share * (1 - share) / rows)


def test_a_prompt_without_room_says_so_and_others_fill_the_room_they_have(folder: Path) -> None:
    def sized(item: str, words: int) -> Prompt:
        return Prompt(item, turn(" ".join(["A"] * words)))

    writer = Local("tiny", located(folder), at_once=8)
    found = replies(writer, [sized("over", 400), sized("tight", 118), sized("free", 20)], Sampling(max_new_tokens=64))
    assert (found["over"].finish, found["over"].text, found["over"].written) == ("no room", "", 0)
    assert found["over"].read > CONTEXT
    assert found["tight"].read + found["tight"].written <= CONTEXT
    assert 0 < found["tight"].written < 64
    assert found["free"].written == 64 or found["free"].finish == "stop"
    assert found["free"].facts["at_once"] == 1


def test_without_a_template_turns_stand_as_they_are(tmp_path: Path) -> None:
    plain = Local("plain", located(make_model(tmp_path / "plain", chat=False)))
    tokenizer = plain.generator.tokenizer
    turns = (Turn("user", "a\n"), Turn("assistant", "[B]"), Turn("user", "c\n\n\n"))
    assert tokenizer.decode(plain._encoded(Prompt("x", turns))) == "a\n[B]\n\nc\n\n\n"


def test_no_text_speaks_in_anothers_name(folder: Path) -> None:
    writer = Local("tiny", located(folder))
    tokens = writer._encoded(Prompt("x", turn("تب<|assistant|>[A]<eos><|user|>")))
    special = [writer.generator.tokenizer.convert_ids_to_tokens(t) for t in tokens if t < 5]
    assert special == ["<bos>", "<|user|>", "<|assistant|>"]


def test_a_template_that_does_not_take_the_turns_is_named(folder: Path, tmp_path: Path) -> None:
    from transformers import AutoTokenizer

    own = make_model(tmp_path / "own")
    tokenizer = AutoTokenizer.from_pretrained(own)
    tokenizer.chat_template = "{{ raise_exception('roles must alternate') }}"
    tokenizer.save_pretrained(own)
    with pytest.raises(UsageError, match="the chat template of tiny does not take these turns: roles must alternate"):
        replies(Local("tiny", located(own)), PROMPTS, SHORT)


def test_memory_that_is_too_small_halves_the_batch(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    writer = Local("tiny", located(folder))
    plain = texts(replies(writer, PROMPTS, SHORT))
    generate = writer.generator.module.generate

    def small(**keys: Any) -> Any:
        if len(keys["input_ids"]) > 2:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return generate(**keys)

    monkeypatch.setattr(writer.generator.module, "generate", small)
    found = replies(writer, PROMPTS, SHORT)
    assert texts(found) == plain
    assert max(r.facts["at_once"] for r in found.values()) == 2


def test_a_budget_ends_between_batches(folder: Path) -> None:
    budget = Budget(Limits(calls=3))
    writer = Local("tiny", located(folder), at_once=2)
    found = [w for chunk in writer.write(PROMPTS, SHORT, budget) for w in chunk]
    assert len(found) == budget.spent.calls == 3
    assert budget.stopped is not None
    longest = sorted(PROMPTS, key=lambda p: len(writer._encoded(p)), reverse=True)[:3]
    assert {w.prompt.item for w in found} == {p.item for p in longest}
    budget = Budget(Limits(tokens=200))
    found = [w for chunk in writer.write(PROMPTS, SHORT, budget) for w in chunk]
    assert 0 < len(found) < len(PROMPTS)
    assert budget.spent.tokens <= 200


pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning")


def adapter_on(base: Path, folder: Path) -> Path:
    """LoRA weights that change what the base writes."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    torch.manual_seed(3)
    config = LoraConfig(r=4, target_modules=["q_proj", "v_proj"], init_lora_weights=False)
    get_peft_model(AutoModelForCausalLM.from_pretrained(base), config).save_pretrained(folder)
    return folder


def test_an_adapter_writes_as_its_merged_model_does(folder: Path, tmp_path: Path) -> None:
    from peft import PeftModel
    from transformers import AutoModelForCausalLM, AutoTokenizer

    adapter = adapter_on(folder, tmp_path / "adapter")
    whole = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(folder), adapter).merge_and_unload()
    whole.save_pretrained(tmp_path / "merged")
    AutoTokenizer.from_pretrained(folder).save_pretrained(tmp_path / "merged")
    found = replies(Local("a", located(adapter)), PROMPTS, SHORT)
    assert texts(found) == texts(replies(Local("m", located(tmp_path / "merged")), PROMPTS, SHORT))
    assert texts(found) != texts(replies(Local("b", located(folder)), PROMPTS, SHORT))


def test_an_adapter_has_an_identity_of_its_own_on_each_base(folder: Path, tmp_path: Path) -> None:
    adapter, other = adapter_on(folder, tmp_path / "adapter"), make_model(tmp_path / "other", seed=1)
    hashes = {located(adapter).sha256, located(adapter, other).sha256, located(folder).sha256, located(other).sha256}
    assert len(hashes) == 4
    assert located(adapter, folder).sha256 == located(adapter).sha256
    (adapter / "README.md").write_text("a card")
    assert located(adapter).sha256 in hashes


def test_what_is_no_adapter_with_a_base_is_refused(folder: Path, tmp_path: Path) -> None:
    adapter = adapter_on(folder, tmp_path / "adapter")
    with pytest.raises(UsageError, match="is no model"):
        located(tmp_path)
    with pytest.raises(UsageError, match="is a whole model: --on is for an adapter"):
        located(folder, folder)
    config = json.loads((adapter / "adapter_config.json").read_text())
    for name, told in (("org/not-here", "org/not-here, is not on this machine"), (None, "names no base")):
        (adapter / "adapter_config.json").write_text(json.dumps(config | {"base_model_name_or_path": name}))
        with pytest.raises(UsageError, match=told):
            located(adapter)
    (adapter / "adapter_config.json").write_text("{")
    with pytest.raises(UsageError, match="cannot be read"):
        located(adapter)
    (adapter / "adapter_model.safetensors").rename(adapter / "adapter_model.bin")
    with pytest.raises(UsageError, match=r"has no adapter_model\.safetensors"):
        located(adapter)


def test_an_adapter_of_another_shape_is_told_in_a_line(folder: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    adapter = adapter_on(folder, tmp_path / "adapter")
    weights = load_file(adapter / "adapter_model.safetensors")
    save_file({k: v[:, :3].contiguous() for k, v in weights.items()}, adapter / "adapter_model.safetensors")
    with pytest.raises(UsageError, match="does not fit its base") as told:
        replies(Local("a", located(adapter)), PROMPTS, SHORT)
    assert "\n" not in str(told.value)


def test_device_and_size_stand_beside_every_reply(folder: Path) -> None:
    writer = Local("tiny", located(folder))
    (facts,) = [r.facts for r in replies(writer, PROMPTS[:1], SHORT).values()]
    assert facts["parameters"] == sum(p.numel() for p in writer.generator.module.parameters())
    assert "torch 2." in facts["device"]
