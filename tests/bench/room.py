"""How soon the next record is painted after a key, with a slow network, and whether all that was pressed is stored.

    python tests/bench/room.py --decisions 1200 --latency 200

A real browser at the review room; each request waits `latency` ms longer (Chromium's own network emulation), keys come
as quickly as `every` ms: an hour's pace of 1,200 is one in 3,000. Measured in the page from the key's own time stamp
to a task after the frame that holds the next record. At most 50 ms at the 95th percentile are allowed.
"""

from __future__ import annotations

import json
import os
import random
import sys
import time
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from playwright.sync_api import Page

sys.path.insert(0, str(Path(__file__).parents[2]))  # for when this is run as a file
from storage.settings import settings
from tests.bench.services import Services, services
from tests.chromium import chromium
from tests.infra.admin import serving, several
from tests.infra.room.visiting import decisions, people, person, room, sent

ALLOWED_MS = 50.0
MEASURED = """
window.painted = [];
let pressed = null;
const channel = new MessageChannel();
channel.port1.onmessage = ({ data }) => window.painted.push(performance.now() - data);
addEventListener("keydown", (event) => { pressed = event.timeStamp; }, { capture: true });
addEventListener("DOMContentLoaded", () => {
  const parts = document.querySelector("#parts");
  if (!parts) return;
  new MutationObserver(() => {
    if (pressed === null) return;
    const since = pressed;
    pressed = null;
    requestAnimationFrame(() => channel.port2.postMessage(since));
  }).observe(parts, { childList: true });
});
"""
KEYS = {
    "a": ("approve", None),
    "1": ("reject", "too-short"),
    "3": ("reject", "wrong-answer"),
    "6": ("reject", "advertisement"),
}


def pressed(page: Page, count: int, every: float) -> list[tuple[str, str | None]]:
    """Press so many keys, each when a record is in front; gives what they mean, in order."""
    chance, expected = random.Random(7), []
    for _ in range(count):
        began = time.monotonic()
        page.wait_for_function("() => !document.querySelector('#record').hidden")
        key = chance.choice([*KEYS])
        page.keyboard.press(key)
        expected.append(KEYS[key])
        page.wait_for_timeout(max(0.0, every - 1000 * (time.monotonic() - began)))
    return expected


def measured(own: Services, count: int, latency: float, every: float) -> dict[str, object]:
    """A session of so many decisions: milliseconds from key to paint, how many were stored as pressed, its pace."""
    own.fresh()
    os.environ |= own.environment
    settings.cache_clear()
    people()
    several(count + 5)
    with serving() as site, chromium() as browser, person(browser, site) as maryam:
        page = maryam.pages[0]
        page.add_init_script(MEASURED)
        wire = maryam.new_cdp_session(page)
        slow = {"offline": False, "latency": latency, "downloadThroughput": -1, "uploadThroughput": -1}
        wire.send("Network.enable")
        wire.send("Network.emulateNetworkConditions", slow)
        room(maryam)
        began = time.monotonic()
        expected = pressed(page, count, every)
        seconds = time.monotonic() - began
        sent(page)
        painted = page.evaluate("window.painted")
    stored = decisions()
    right = sum(one == other for one, other in zip(expected, stored, strict=False))
    p50, p95, p99 = np.percentile(painted, [50, 95, 99])
    return {
        "decisions": count,
        "stored as pressed": right if len(stored) == count else f"{right}, of {len(stored)} stored",
        "latency ms": latency,
        "decisions an hour": round(3600 * count / seconds),
        "painted": len(painted),
        "p50 ms": round(float(p50), 1),
        "p95 ms": round(float(p95), 1),
        "p99 ms": round(float(p99), 1),
    }


def main(
    decisions: Annotated[int, typer.Option(help="How many records are decided.")] = 1200,
    latency: Annotated[float, typer.Option(help="Milliseconds that each request waits longer.")] = 200,
    every: Annotated[float, typer.Option(help="Milliseconds from key to key.")] = 250,
) -> None:
    """Measure; exit 1 where a decision was lost or the paint is late."""
    with services() as own:
        told = measured(own, decisions, latency, every)
    typer.echo(json.dumps(told))
    raise SystemExit(told["stored as pressed"] != decisions or float(str(told["p95 ms"])) > ALLOWED_MS)


if __name__ == "__main__":
    typer.run(main)
