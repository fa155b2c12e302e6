"""The `evaluator` command run in the tests' own process, which spares a second of imports each time."""

import io
import sys
from contextlib import redirect_stderr, redirect_stdout
from typing import NamedTuple

import pytest

from evaluator.cli import main


class Told(NamedTuple):
    """How it ended and what it printed."""

    code: object
    out: str
    err: str


def evaluator(*arguments: str, said: str = "") -> Told:
    """Run it with these arguments, and `said` as its standard input."""
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patched, redirect_stdout(out), redirect_stderr(err):
        patched.setattr(sys, "argv", ["evaluator", *arguments])
        patched.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(said.encode()), "utf-8"))
        try:
            main()
        except SystemExit as ended:
            return Told(ended.code, out.getvalue(), err.getvalue())
    raise AssertionError("a command ends by exiting")
