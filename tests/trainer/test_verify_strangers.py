"""A run that holds a part of another run, or says that it is not done, is not what it was: nothing is sealed anew."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from storage.runs import fingerprint
from tests.trainer.conftest import Trained
from tests.trainer.kept import bad, finish, kept
from trainer import lineage
from trainer.folder import RunFolder
from trainer.verify import damage, verify


@pytest.fixture
def run(trained: Trained, snapshot: Path, data_dir: Path) -> Path:
    return kept(trained.folder, snapshot, data_dir)


@pytest.fixture
def other(trained: Trained, snapshot: Path, tmp_path: Path) -> Path:
    """Another whole run: of its own seed, with weights of its own, and a stage more."""
    place = shutil.copytree(trained.folder, tmp_path / "other" / "runs" / "other")
    shutil.copytree(place / "adapter" / "pairs", place / "adapter" / "more")
    for weights in place.rglob("*.safetensors"):
        data = weights.read_bytes()
        weights.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    base = trained.state["metrics"]["base"] | {"sha256": fingerprint(place / "base")}
    state = trained.state | {"name": "other", "seed": 8, "model_sha256": fingerprint(place / "merged")}
    (place / "run.json").write_bytes(lineage.as_bytes(state | {"metrics": trained.state["metrics"] | {"base": base}}))
    finish(place, snapshot)
    assert damage(verify(place, row=False)) is None
    return place


@pytest.mark.parametrize("part", ["adapter/pairs", "adapter/corpus", "base", "merged"])
def test_a_part_of_another_run_is_told(run: Path, other: Path, part: str) -> None:
    shutil.rmtree(run / part)
    shutil.copytree(other / part, run / part)
    found = bad(verify(run))
    assert f"{part}/lineage.json" in found or found.get("run.json") == "changed", found
    assert part == "merged" or found[f"{part}/lineage.json"] == "changed"


@pytest.mark.parametrize(("part", "place"), [("adapter/corpus", "adapter/pairs"), ("base", "merged")])
def test_a_part_in_the_place_of_another_is_told(run: Path, part: str, place: str) -> None:
    shutil.rmtree(run / place)
    shutil.copytree(run / part, run / place)
    assert bad(verify(run))[f"{place}/lineage.json"] == "changed"


def test_a_part_of_the_same_run_trained_otherwise_is_told(run: Path, other: Path) -> None:
    """Only the seal of the whole knows which weights were its own."""
    shutil.rmtree(run / "adapter" / "pairs")
    shutil.copytree(other / "adapter" / "pairs", run / "adapter" / "pairs")
    (run / "adapter" / "pairs" / lineage.NAME).unlink()
    lineage.write(run / "adapter" / "pairs")
    assert bad(verify(run)) == {"adapter/pairs/lineage.json": "changed"}
    shutil.rmtree(run / "base")
    shutil.copytree(other / "base", run / "base")
    (run / "base" / lineage.NAME).unlink()
    lineage.write(run / "base")
    assert bad(verify(run))["base/lineage.json"] == "changed"


def test_an_adapter_that_was_added_or_taken_is_told(run: Path, other: Path) -> None:
    shutil.copytree(other / "adapter" / "more", run / "adapter" / "more")
    assert bad(verify(run)) == {"adapter/more": "added"}
    shutil.rmtree(run / "adapter")
    assert {"adapter/corpus", "adapter/pairs"} == set(bad(verify(run)))


def test_a_base_that_was_made_is_not_elsewhere(run: Path, tmp_path: Path) -> None:
    shutil.rmtree(run / "base")
    (run / "base").symlink_to(tmp_path / "nowhere")
    assert bad(verify(run)) == {"base": "missing"}


def _without(part: str) -> Callable[[Path, Path], object]:
    return lambda run, _other: shutil.rmtree(run / part)


def _of_the_other(run: Path, other: Path) -> None:
    shutil.rmtree(run / "merged")
    shutil.copytree(other / "merged", run / "merged")


@pytest.mark.parametrize("change", [lambda *_: None, _without("merged"), _without("adapter"), _of_the_other])
@pytest.mark.parametrize("lie", [{}, {"seed": 8}, {"recipe": "about: another"}, {"snapshot_sha256": "b" * 64}])
def test_a_done_run_that_says_it_is_running_is_judged_as_done(
    run: Path, other: Path, lie: dict[str, Any], change: Callable[[Path, Path], object]
) -> None:
    state = json.loads((run / "run.json").read_text(encoding="utf-8"))
    (run / "run.json").write_bytes(lineage.as_bytes(state | lie | {"status": "running"}))
    change(run, other)
    assert damage(verify(run)), verify(run)


@pytest.mark.parametrize("lie", [{"seed": 8}, {"recipe_sha256": "a" * 64}, {"snapshot_sha256": "b" * 64}])
def test_parts_of_a_run_that_is_not_done_are_its_own(run: Path, trained: Trained, lie: dict[str, Any]) -> None:
    shutil.rmtree(run / "merged")
    shutil.rmtree(run / "adapter")
    begun = trained.state | {"status": "running"}
    RunFolder(run.name).write_state(begun)
    assert damage(verify(run)) is None
    RunFolder(run.name).write_state(begun | lie)
    assert bad(verify(run)) == {"base/lineage.json": "changed"}


def test_a_run_that_is_finished_at_this_moment_is_not_called_damaged(run: Path, trained: Trained) -> None:
    folder = RunFolder(run.name)
    folder.write_state(trained.state | {"status": "running"})
    with folder.held():
        assert damage(verify(run)) is None
    assert bad(verify(run)) == {"run.json": "changed"}


def test_a_run_whose_lineages_were_taken_in_part_is_no_older_one(run: Path, trained: Trained) -> None:
    versions = {key: value for key, value in trained.state["versions"].items() if key != "trainer_sources"}
    (run / "merged" / lineage.NAME).unlink()
    RunFolder(run.name).write_state(trained.state | {"versions": versions, "seed": 9})
    assert bad(verify(run))["merged/lineage.json"] == "missing"
