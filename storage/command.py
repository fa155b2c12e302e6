"""What the six commands share: a typer app whose errors are one line and whose exit codes mean something.

0 done · 1 failed · 2 wrong usage · 3 a service is down · 4 disk full · 5 an extra is not installed ·
6 stored data damaged · 7 a budget is spent · 130 interrupted. `--debug` anywhere on the line shows the traceback.
"""

import errno
import sys
from typing import NoReturn

import typer
from typer.exceptions import Abort, TyperException

from storage.errors import TabibError

INTERRUPTED = 130


def command_line(name: str, about: str) -> typer.Typer:
    """An empty app for the command `name`; `about` opens its `--help`."""
    return typer.Typer(
        name=name,
        help=f"{about}\n\nAdd --debug to any command to see the traceback of an error.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    )


def run(app: typer.Typer) -> NoReturn:
    """Run `app` on the process's arguments and exit."""
    arguments = [a for a in sys.argv[1:] if a != "--debug"]
    debug = len(arguments) < len(sys.argv) - 1
    name = str(app.info.name)
    try:
        code = app(args=arguments, prog_name=name, standalone_mode=False)
    except (KeyboardInterrupt, Abort):
        code = INTERRUPTED
    except Exception as error:
        if debug:
            raise
        _fail(name, *_explain(error))
    if code == INTERRUPTED:  # which typer makes of Ctrl-C
        _fail(name, "interrupted; what was committed is kept, run the same command again to go on", INTERRUPTED)
    sys.exit(code if isinstance(code, int) else 0)


def _explain(error: Exception) -> tuple[str, int]:
    if isinstance(error, TabibError):
        return str(error), error.exit_code
    if isinstance(error, TyperException):
        if type(error).__name__ == "NoArgsIsHelpError":
            print(error.format_message())
            sys.exit(2)
        return f"{_usage(error)} (--help tells more)", 2
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        where = f" ({error.filename})" if error.filename else ""
        return f"the disk is full{where}; what was committed is kept: make room and run it again", 4
    return f"{type(error).__name__}: {error}. Run it again with --debug for the traceback.", 1


def _usage(error: TyperException) -> str:
    message = error.format_message() if hasattr(error, "format_message") else str(error)
    group = getattr(getattr(error, "ctx", None), "command", None)
    names = sorted(getattr(group, "commands", {}))
    if "No such command" not in message or not names:
        return message
    return f"{message.rstrip('.')}. There are: {', '.join(names)}"


def _fail(name: str, message: str, code: int) -> NoReturn:
    first, *listed = message.splitlines() or [""]
    lines = [f"{name}: {' '.join(first.split())}", *(f"  {' '.join(line.split())}" for line in listed if line.strip())]
    print("\n".join(lines), file=sys.stderr)
    sys.exit(code)
