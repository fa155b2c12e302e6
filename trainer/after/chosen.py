"""The model a user means by a run's name or by a folder, found without torch: a wrong name is told within a second."""

from dataclasses import dataclass
from pathlib import Path

from storage.errors import DataDamaged, TabibError, UsageError, unknown
from trainer.folder import STATE, RunFolder, runs_root

CONFIG = "config.json"


@dataclass(frozen=True)
class Chosen:
    """A model's folder and the name it goes by; `run` where it came out of a training of ours."""

    name: str
    folder: Path
    run: RunFolder | None = None

    def broken(self, reason: object) -> TabibError:
        """The error for a model that does not load: our own run is damaged, a folder that was given is a wrong one."""
        line = f"{self.folder} holds no model that loads: {' '.join(str(reason).split())[:300]}"
        return DataDamaged(line) if self.run else UsageError(line)


def model(name: str) -> Chosen:
    """The finished model of a run, or the one in a folder. Raises UsageError where there is none."""
    path = Path(name)
    if _is_path(name) and not (path / STATE).exists():
        if not (path / CONFIG).is_file():
            raise UsageError(f"{path} is no model folder: it has no {CONFIG}")
        return Chosen(path.absolute().name, path.absolute())
    found = run(name)
    return Chosen(found.name, found.merged, found)


def run(name: str) -> RunFolder:
    """A finished run, by its name under the data folder or by its own folder. Raises UsageError where there is none."""
    begun = [path.parent.name for path in runs_root().glob(f"*/{STATE}")]
    if _is_path(name):
        found = RunFolder(str(Path(name).absolute()))  # of two absolute paths joined, the second one stands
        found.name = found.path.name
        if not (found.path / STATE).is_file():
            raise UsageError(f"{name} is no run's folder: it has no {STATE}")
    elif name not in begun:
        raise unknown("run", name, begun)
    else:
        found = RunFolder(name)
    if not found.is_done():
        status = found.state().get("status", "not begun")
        raise UsageError(f"run {found.name} has no finished model (it is {status}): train it to its end first")
    return found


def _is_path(name: str) -> bool:
    """Whether a path is meant: a run's name has no slash and is no folder here."""
    return "/" in name or Path(name).is_dir()
