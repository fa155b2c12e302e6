"""Whether what was typed into the room's editor is what is stored, byte for byte, for many hostile strings.

    python tests/bench/fuzz_editor.py --strings 10000

Each pair's two boxes are typed over in a real browser, saved by keyboard, and compared with the row in the database.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import select

sys.path.insert(0, str(Path(__file__).parents[2]))  # for when this is run as a file
from storage import db
from storage.models import Review
from storage.settings import settings
from tests.bench.services import Services, services
from tests.chromium import chromium
from tests.infra.admin import serving, several
from tests.infra.room.strings import texts
from tests.infra.room.visiting import people, person, room, sent, type_over

SEED = 2026
AT_ONCE = 50  # pairs typed in one call of the browser


def fuzzed(own: Services, count: int) -> dict[str, object]:
    """How many of the strings came back identical, and the first that did not."""
    own.fresh()
    os.environ |= own.environment
    settings.cache_clear()
    typed = texts(SEED, count)
    pairs = [{"question": one, "answer": other} for one, other in zip(typed[::2], typed[1::2], strict=True)]
    people()
    several(len(pairs))
    began = time.monotonic()
    with serving() as site, chromium() as browser, person(browser, site) as maryam:
        page = room(maryam)
        for first in range(0, len(pairs), AT_ONCE):
            type_over(page, pairs[first : first + AT_ONCE])
        sent(page)
    with db.session() as session:
        stored = session.scalars(select(Review.text).order_by(Review.id)).all()
    changed = [pair for pair, text in zip(pairs, stored, strict=False) if pair != text]
    same = sum(pair[name] == (text or {}).get(name) for pair, text in zip(pairs, stored, strict=False) for name in pair)
    return {
        "strings": count,
        "identical": same,
        "first changed": ascii(changed[0]) if changed else None,
        "seconds": round(time.monotonic() - began),
    }


def main(strings: Annotated[int, typer.Option(help="How many strings, an even number.")] = 10_000) -> None:
    """Type them; exit 1 where one came back changed."""
    with services() as own:
        told = fuzzed(own, strings)
    typer.echo(json.dumps(told))
    raise SystemExit(told["identical"] != strings)


if __name__ == "__main__":
    typer.run(main)
