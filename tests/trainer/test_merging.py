"""Adapter and merged model say the same; where a format of two bytes keeps them from it, that is told."""

import copy
from contextlib import nullcontext
from pathlib import Path

import pytest
import torch
import yaml

from storage.errors import TabibError
from tests.trainer import short
from tests.trainer.conftest import Trained
from tests.trainer.tiny_models import VOCABULARY, Case, model
from trainer import merging, rehearsal, widened
from trainer.merging import ENOUGH, low
from trainer.progress import Reporter
from trainer.request import Request
from trainer.train import export_and_train
from trainer.widened import in_float32


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_adapter_and_merged_model_agree(
    trained: Trained, snapshot: Path, data_dir: Path, tmp_path: Path, dtype: str, capsys: pytest.CaptureFixture[str]
) -> None:
    wanted = short.of_a_base(tmp_path, dtype)
    state = export_and_train(Request(wanted, snapshot=str(snapshot), model=str(trained.folder / "base")), Reporter())
    card = (data_dir / "runs" / state["name"] / "merged" / "README.md").read_text(encoding="utf-8")
    told = capsys.readouterr().err
    for stage in state["metrics"]["stages"]:
        found = stage["merged"]
        assert found["agree"] >= ENOUGH
        assert f"the likeliest at {100 * found['agree']:.1f} % of {found['tokens']} places" in card
        assert (set(found) == {"tokens", "agree"}) is (dtype == "float32")
        if dtype == "bfloat16":
            assert 0.97 <= found["agree_as_written"] <= found["agree"]
            assert 0.97 <= found["adapter_with_itself"] < 1
            assert f"they do at {100 * found['agree_as_written']:.1f} %" in card
            assert ("merged weights are rounded" in told) is (found["agree_as_written"] < ENOUGH)


def test_trained_in_mixed_precision_both_are_compared_in_their_own(
    snapshot: Path, data_dir: Path, tmp_path: Path
) -> None:
    wanted = short.recipe(tmp_path / "mixed.yaml", bf16=True)
    for stage in export_and_train(Request(wanted, snapshot=str(snapshot)), Reporter())["metrics"]["stages"][1:]:
        assert stage["merged"]["agree"] >= ENOUGH


@pytest.mark.filterwarnings("ignore::UserWarning:peft")
def test_a_merged_model_that_is_not_what_was_trained_stops_the_run(
    snapshot: Path, data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One weight is embedding and head: its adapter is merged into both, and changed only one of them."""
    data = yaml.safe_load(Path(short.recipe(tmp_path / "short.yaml", learning_rate=0.1)).read_text(encoding="utf-8"))
    data["stages"][0]["LoraConfig"] |= {"target_modules": ["q_proj", "embed_tokens"], "lora_alpha": 64}
    wanted = tmp_path / "tied.yaml"
    wanted.write_text(yaml.safe_dump(data), encoding="utf-8")
    monkeypatch.setattr(rehearsal, "require", lambda *_: None)
    for _ in range(2):  # run again it stops there again
        with pytest.raises(TabibError, match=r"corpus: .* is not the model that was trained"):
            export_and_train(Request(str(wanted), snapshot=str(snapshot)), Reporter())
        (run,) = (data_dir / "runs").iterdir()
        assert not (run / "work" / "1-corpus").exists()
        assert not (run / "work" / "2-pairs.partial").exists()


@pytest.mark.parametrize(
    ("found", "stops"),
    [
        ({}, False),
        ({"agree": 0.99, "tokens": 1000}, False),
        ({"agree": 0.989, "tokens": 1000}, True),
        ({"agree": 0.95, "tokens": 20}, False),
        ({"agree": 1.0, "agree_as_written": 0.9, "tokens": 1000}, False),
    ],
)
def test_only_what_no_format_explains_stops(found: dict[str, float], stops: bool) -> None:
    with pytest.raises(TabibError) if stops else nullcontext():
        merging.require_same("pairs", found)


@pytest.mark.parametrize("merge", [False, True])
@pytest.mark.parametrize("block", [7, 10_000])
def test_a_layer_at_a_time_is_the_whole_model_in_float32(
    merge: bool, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither embedding nor head is ever widened whole: of the 8-billion model each would take 4 GiB."""
    monkeypatch.setattr(widened, "BLOCK", block)
    torch.manual_seed(0)
    network = model(Case(dtype="bfloat16")).eval()
    for name, weights in network.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(weights, std=0.1)
    ids = torch.randint(5, VOCABULARY, (3, 40))
    before = {name: weights.clone() for name, weights in network.state_dict().items()}
    wide = copy.deepcopy(network).float()
    wide = wide.merge_and_unload(safe_merge=True) if merge else wide
    with torch.no_grad():
        narrow, expected = network(input_ids=ids).logits, wide(input_ids=ids).logits
        embedding, head = network.get_input_embeddings(), network.get_output_embeddings()
        seen: set[torch.dtype] = set()
        watching = embedding.register_forward_pre_hook(lambda m, _: seen.add(m.weight.dtype))
        with in_float32(network, merge):
            found = network(input_ids=ids).logits
            assert head.weight.dtype == torch.bfloat16
        watching.remove()
        assert seen == {torch.bfloat16}
        assert "forward" not in vars(head)
        again = network(input_ids=ids).logits
    assert found.dtype == torch.float32
    torch.testing.assert_close(found, expected, atol=1e-6, rtol=1e-5)
    assert (found - narrow).abs().max() > 1e-4
    assert torch.equal(narrow, again)
    for name, weights in network.state_dict().items():
        assert weights.dtype == before[name].dtype
        assert torch.equal(weights, before[name])


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ({}, None),
        ({"agree": 0.995}, None),
        ({"agree": 0.99, "tokens": 1000}, "agree on 99.0% of greedy tokens, less than 99.5%"),
        (
            {"agree": 1.0, "agree_as_written": 0.989, "adapter_with_itself": 0.993},
            "in it adapter and merged model agree on 98.9% of greedy tokens, less than 99.5%, and in float32 on 100.0%",
        ),
        ({"agree": 1.0, "agree_as_written": 0.996, "adapter_with_itself": 0.998}, None),
    ],
)
def test_too_little_is_told(found: dict[str, float], said: str | None) -> None:
    told = low(found)
    assert told is None if said is None else said in (told or "")
