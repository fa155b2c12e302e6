"""Base models are found and checked before any work; adapters and merged models agree; a model can learn."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import PeftModel
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM

from storage.errors import DataDamaged, UsageError
from tests.trainer.conftest import SMOKE, Trained
from trainer import model
from trainer.collate import padded
from trainer.data import Encoder
from trainer.progress import Reporter
from trainer.recipe import Base, load
from trainer.request import Request
from trainer.train import export_and_train

TEXT = "برای تب مایعات بنوشید و استراحت کنید. ۲ قرص 500 میلی‌گرمی کافی است."


def logits(network: Any, ids: torch.Tensor) -> torch.Tensor:
    with torch.no_grad():
        return network.eval()(input_ids=ids).logits.float()  # type: ignore[no-any-return]


@pytest.fixture
def ids(trained: Trained) -> torch.Tensor:
    return torch.tensor([model.tokenizer_of(trained.folder / "merged")(TEXT)["input_ids"]])


@pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")  # peft 0.21 asks by the old name
def test_base_and_both_adapters_together_are_the_merged_model(trained: Trained, ids: torch.Tensor) -> None:
    network = AutoModelForCausalLM.from_pretrained(trained.folder / "base", dtype=torch.float32)
    network = PeftModel.from_pretrained(network, trained.folder / "adapter" / "corpus").merge_and_unload()
    network = PeftModel.from_pretrained(network, trained.folder / "adapter" / "pairs")  # this one not merged
    merged = AutoModelForCausalLM.from_pretrained(trained.folder / "merged", dtype=torch.float32)
    base = AutoModelForCausalLM.from_pretrained(trained.folder / "base", dtype=torch.float32)
    torch.testing.assert_close(logits(network, ids), logits(merged, ids), atol=1e-4, rtol=1e-4)
    assert (logits(base, ids) - logits(merged, ids)).abs().max() > 0.1


def test_the_models_of_a_run_load_and_write(trained: Trained) -> None:
    for part in ("base", "merged"):
        tokenizer = model.tokenizer_of(trained.folder / part)
        network = AutoModelForCausalLM.from_pretrained(trained.folder / part, dtype=torch.float32)
        asked = tokenizer.apply_chat_template(
            [{"role": "user", "content": "تب دارم"}], add_generation_prompt=True, return_tensors="pt", return_dict=True
        )
        written = network.generate(**asked, max_new_tokens=5, do_sample=False)
        assert written.shape[1] > asked["input_ids"].shape[1]
        assert network.config.rope_parameters["rope_theta"] == 10_000
        assert network.config.eos_token_id == tokenizer.eos_token_id
        assert network.config.use_cache


def test_all_weights_learn_one_batch_by_heart(trained: Trained) -> None:
    """Answer and end of turn are given back word for word: mask, labels, template and end token are all right."""
    tokenizer = model.tokenizer_of(trained.folder / "base")
    network = AutoModelForCausalLM.from_pretrained(trained.folder / "base", dtype=torch.float32)
    questions, answers = ["تب دارم", "سرفه می‌کنم"], ["آب بنوشید.", "استراحت کنید."]
    encoded = Encoder(tokenizer, 256).chats(questions, answers)  # type: ignore[arg-type]
    rows = [dict(zip(encoded, columns, strict=True)) for columns in zip(*encoded.values(), strict=True)]
    batch, optimizer = padded(rows), torch.optim.AdamW(network.parameters(), lr=1e-2)
    for _ in range(120):
        loss = network(**batch).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.02
    for question, answer in zip(questions, answers, strict=True):
        asked = tokenizer.apply_chat_template(
            [{"role": "user", "content": question}], add_generation_prompt=True, return_tensors="pt", return_dict=True
        )
        written = network.eval().generate(**asked, max_new_tokens=60, do_sample=False)
        assert tokenizer.decode(written[0, asked["input_ids"].shape[1] :]) == answer + tokenizer.eos_token


def test_a_missing_base_says_what_to_do_before_anything_is_done(data_dir: Path) -> None:
    with pytest.raises(UsageError) as refused:
        model.found(load("paper"), None)
    for word in ("CohereForAI/aya-expanse-8b is not on this machine", "licence", "hf auth login", "--model FOLDER"):
        assert word in str(refused.value)
    assert ("torch sees none" in str(refused.value)) is not torch.cuda.is_available()
    assert not data_dir.exists()


def test_a_model_folder_that_is_not_there_is_refused() -> None:
    with pytest.raises(UsageError, match=r"there is no model folder \./nowhere"):
        model.found(load(SMOKE), "./nowhere")


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds no model that loads"):
        model.found(load(SMOKE), str(tmp_path))


def test_a_tokenizer_that_does_not_fit_is_refused(trained: Trained, tmp_path: Path) -> None:
    folder = shutil.copytree(trained.folder / "merged", tmp_path / "model")
    tokenizer = model.tokenizer_of(folder)
    tokenizer.add_tokens([f"extra{number}" for number in range(10)])
    tokenizer.save_pretrained(folder)
    with pytest.raises(UsageError, match="its tokenizer has 410 entries, its model 400"):
        model.found(load(SMOKE), str(folder))


def test_a_given_model_is_known_by_the_hash_of_the_run_it_came_from(trained: Trained) -> None:
    found = model.found(load(SMOKE), str(trained.folder / "merged"))
    assert (found.folder, found.sha256) == (trained.folder / "merged", trained.state["model_sha256"])


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("config.json", '"rope_theta": 10000.0', '"rope_theta": 20000.0'),
        ("tokenizer_config.json", '_prompt": false', '_prompt": true'),
    ],
)
def test_a_base_changed_beside_its_weights_is_another_training(
    trained: Trained, snapshot: Path, data_dir: Path, tmp_path: Path, file: str, old: str, new: str
) -> None:
    base = shutil.copytree(trained.folder / "base", tmp_path / "base")
    asked = Request(SMOKE, snapshot=str(snapshot), model=str(base), dry_run=True)
    before = export_and_train(asked, Reporter())["name"]
    text = (base / file).read_text(encoding="utf-8")
    assert old in text
    (base / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    assert export_and_train(asked, Reporter())["name"] != before


def test_flash_attention_that_cannot_run_is_said_and_replaced() -> None:
    loading = model.loading(Base(pretrained_model_name_or_path="any", attn_implementation="flash_attention_2"))
    if loading.attention == "sdpa":
        assert loading.reason.startswith("flash_attention_2 cannot run: ")
    else:
        assert torch.cuda.is_available()
    assert model.loading(Base(pretrained_model_name_or_path="any")).attention == "sdpa"


def _drop_a_weight(folder: Path) -> None:
    weights = load_file(folder / "model.safetensors")
    del weights["model.layers.0.mlp.down_proj.weight"]
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})


def _another_shape(folder: Path) -> None:
    weights = load_file(folder / "model.safetensors")
    weights["model.layers.0.mlp.down_proj.weight"] = torch.zeros(3, 3)
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})


def _cut_short(folder: Path) -> None:
    file = folder / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-100])


def _drop_a_shard(folder: Path) -> None:
    network = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    (folder / "model.safetensors").unlink()
    network.save_pretrained(folder, max_shard_size="50KB")
    next(folder.glob("model-00002-of-*")).unlink()


def _drop_the_tokenizer(folder: Path) -> None:
    (folder / "tokenizer.json").unlink()


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (_drop_a_weight, r"1 weights are missing in it or of another shape, the first model\.layers\.0\.mlp\.down"),
        (_another_shape, r"1 weights are missing in it or of another shape, the first model\.layers\.0\.mlp\.down"),
        (_cut_short, "holds no model that loads"),
        (_drop_a_shard, r"holds no model that loads: .*model-00002-of-"),
        (_drop_the_tokenizer, r"has no tokenizer\.json"),
    ],
)
def test_a_base_that_is_not_whole_is_refused_before_any_work(
    trained: Trained, snapshot: Path, data_dir: Path, tmp_path: Path, damage: Callable[[Path], None], said: str
) -> None:
    base = shutil.copytree(trained.folder / "base", tmp_path / "base")
    damage(base)
    with pytest.raises(UsageError, match=said):
        export_and_train(Request(SMOKE, snapshot=str(snapshot), model=str(base), dry_run=True), Reporter())
    assert not data_dir.exists()


def test_no_weight_is_ever_made_up(trained: Trained, tmp_path: Path) -> None:
    base = shutil.copytree(trained.folder / "base", tmp_path / "base")
    _drop_a_weight(base)
    with pytest.raises(DataDamaged, match=r"is not whole: 1 weights are missing"):
        model.Loading("float32", "sdpa", "").model(base)


@pytest.mark.parametrize(
    ("capability", "dtype", "said"),
    [
        ((8, 0), "bfloat16", None),
        ((9, 0), "bfloat16", None),
        ((7, 5), "bfloat16", "it wants compute capability 8.0, this GPU has 7.5"),
        ((8, 0), "float32", "it computes with two bytes a number, the recipe's dtype is float32"),
    ],
)
def test_flash_attention_is_for_cards_and_numbers_that_it_knows(
    monkeypatch: pytest.MonkeyPatch, capability: tuple[int, int], dtype: Any, said: str | None
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda: capability)
    monkeypatch.setattr(model, "is_flash_attn_2_available", lambda: True)
    wanted = Base(pretrained_model_name_or_path="any", attn_implementation="flash_attention_2", dtype=dtype)
    found = model.loading(wanted)
    expected = (
        ("sdpa", f"flash_attention_2 cannot run: {said}") if said else ("flash_attention_2", "as the recipe says")
    )
    assert (found.attention, found.reason) == expected
