"""The card shows whatever a recipe, a snapshot and a machine say as words, and publishes no folder of this machine."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.trainer.conftest import Trained
from trainer import card

MANIFEST: dict[str, Any] = {"recipe": "default", "files": {"pairs/train.parquet": {"rows": 52}}}
SCRIPT = "<script>alert(1)</script>"


def header(text: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(text.split("---\n")[1])
    return found


def based_on(state: dict[str, Any], name: str, folder: str) -> dict[str, Any]:
    base = {"name": name, "folder": folder, "sha256": "a" * 64, "given": True}
    metrics = state["metrics"] | {"base": {"name": name, "sha256": "a" * 64}}
    return state | {"base": base, "metrics": metrics}


def test_no_value_becomes_markup(trained: Trained) -> None:
    hostile = f"x`{SCRIPT}|**b** [l](http://e.e) ![p](q)\n\n# big\n---\n"
    metrics, part = trained.state["metrics"], {"part": hostile, "kwh": 1.0, "method": "", "by": ""}
    metrics = metrics | {
        "attention": {"kernel": hostile, "reason": hostile},
        "energy": metrics["energy"] | {"source": hostile, "parts": [part]},
        "base": {"name": hostile, "sha256": "a" * 64},
    }
    hardware = {"cpu": hostile, "threads": 2, "gpus": [hostile]}
    versions = {hostile: hostile}
    state = trained.state | {"metrics": metrics, "hardware": hardware, "versions": versions, "recipe_name": hostile}
    written = card.render(state, {"recipe": hostile, "files": {hostile: {"rows": 1}}})
    ours = card.render(trained.state, MANIFEST)
    assert "<script" not in written
    assert not re.search(r"(?<!\\)\]\(http", written)
    assert "\n# big" not in written
    assert "**b**" not in written
    assert written.count("\n---\n") == ours.count("\n---\n") == 1
    table = [line for line in written.splitlines() if "script" in line and line.startswith("|")]
    assert [line.replace("\\|", "").count("|") for line in table] == [3]
    assert header(written) == header(ours)


def test_figures_and_names_stay_as_they_are_read(trained: Trained) -> None:
    written = card.render(trained.state, MANIFEST)
    for part in ("recipe `smoke`", "`default`", "| pairs/train.parquet | 52 |", "held-out bits per byte", "seed 7"):
        assert part in written
    assert "\\" not in written.split("```yaml")[0].replace("\\_", "")
    assert f"```yaml\n{trained.state['recipe']}" in written
    versions = trained.state["versions"]
    assert f"torch {versions['torch']}, transformers {versions['transformers']}, " in written


@pytest.mark.parametrize("ticks", ["```", "`````", "x ```` y", "~~~"])
def test_a_recipe_stays_in_its_fence(trained: Trained, ticks: str) -> None:
    recipe = f"about: x\n# {ticks}\n{ticks}\n# {SCRIPT}\nseed: 7\n"
    written = card.render(trained.state | {"recipe": recipe}, MANIFEST)
    fence, _, inside = written.rpartition("yaml\n" + recipe)
    ticks_of_fence = fence.rpartition("\n")[2]
    assert set(ticks_of_fence) == {"`"}
    assert ticks_of_fence not in recipe
    assert inside.strip() == ticks_of_fence


@pytest.mark.parametrize(
    "name", ["/home/ali: #1/aya", "models/aya", "./aya", 'x"\n---\nlicense: mit', "../private/CohereForAI/aya"]
)
def test_a_folder_is_no_base_model_of_the_hub(trained: Trained, name: str) -> None:
    written = card.render(based_on(trained.state, name, str(Path("/home/ali") / name)), MANIFEST)
    found = header(written)
    assert "base_model" not in found
    assert found["license"] == "other"
    for private in ("home", "ali: ", "private", "models/"):
        assert private not in written.split("```yaml")[0]


def test_a_hub_id_is_the_base_model(trained: Trained) -> None:
    folder = "/cache/hub/models--CohereForAI--aya-expanse-8b/snapshots/0123abc"
    written = card.render(based_on(trained.state, "CohereForAI/aya-expanse-8b", folder), MANIFEST)
    assert header(written)["base_model"] == "CohereForAI/aya-expanse-8b"
    assert "Base: CohereForAI/aya-expanse-8b (`aaaaaaaaaaaaaaaa`)" in written


def test_a_base_that_was_made_has_no_name_of_the_hub(trained: Trained) -> None:
    written = card.render(trained.state, MANIFEST)
    assert "base_model" not in header(written)
    assert "Base: made (`" in written


def test_other_versions_on_the_way_are_told(trained: Trained) -> None:
    first = {"began_at": "2026-11-27T01:00:00+00:00", "versions": trained.state["versions"] | {"torch": "2.0"}}
    last = {"began_at": "2026-11-28T01:00:00+00:00", "versions": trained.state["versions"]}
    attempts = [attempt | {"hardware": trained.state["hardware"]} for attempt in (first, last)]
    written = card.render(trained.state | {"attempts": attempts}, MANIFEST)
    assert f"torch 2.0 → {trained.state['versions']['torch']}" in written
    assert "→" not in card.render(trained.state | {"attempts": attempts[1:]}, MANIFEST).split("## Made with")[1]


def test_several_machines_are_told(trained: Trained) -> None:
    hardware = trained.state["hardware"] | {"machines": 2}
    assert "the first of 2 machines" in card.render(trained.state | {"hardware": hardware}, MANIFEST)
    assert "machines" not in card.render(trained.state, MANIFEST).split("## Made with")[1]
