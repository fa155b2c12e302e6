"""What `apply` makes of lines, for tests of several files."""

import json
import sys
from pathlib import Path
from typing import Any

from cleaning.apply import Files, apply
from cleaning.recipe import load

PROGRAM = str(Path(sys.executable).parent / "cleaning")
ANSWER = "سرفه پس از سرماخوردگی معمولا دو تا سه هفته می‌ماند و با بخور و مایعات گرم آرام می‌شود."
PAIR = {"question": "سرفه پس از سرماخوردگی چقدر طول می‌کشد؟", "answer": ANSWER}


def judged(folder: Path, lines: list[bytes], recipe: str = "default") -> list[dict[str, Any]]:
    source, target = folder / "in.jsonl", folder / "out.jsonl"
    source.write_bytes(b"\n".join(lines))
    apply(load(recipe), Files(source, target), print)
    assert sorted(path.name for path in folder.iterdir()) == ["in.jsonl", "out.jsonl"]
    return [json.loads(line) for line in target.read_text(encoding="utf-8").splitlines()]


def line(**fields: object) -> bytes:
    return json.dumps(fields).encode()
