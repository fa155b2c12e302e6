"""Which stages of a run are done, and still what they were: a resumed training goes on from no others."""

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from storage.errors import DataDamaged, UsageError
from trainer import lineage
from trainer.folder import RunFolder
from trainer.recipe import Stage

MEASURES = "stage.json"  # a stage's last file: with it the stage is done
BESIDE = ("data", "checkpoints")  # of no use to a stage that is done


@dataclass(frozen=True)
class Stages:
    """A run's folder and its stages in order; the first makes the base where it trains all weights."""

    run: RunFolder
    stages: Sequence[Stage]

    def place(self, number: int) -> Path:
        """Where stage `number` lies once it is done."""
        return self.run.work / f"{number}-{self.stages[number].name}"

    def adapter(self, number: int) -> Path:
        """The adapter of a stage, wherever it lies by now."""
        final = self.run.path / "adapter" / self.stages[number].name
        return final if final.exists() else self.place(number) / "adapter"

    def model(self, number: int) -> Path:
        """The model that a stage left, wherever it lies by now."""
        if not self.stages[number].lora and self.run.base.exists():
            return self.run.base
        if number == len(self.stages) - 1 and self.run.merged.exists():
            return self.run.merged
        return self.place(number) / "model"

    def forget_damaged(self) -> str | None:
        """Remove what does not match its own lineage, and all that was made from it; a line about it.

        What is removed is trained again, from the last model that is whole: of the earlier ones none is kept.
        """
        done = self._done()
        whole = self._whole(done)
        if whole == done:
            return None
        names = ", ".join(stage.name for stage in self.stages[whole:done])
        for number in range(whole, len(self.stages)):
            for found in self._left_by(number):
                shutil.rmtree(found, ignore_errors=True)
        return f"files of finished stages are not what they were when they were written: {names} trained again"

    def sweep(self, number: int) -> None:
        """Remove what is of no use any more now that stage `number` is done: the model it began from among it."""
        for name in BESIDE:
            shutil.rmtree(self.place(number) / name, ignore_errors=True)
        if number:
            shutil.rmtree(self.place(number - 1) / "model", ignore_errors=True)

    def _done(self) -> int:
        """How many stages are done, one after the other."""
        undone = (n for n in range(len(self.stages)) if not (self.place(n) / MEASURES).exists())
        return next(undone, len(self.stages))

    def _whole(self, done: int) -> int:
        """After how many of them the training can go on: adapters up to there and the model there are whole."""
        adapters = [not stage.lora or _is_whole(self.adapter(n)) for n, stage in enumerate(self.stages[:done])]
        most = adapters.index(False) if False in adapters else done
        if most and not self.stages[0].lora and not _is_whole(self.model(0)):
            return 0
        return next((after for after in range(most, 0, -1) if _is_whole(self.model(after - 1))), 0)

    def _left_by(self, number: int) -> Iterator[Path]:
        place = self.place(number)
        yield from (self.model(number), self.adapter(number), place, place.with_name(f"{place.name}.partial"))


def _is_whole(folder: Path) -> bool:
    try:
        wanted, found = lineage.read(folder)["files"], lineage.hashes(folder)
    except (UsageError, DataDamaged, OSError):
        return False
    return all(found.get(name) == sha256 for name, sha256 in wanted.items())
