"""A snapshot of sample texts and one run trained on it, shared by the tests of this folder."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from storage.settings import settings
from tests.trainer import sample

SOURCES = {"drhast": 40, "niniban": 24, "isovisit": 4}
SMOKE = str(Path(__file__).parent / "smoke.yaml")


@dataclass(frozen=True)
class Trained:
    """A finished run: its data folder, its own folder, and what `run.json` says."""

    home: Path
    folder: Path
    state: dict[str, Any]


@pytest.fixture(scope="session")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A snapshot folder of 52 pairs for training, 12 of dev, 4 of test, and 10 articles."""
    rows = [row for source, most in SOURCES.items() for row in sample.pairs(source)[:most]]
    return sample.write(tmp_path_factory.mktemp("snapshot"), rows, sample.articles()[:10])


@pytest.fixture(scope="session")
def trained(snapshot: Path, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """The smoke recipe trained on `snapshot`, without a database."""
    from trainer.progress import Reporter
    from trainer.request import Request
    from trainer.train import export_and_train

    home = tmp_path_factory.mktemp("trained")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("TABIB_DATA_DIR", str(home))
        settings.cache_clear()
        state = export_and_train(Request(SMOKE, snapshot=str(snapshot)), Reporter())
    settings.cache_clear()
    return Trained(home, home / "runs" / state["name"], state)
