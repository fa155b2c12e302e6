"""Training on preferences: they are learned, and a kill changes nothing; what is read, counted, refused, planned."""

import json
import math
import multiprocessing
import shutil
import signal
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from peft import PeftModel
from torch.nn.functional import log_softmax
from transformers import AutoModelForCausalLM

from storage.errors import UsageError
from tests.trainer import preferred
from tests.trainer.conftest import Trained
from tests.trainer.preferred import PREFERRING, side, train_and_die
from trainer import inspection
from trainer.data import Encoder, Place, encode, told
from trainer.folder import RunFolder
from trainer.model import tokenizer_of
from trainer.plan import planning, table
from trainer.plan.asked import Asked
from trainer.plan.gpus import named
from trainer.preference_rows import encoded
from trainer.progress import Reporter
from trainer.recipe import load
from trainer.request import Request
from trainer.source import taken
from trainer.train import export_and_train

LONGEST_WAIT = 120


@pytest.fixture(scope="module")
def preferring(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A snapshot with 16 preferences."""
    return preferred.write(tmp_path_factory.mktemp("preferring"), preferred.rows(16))


def test_a_killed_and_resumed_training_is_the_same_model(
    trained: Trained, preferring: Path, data_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    base = trained.folder / "base"
    whole = _train(PREFERRING, preferring, base)
    corpus, pairs, stage = whole["metrics"]["stages"]
    assert stage["loss"][0]["loss"] == pytest.approx(math.log(2), abs=1e-6)
    assert stage["loss"][-1]["loss"] < 0.67
    assert stage["rows"]["rows_preferences"] == 16
    assert stage["rows"]["sequences"] == 32
    assert stage["preferences"]["measured"] == 16
    assert stage["preferences"]["margin"] > 1
    assert stage["preferences"]["likelier"]["after"] > stage["preferences"]["likelier"]["before"]
    assert "preferences" not in corpus | pairs
    assert stage["rows"]["truncated"] > 0
    assert "preferences: 16 preferences → 32 documents" in (said := capsys.readouterr().err)
    assert f"{stage['rows']['truncated']} truncated (" in said
    place = data_dir / "runs" / whole["name"]
    assert {path.name for path in (place / "adapter").iterdir()} == {"corpus", "pairs", "preferences"}
    assert "sdpa_by_document" not in (place / "merged" / "config.json").read_text(encoding="utf-8")

    place.rename(data_dir / "whole")
    killed = multiprocessing.get_context("spawn").Process(target=train_and_die, args=(preferring, base))
    killed.start()
    killed.join(LONGEST_WAIT)
    assert killed.exitcode == -signal.SIGKILL
    assert list((place / "work" / "2-preferences.partial" / "checkpoints").glob("*/whole.json"))
    resumed = export_and_train(Request(PREFERRING, resume=True), Reporter())
    assert resumed["model_sha256"] == whole["model_sha256"]
    assert resumed["metrics"]["stages"][2]["preferences"] == stage["preferences"]
    assert resumed["metrics"]["stages"][2]["loss"] == stage["loss"]
    shutil.rmtree(data_dir / "whole")


def test_the_chosen_answers_gain_on_the_rejected_ones(
    trained: Trained, preferring: Path, data_dir: Path, tmp_path: Path
) -> None:
    """Computed anew, from the model before and the merged one, unpacked and one answer at a time."""
    start, recipe = trained.folder / "merged", _only_the_last_stage(tmp_path)
    state = _train(recipe, preferring, start)
    run = RunFolder(state["name"])
    rows = _encoded(preferring, start, tmp_path)
    before, after = _model(start), _model(run.merged)
    likelihoods = [[_likelihood(model, row) for row in rows] for model in (before, after)]
    gaps = [[chosen - rejected for chosen, rejected in each] for each in likelihoods]
    margins = [after - before for before, after in zip(*gaps, strict=True)]
    found = state["metrics"]["stages"][0]["preferences"]
    assert sum(margins) / len(margins) > 1
    assert found["margin"] == pytest.approx(sum(margins) / len(margins), rel=1e-3)
    assert found["preferred"] == sum(margin > 0 for margin in margins) / len(margins)
    shares = [round(sum(gap > 0 for gap in each) / len(each), 6) for each in gaps]
    assert [found["likelier"]["before"], found["likelier"]["after"]] == shares

    adapted = PeftModel.from_pretrained(_model(start), run.path / "adapter" / "preferences")
    tokens = torch.tensor([rows[0]["input_ids"][:100]])
    with torch.no_grad():
        assert torch.allclose(adapted(tokens).logits, after(tokens).logits, atol=1e-4)


def test_a_row_is_both_chats_and_trained_on_are_their_answers(trained: Trained) -> None:
    tokenizer = tokenizer_of(trained.folder / "merged")
    encoder = Encoder(tokenizer, 512)
    made = encoded(encoder, ["سردرد دارم"], ["آب بنوشید"], ["نمی‌دانم"])
    ids, labels, (first, second) = made["input_ids"][0], made["labels"][0], made["seq_lengths"][0]
    assert first + second == len(ids) == len(labels)
    chosen, rejected = tokenizer.decode(ids[:first]), tokenizer.decode(ids[first:])
    assert "سردرد دارم" in chosen
    assert "سردرد دارم" in rejected
    answer = tokenizer.decode([label for label in labels[first:] if label >= 0])
    assert answer.startswith("نمی‌دانم")
    assert answer.endswith("<|END_OF_TURN_TOKEN|>")
    assert dict(encoder.counts) == {
        "sequences": 2,
        "tokens": len(ids),
        "trained_tokens": sum(label >= 0 for label in labels),
    }


def test_what_is_cut_and_dropped_is_counted(trained: Trained) -> None:
    encoder = Encoder(tokenizer_of(trained.folder / "merged"), 24)
    long = "آب " * 40
    made = encoded(
        encoder,
        ["درد", "درد", "درد " * 40, None, "درد"],
        [long, f"{long} بنوشید", "الف", "الف", "الف"],
        ["نه", long, "ب", "ب", "<|END_OF_TURN_TOKEN|>"],
    )
    counts = encoder.counts
    assert len(made["input_ids"]) == 1
    assert counts["sequences"] == 2
    assert counts["tokens"] == len(made["input_ids"][0])
    assert counts["trained_tokens"] == sum(label >= 0 for label in made["labels"][0])
    assert counts["dropped_same_in_max_length"] == 1
    assert counts["dropped_preferences"] == 3
    assert counts["dropped_control_token"] == 1
    assert counts["truncated"] == 5


@pytest.mark.parametrize("nothing", [[], None])
def test_a_snapshot_without_preferences_is_refused(
    trained: Trained, data_dir: Path, tmp_path: Path, nothing: list[dict[str, Any]] | None
) -> None:
    folder = preferred.write(tmp_path / "none", [])
    if nothing is None:
        shutil.rmtree(folder / "preferences")
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        del manifest["files"]["preferences/train.parquet"]
        manifest["sha256"] = preferred._manifest_sha256(manifest)
        (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(UsageError, match=r"no rows in preferences/train\.parquet.*nothing was trained.*review queue"):
        _train(PREFERRING, folder, trained.folder / "base")
    assert not data_dir.exists()


@pytest.mark.parametrize(
    ("stage", "said"),
    [
        ({"DPOConfig": None}, r"wants a block DPOConfig, such as {beta: 0.1"),
        ({"DPOConfig": {"betta": 0.1}}, r"DPOConfig\.betta: no such key, did you mean beta\?"),
        ({"DPOConfig": {"beta": 0}}, r"DPOConfig\.beta: it is above 0"),
        ({"DPOConfig": {"beta": "much"}}, r"DPOConfig\.beta: 'much'"),
        ({"DPOConfig": {"loss_type": "kto"}}, r"loss_type: 'kto': not taken, known: sigmoid, "),
        ({"DPOConfig": {"loss_type": []}}, r"loss_type: give each loss once"),
        ({"DPOConfig": {"loss_type": ["sigmoid", "sft"], "loss_weights": [1]}}, r"1 weights for 2 losses"),
        ({"DPOConfig": {"label_smoothing": 0.1}}, r"label_smoothing: loss_type: robust alone"),
        ({"DPOConfig": {"loss_type": "robust", "label_smoothing": 0.5}}, r"from 0 up to 0\.5"),
        ({"DPOConfig": {"precompute_ref_log_probs": True}}, r"not taken, the reference is the model with its adapter"),
        ({"DPOConfig": {"max_length": 9}}, r"DPOConfig\.max_length: not taken, it is the stage's"),
        ({"DPOConfig": {"learning_rate": 1e-6}}, r"DPOConfig\.learning_rate: it belongs into TrainingArguments"),
        ({"SFTConfig": {"packing": True}}, r"SFTConfig is not for data: \[preferences\]"),
        ({"LoraConfig": {"r": 2, "lora_dropout": 0.1}}, r"lora_dropout: 0, a loss against"),
        ({"LoraConfig": {"r": 2, "bias": "all"}}, r"LoraConfig\.bias: none"),
        ({"LoraConfig": {"r": 2, "init_lora_weights": "pissa"}}, r"init_lora_weights: this one changes"),
        ({"LoraConfig": None}, r"wants a LoraConfig"),
        ({"data": ["pairs", "preferences"]}, r"trained on alone"),
        ({"data": ["pairs"]}, r"DPOConfig is for data: \[preferences\]"),
    ],
)
def test_a_stage_that_cannot_be_is_refused(tmp_path: Path, stage: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        load(_only_the_last_stage(tmp_path, **stage))


def test_the_recipe_has_three_stages_and_only_known_losses() -> None:
    *_, stage = load("preference").content.stages
    assert [s.data for s in load("preference").content.stages] == [("corpus",), ("pairs",), ("preferences",)]
    assert stage.dpo == {"loss_type": ["sigmoid_norm"], "beta": 5.0}
    packed_stages = load("packed").data["stages"]
    assert load("preference").data["stages"][:2] == packed_stages


def test_a_plan_says_what_it_leaves_out(trained: Trained, preferring: Path, tmp_path: Path) -> None:
    base = str(trained.folder / "base")
    asked = Asked(PREFERRING, named("a100-40gb"), str(preferring), base)
    made = planning.plan(asked, taken(str(preferring)))
    assert [stage["name"] for stage in made["stages"]] == ["corpus", "pairs"]
    [note] = [note for note in made["notes"] if note.startswith("preferences: ")]
    assert "trains on 16 preferences, of two answers and up to 512 tokens each; a token costs 1.5 times" in note
    assert note in table.told(made)
    with pytest.raises(UsageError, match="stages over preferences are not planned"):
        planning.plan(Asked(_only_the_last_stage(tmp_path), named("a100-40gb"), None, base), None)


def test_both_answers_are_inspected(trained: Trained, preferring: Path) -> None:
    wanted = inspection.Wanted("preferences", 2, str(trained.folder / "base"))
    found = inspection.inspect(load(PREFERRING), taken(str(preferring)), wanted)
    assert [len(row) for row in found.rows] == [2, 2]
    chosen, rejected = ("".join(token.text for token in document.tokens) for document in found.rows[0])
    assert chosen.split("<|CHATBOT_TOKEN|>")[0] == rejected.split("<|CHATBOT_TOKEN|>")[0]
    assert chosen != rejected
    assert all(any(token.trained for token in document.tokens) for document in found.rows[0])
    assert found.rows[0][1].tokens[0].position == 0


def _train(recipe: str, snapshot: Path, model: Path) -> dict[str, Any]:
    return export_and_train(Request(recipe, snapshot=str(snapshot), model=str(model)), Reporter())


def _only_the_last_stage(folder: Path, **changes: Any) -> str:
    data = yaml.safe_load(Path(PREFERRING).read_text(encoding="utf-8"))
    last = data["stages"][-1] | changes
    data["stages"] = [{key: value for key, value in last.items() if value is not None}]
    path = folder / "last.yaml"
    path.write_text(yaml.safe_dump(data), encoding="utf-8")
    return str(path)


def _encoded(snapshot: Path, start: Path, folder: Path) -> list[dict[str, list[int]]]:
    stage = load(PREFERRING).content.stages[-1]
    made = encode(stage, taken(str(snapshot)), tokenizer_of(start), Place(folder / "data", 1))
    assert "16 preferences" in told(stage, made.counts)
    return list(made.dataset)


def _model(folder: Path) -> Any:
    return AutoModelForCausalLM.from_pretrained(folder).eval()


def _likelihood(model: Any, row: dict[str, list[int]]) -> list[float]:
    """In nats, of the chosen and of the rejected answer."""
    found = []
    for number in (0, 1):
        one = side(row, number)
        with torch.no_grad():
            logits = model(torch.tensor([one["input_ids"]])).logits[0, :-1]
        labels = torch.tensor(one["labels"][1:])
        nats = log_softmax(logits, -1)[torch.arange(len(labels)), labels.clamp(min=0)]
        found.append(float(nats[labels >= 0].sum()))
    return found
