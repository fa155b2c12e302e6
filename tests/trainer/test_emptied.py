"""A stage that no sequence is left for is told before an earlier one is trained, and by a dry run."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from storage.errors import UsageError
from tests.trainer import preferred
from tests.trainer.conftest import SMOKE, Trained
from trainer.progress import Reporter
from trainer.request import Request
from trainer.train import export_and_train

NONE_LEFT = r"stage pairs: no sequence is left .* of 52 pairs: .*52 dropped, no answer left in max_length"


@pytest.mark.parametrize("dry_run", [True, False])
def test_answers_that_max_length_cuts_off(
    data_dir: Path, trained: Trained, snapshot: Path, tmp_path: Path, dry_run: bool
) -> None:
    asked = Request(_too_short(tmp_path), snapshot=str(snapshot), model=_base(trained), dry_run=dry_run)
    with pytest.raises(UsageError, match=NONE_LEFT) as refused:
        export_and_train(asked, Reporter())
    assert "{" not in str(refused.value)
    assert not data_dir.exists()


@pytest.mark.parametrize("dry_run", [True, False])
def test_so_of_a_base_that_is_made(data_dir: Path, snapshot: Path, tmp_path: Path, dry_run: bool) -> None:
    with pytest.raises(UsageError, match=NONE_LEFT):
        export_and_train(Request(_too_short(tmp_path), snapshot=str(snapshot), dry_run=dry_run), Reporter())
    assert not list(data_dir.rglob("checkpoint-*"))
    assert not list(data_dir.rglob("0-warm-start*"))


@pytest.mark.parametrize("dry_run", [True, False])
def test_preferences_whose_two_sides_are_equal(data_dir: Path, trained: Trained, tmp_path: Path, dry_run: bool) -> None:
    rows = [row | {"rejected": row["chosen"]} for row in preferred.rows(4)]
    snapshot = preferred.write(tmp_path / "snapshot", rows)
    asked = Request(preferred.PREFERRING, snapshot=str(snapshot), model=_base(trained), dry_run=dry_run)
    said = "stage preferences: no sequence is left .* of 4 preferences: .*4 preferences dropped, both answers the same"
    with pytest.raises(UsageError, match=said):
        export_and_train(asked, Reporter())
    assert not data_dir.exists()


def _base(trained: Trained) -> str:
    return str(trained.folder / "base")


def _too_short(folder: Path) -> str:
    data: dict[str, Any] = yaml.safe_load(Path(SMOKE).read_text(encoding="utf-8"))
    data["stages"][1]["max_length"] = 16
    path = folder / "short.yaml"
    path.write_text(yaml.safe_dump(data), encoding="utf-8")
    return str(path)
