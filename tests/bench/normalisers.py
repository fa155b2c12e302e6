"""Our normaliser beside those there are, on the project's own cases and on speed: python -m tests.bench.normalisers

Each peer is installed, pinned, into a virtual environment that is thrown away, and runs in a process of its own as its
manual's first example calls it. Right is an output that the case accepts, runs of spaces and the text's ends aside, as
most peers leave these. Speed is processor time of one core over the same texts: the published pairs where they lie
beside the project, else the cases over and over.
"""

import argparse
import gzip
import json
import random
import re
import subprocess
import sys
import tempfile
import venv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from rich.console import Console
from rich.table import Table

from tests.cleaning.real import DATA

ROOT = Path(__file__).parents[2]
CASES = ROOT / "tests" / "cleaning" / "normaliser_cases.yaml"
WORKER = ROOT / "tests" / "bench" / "peers" / "normaliser.py"
FILES = ("niniban_crawled", "drhast_kept", "doctor_yab_kept", "mf3qa_test")
TEXTS = 8_000
INSTALL_SECONDS, RUN_SECONDS = 300, 900

# --no-deps throughout: what is listed is what the normaliser itself imports.
NLTK = ("nltk==3.9.1", "regex==2024.11.6", "click==8.1.7", "joblib==1.4.2", "tqdm==4.67.1")
PEERS = {
    "hazm": ("hazm==0.10.0", "flashtext==2.7", *NLTK),
    "parsivar": ("parsivar==0.2.3.1", *NLTK),
    "dadmatools": ("dadmatools==2.3.6", "html2text==2024.2.26"),
    "davat": ("davat==2.1.2", "emoji==2.14.1"),
    "parsikit": ("parsikit==3.3.1",),
    "persian": ("persian==1.1.1",),
    "ftfy": ("ftfy==6.3.1", "wcwidth==0.2.13"),
}


@dataclass(frozen=True)
class Asked:
    """The cases by group, and the texts for speed."""

    groups: dict[str, list[dict[str, Any]]]
    texts: list[str]

    @property
    def json(self) -> str:
        inputs = [case["input"] for cases in self.groups.values() for case in cases]
        return json.dumps({"cases": inputs, "texts": self.texts})


def real_or_made() -> list[str]:
    """Questions and answers, the same ones each time, mixed so that any part of them is like the whole."""
    texts: list[str] = []
    for path in [DATA / f"{name}.jsonl.gz" for name in FILES]:
        if path.is_file():
            with gzip.open(path, "rt", encoding="utf-8") as lines:
                texts += [text for pair in map(json.loads, lines) for text in (pair["question"], pair["answer"])]
    texts = texts or [case["input"] for cases in _cases().values() for case in cases] * 20
    random.Random(4).shuffle(texts)
    return texts[:TEXTS]


def _cases() -> dict[str, list[dict[str, Any]]]:
    return yaml.safe_load(CASES.read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def installed(packages: tuple[str, ...], folder: Path) -> Path:
    """The Python of a new environment that holds the packages."""
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    command = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", *packages]
    subprocess.run(command, check=True, capture_output=True, timeout=INSTALL_SECONDS)
    return python


def run(python: Path, name: str, asked: Asked, seconds: float) -> dict[str, Any]:
    """What the worker found."""
    done = subprocess.run(
        [python, WORKER, name, str(seconds)],
        input=asked.json,
        capture_output=True,
        text=True,
        check=True,
        timeout=RUN_SECONDS,
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT) if name == "ours" else "", "PYTHONIOENCODING": "utf-8"},
    )
    return json.loads(done.stdout)  # type: ignore[no-any-return]


def row(name: str, packages: tuple[str, ...], asked: Asked, seconds: float) -> list[str]:
    """The table's row of one normaliser, or of why there is none."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            python = installed(packages, Path(folder)) if packages else Path(sys.executable)
            found = run(python, name, asked, seconds)
        except (subprocess.SubprocessError, OSError) as error:
            lines = (getattr(error, "stderr", None) or str(error)).strip().splitlines()
            return [packages[0] if packages else name, f"cannot be run: {str(lines[-1])[:60]}", "", "", ""]
    outputs = iter(found["outputs"])
    right = {group: sum(_right(case, next(outputs)) for case in cases) for group, cases in asked.groups.items()}
    shares = [f"{right[group]} of {len(cases)}" for group, cases in asked.groups.items()]
    share = sum(right.values()) / sum(map(len, asked.groups.values()))
    return [
        packages[0] if packages else name,
        *shares,
        f"{share:.1%}",
        f"{found['characters'] / found['seconds'] / 1e6:.2f}",
    ]


def _right(case: dict[str, Any], output: str | None) -> bool:
    return output is not None and re.sub(r"[ \t]+", " ", output).strip() in case["accept"]


def main() -> None:
    """Prints a row as soon as it is known, the table at the end."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seconds", type=float, default=10.0, help="processor time for each one's speed")
    arguments.add_argument("--only", nargs="*", help="these peers alone")
    given = arguments.parse_args()
    asked = Asked(_cases(), real_or_made())
    table = Table("normaliser", "must normalise", "must stay", "both", "Mchar/s")
    console = Console()
    for name in ["ours", *(given.only or PEERS)]:
        table.add_row(*row(name, PEERS.get(name, ()), asked, given.seconds))
        console.print(f"{name} done", style="dim")
    console.print(table)


if __name__ == "__main__":
    main()
