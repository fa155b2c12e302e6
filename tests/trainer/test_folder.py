"""A run's name, known before any work, is one that can come home; one bad folder of runs blocks none of the others."""

import json
from pathlib import Path

import pytest

from storage.errors import DataDamaged, UsageError
from tests.trainer import short
from tests.trainer.conftest import SMOKE
from trainer import home
from trainer.folder import RunFolder, of, runs_root, to_go_on
from trainer.progress import Reporter
from trainer.recipe import load
from trainer.request import Request
from trainer.source import Frozen
from trainer.train import export_and_train


@pytest.mark.parametrize("stem", ["آزمون", "my recipe", "-x", "x" * 130, "x" * 105, "a\nb", ".hidden"])
def test_a_recipe_whose_runs_could_never_come_home_is_refused_first(
    data_dir: Path, tmp_path: Path, stem: str, snapshot: Path
) -> None:
    wanted = short.recipe(tmp_path / f"{stem}.yaml")
    for request in (Request(wanted, snapshot=str(snapshot)), Request(wanted), Request(wanted, resume=True)):
        with pytest.raises(UsageError, match=r"a run is named after.*rename its file.*nothing was done") as refused:
            export_and_train(request, Reporter())
        assert "\n" not in str(refused.value)
    assert not data_dir.exists()


@pytest.mark.parametrize("stem", ["paper", "my_recipe.v2-b", "x" * 104, "aزمون"])
def test_what_is_taken_comes_home(data_dir: Path, tmp_path: Path, stem: str) -> None:
    recipe = load(short.recipe(tmp_path / f"{stem}.yaml"), libraries=False)
    assert home.NAME.fullmatch(of(recipe, None, Frozen(tmp_path, {"sha256": "a" * 64})).name)


BAD = ("{}", "{", "[]", "3", "null", "[[1]]", '{"a":' * 5000, '{"recipe_sha256": "x", "status": "running"}', "\udcff")


@pytest.mark.parametrize("bad", BAD)
def test_a_run_json_of_anything_blocks_no_other_run(data_dir: Path, bad: str) -> None:
    recipe = load(SMOKE, libraries=False)
    mine = {"recipe_sha256": recipe.sha256, "status": "running", "started_at": "2026-11-27", "snapshot_folder": "/x"}
    _written("other", bad)
    with pytest.raises(UsageError, match=r"no run of recipe smoke waits"):
        to_go_on(recipe)
    _written("mine", json.dumps(mine))
    _written("newer", json.dumps(mine | {"started_at": "2026-11-28"}))
    _written("no-snapshot", json.dumps({**mine, "started_at": "2026-11-29", "snapshot_folder": None}))
    (runs_root() / "folder" / "run.json").mkdir(parents=True)
    assert to_go_on(recipe).name == "newer"


@pytest.mark.parametrize("bad", ["[]", "{", "3", "null", '{"a":' * 5000])
def test_a_state_of_anything_is_told_as_damage(data_dir: Path, bad: str) -> None:
    _written("mine", bad)
    with pytest.raises(DataDamaged, match=r"mine/run\.json cannot be read"):
        RunFolder("mine").state()


def _written(name: str, text: str) -> None:
    place = runs_root() / name
    place.mkdir(parents=True)
    (place / "run.json").write_text(text, encoding="utf-8", errors="surrogateescape")
