"""Whether an error means that the disk took no more: each library says so in its own words."""

import errno
import shutil
from collections.abc import Iterator
from pathlib import Path

from storage.errors import DiskFull

NO_MORE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)  # the last is a limit set on files, which nothing here comes near
SAID = tuple(f"(os error {number})" for number in NO_MORE)  # safetensors'
TORCH_WRITER, TORCH_READER = "inline_container", "PytorchStreamReader"  # torch.save keeps no error number
FULL = 1 << 20  # with less than this free, whatever a library said, the disk is full
DEEPEST = 20


def is_full(error: BaseException, folder: Path) -> bool:
    """Whether `error`, or one that led to it, came of writing to a disk without room; `folder` is on that disk."""
    return any(_says_so(each) for each in _chain(error)) or shutil.disk_usage(folder).free < FULL


def told(folder: Path) -> DiskFull:
    """What a user is told."""
    return DiskFull(
        f"the disk of {folder} is full; finished stages and the last whole checkpoint are kept: "
        "make room, then run the same command again"
    )


def _says_so(error: BaseException) -> bool:
    if isinstance(error, OSError) and error.errno in NO_MORE:
        return True
    said = str(error)
    return any(words in said for words in SAID) or (TORCH_WRITER in said and TORCH_READER not in said)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    for _ in range(DEEPEST):
        if error is None:
            return
        yield error
        error = error.__cause__ or error.__context__
