"""A finished run whose parts lie with their lineages, in a data folder of its own; and writers that are killed."""

import json
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from trainer import card, lineage, verify

BOMB = 10_000


def kept(trained: Path, snapshot: Path, home: Path) -> Path:
    """A copy of a trained run below `home`, sealed as the end of a training seals it."""
    run = shutil.copytree(trained, home / "runs" / trained.name, symlinks=True)
    finish(run, snapshot)
    return run


def finish(run: Path, snapshot: Path) -> None:
    """What a training writes last, in its order."""
    state = lineage.read_json(run / "run.json")
    card.write(run / "merged", state, json.loads((snapshot / "manifest.json").read_text()))
    lineage.seal(run, state)


def files(run: Path) -> Iterator[str]:
    """Every file of a run that says something."""
    for path in sorted(run.rglob("*")):
        if path.is_file() and path.name != "lock":
            yield str(path.relative_to(run))


def changed(path: Path, place: int = -2) -> bytes:
    """Flip a bit in one byte; returns what was there."""
    before = path.read_bytes()
    data = bytearray(before)
    data[place % len(data)] ^= 1
    path.chmod(0o644)
    path.write_bytes(bytes(data))
    return before


def bad(found: dict[str, Any]) -> dict[str, str]:
    """What `verify` tells of files that are not as they were."""
    return {path: what for item in found["items"] if item.is_damage for path, what in item.files.items()}


def killed_at_each(
    calls: dict[Any, str], work: Path, action: Callable[[Path], object], check: Callable[[Path], object], step: int = 1
) -> int:
    """Do `action` to fresh folders, killed -9 before and after each of the calls in turn, then `check`; how often.

    `calls` are functions by the object or module that has them; an odd `step` leaves some out.
    """
    for turn in range(0, BOMB, step):
        place = work / str(turn)
        child = os.fork()
        if child == 0:
            _die_at(turn, calls)
            action(place)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        died = os.WIFSIGNALED(status)
        assert died or os.WEXITSTATUS(status) == 0
        check(place)
        shutil.rmtree(place)
        if not died:
            return turn // step
    raise AssertionError("it never came to its end")


def kill_the_sealing(trained: Path, snapshot: Path, work: Path) -> None:
    """Whatever write it dies at, no lineage is half there and writing them again ends well. Imports no torch."""

    def check(home: Path) -> None:
        run = home / "runs" / trained.name
        for found in run.rglob(lineage.NAME):
            lineage.read(found.parent)
        finish(run, snapshot)
        assert verify.damage(verify.verify(run, row=False)) is None
        assert not list(run.rglob(".partial-*.json"))

    died = killed_at_each({Path: "replace"}, work, lambda home: kept(trained, snapshot, home), check)
    assert died == 2 * (3 + 1 + 4), died  # plots, card, lineages


def _die_at(turn: int, calls: dict[Any, str]) -> None:
    """Have this process kill itself at a call: even turns before it, odd ones after."""
    counted = [0]

    def deadly(call: Callable[..., Any]) -> Callable[..., Any]:
        def called(*args: Any, **kwargs: Any) -> Any:
            if counted[0] == turn:
                os.kill(os.getpid(), signal.SIGKILL)
            made = call(*args, **kwargs)
            if counted[0] + 1 == turn:
                os.kill(os.getpid(), signal.SIGKILL)
            counted[0] += 2
            return made

        return called

    for owner, name in calls.items():
        setattr(owner, name, deadly(getattr(owner, name)))
