"""`storage forget` from its arguments to what it prints: show, ask, remove, erase."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass

import typer

from storage import db
from storage.errors import TabibError, UsageError
from storage.forgetting import erasing, exports, forget, reporting
from storage.forgetting.compacting import compact
from storage.forgetting.erasing import Erased
from storage.forgetting.finding import Wanted, wanted


@dataclass(frozen=True)
class Options:
    """The command's options, by their names."""

    reason: str
    single: bool
    yes: bool
    dry_run: bool
    compact: bool
    as_json: bool


def forget_what(what: str | None, text: str | None, single: bool) -> Wanted | None:
    """What is asked for; None for nothing. Raises UsageError for both, or for what is nothing of the kind."""
    if what is not None and text is not None:
        raise UsageError("give an address or an id, or --text, not both")
    if text is not None:
        return Wanted("text", text, single)
    return None if what is None else wanted(what.strip(), single)


def run(what: str | None, text: str | None, options: Options) -> None:
    """The whole command. Raises UsageError where nothing is known of what is asked for."""
    asked = forget_what(what, text, options.single)
    if asked is None:
        _finish(options)
        return
    planned = forget.plan(asked)
    if not planned.found:
        _unknown(asked, options)
        return
    if options.dry_run:
        _show(planned, None, options)
        return
    if not options.as_json:
        typer.echo("\n".join(reporting.lines(planned)))
    _ask(options)
    made = forget.carry_out(planned, options.reason)
    _close(made, options)


def _ask(options: Options) -> None:
    if options.yes:
        return
    if not sys.stdin.isatty():
        raise UsageError("nothing was changed: nobody can be asked here, give --yes")
    if not typer.confirm("Forget all this? It cannot be undone", err=True):
        raise TabibError("nothing was changed")


def _close(made: forget.Plan, options: Options) -> None:
    erased = _erase(options)
    if options.as_json:
        _show(made, erased, options)
    else:
        typer.echo("\n".join(reporting.after(erased)))
    _check(erased)


def _finish(options: Options) -> None:
    """Erase what an earlier run entered, and mark exports that were being written while it ran."""
    if options.dry_run:
        raise UsageError("--dry-run shows what an argument would remove: give one")
    erased = _erase(options)
    with db.session() as session:
        found = exports.mark_all(session)
    marked, unread = len({each.sha256 for each in found.holdings}), list(map(str, found.unread))
    if options.as_json:
        typer.echo(json.dumps({"erased": vars(erased), "exports": marked, "exports_unread": unread}, indent=1))
    else:
        told = f"{marked} exports hold something that was forgotten"
        typer.echo("\n".join([*reporting.after(erased), told, *reporting.unread(found.unread)]))
    _check(erased)


def _unknown(asked: Wanted, options: Options) -> None:
    """A run that was killed removed the rows: what is left of it is finished."""
    if not forget.is_forgotten(asked):
        hint = "" if asked.kind == "text" else "; to have an address never asked for: `crawlers takedown`"
        raise UsageError(f"nothing is stored of that{hint}")
    erased = Erased() if options.dry_run else _erase(options)
    if options.as_json:
        typer.echo(json.dumps({"forgotten": True, "rows": {}, "erased": vars(erased)}, indent=1))
    else:
        typer.echo("\n".join(["it was forgotten before", *reporting.after(erased)]))
    _check(erased)


def _erase(options: Options) -> Erased:
    erased = erasing.finish()
    if options.compact:
        compact()
    return erased


def _show(made: forget.Plan, erased: Erased | None, options: Options) -> None:
    if options.as_json:
        typer.echo(json.dumps(reporting.as_json(made, erased), ensure_ascii=False, indent=1))
    else:
        typer.echo("\n".join(reporting.lines(made)))


def _check(erased: Erased) -> None:
    """Raises TabibError where records are still to be erased."""
    if left := len(erased.absent) + len(erased.damaged):
        raise TabibError(
            f"{left} files of the archive still hold what is to be erased; all else is removed. Run `storage forget` "
            "without an argument on the machine that has them, or when they are put back from a copy"
        )
