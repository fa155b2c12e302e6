"""`evaluator report --folder` as its users run it: every file, from rows with hostile names."""

import csv
import errno
import importlib.util
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

from evaluator.report import paper
from evaluator.report.paper import latex, words
from evaluator.report.paper.rows import safe
from storage.errors import MissingExtra, UsageError
from storage.settings import Settings
from tests.evaluator.report.stored import HOSTILE, free, judged, sat
from tests.evaluator.report.test_wins import by_turns

PROGRAM = Path(sys.executable).parent / "evaluator"
DRAWS = importlib.util.find_spec("matplotlib") is not None
PIPED = {"through": {"question": "q", "options": {}, "prompt": "p", "answer": "It is A"}}


def write(folder: Path, wanted: paper.Wanted) -> set[str]:
    """Write, and tell what lies there now."""
    try:
        paper.write(folder, wanted)
    except MissingExtra:
        assert not DRAWS
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def three(database: Settings, tmp_path: Path) -> None:
    """A reference, a model with a hostile name and a pipeline, all judged."""
    sat("ours", lambda n: n % 2 == 0)
    sat(HOSTILE, lambda n: n % 3 == 0)
    sat("مدل فارسی + gemma", lambda n: n % 4 == 0, facts=PIPED)
    names = ["ours", HOSTILE, "مدل فارسی + gemma"]
    free(tmp_path, names)
    for other in names[1:]:
        judged("ours", other, by_turns)


def expected() -> set[str]:
    kinds = ("csv", "png", "svg") if DRAWS else ("csv",)
    tables = {f"table{n}.{kind}" for n in (3, 4) for kind in ("tex", "csv")}
    figures = {f"figure{n}.{kind}" for n in (3, 4) for kind in kinds}
    return tables | figures | {"index.html", "report.json", "items/persian-medical-basics-1.html"}


@pytest.mark.usefixtures("three")
def test_the_command_writes_every_file(tmp_path: Path) -> None:
    told = subprocess.run(
        [PROGRAM, "report", "--folder", tmp_path / "out", "--reference", "ours"],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        cwd=tmp_path,
    )
    assert told.returncode == (0 if DRAWS else 5), told.stderr
    assert told.stderr.count("\n") == (0 if DRAWS else 1)
    folder = tmp_path / "out"
    assert {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()} == expected()
    assert not (tmp_path / "report.html").exists()
    facts = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    assert set(facts["files"]) == expected() - {"report.json"}
    assert [(s["name"], s["reference"], s["pipeline"]) for s in facts["systems"]] == [
        ("ours", True, False),
        (HOSTILE, False, False),
        ("مدل فارسی + gemma", False, True),
    ]


@pytest.mark.usefixtures("three")
def test_no_name_becomes_markup_or_a_formula(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    write(folder, paper.Wanted(reference="ours"))
    for path in folder.rglob("*.html"):
        page = path.read_text(encoding="utf-8")
        assert "<script" not in page
        assert "&lt;script&gt;alert(1)" in page
    for path in folder.rglob("*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            found = list(csv.DictReader(file))
        assert {line["system"] for line in found} & {f"'{HOSTILE}", "مدل فارسی + gemma"}
        assert not any(value.startswith(("=", "@")) for line in found for value in line.values())
    for path in folder.rglob("*.svg"):
        tags = {element.tag.rpartition("}")[2] for element in ElementTree.parse(path).iter()}  # noqa: S314  ours
        assert not tags & {"script", "a", "image", "foreignObject"}


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@a", "\t=1", " =1", "＝1", "\n=1", "\u00a0=1"])
def test_what_a_spreadsheet_would_compute_is_quoted(text: str) -> None:
    assert safe(text) == f"'{text}"
    assert (safe(-1.5), safe("a=1"), safe("")) == (-1.5, "a=1", "")


def body_rows(tex: str) -> Iterator[str]:
    yield from (line for line in tex.splitlines() if line.endswith(r" \\"))


@pytest.mark.usefixtures("three")
def test_latex_has_the_papers_form_and_nothing_unescaped(tmp_path: Path) -> None:
    write(tmp_path / "out", paper.Wanted(reference="ours"))
    for name in ("table3", "table4"):
        tex = (tmp_path / "out" / f"{name}.tex").read_text(encoding="utf-8")
        assert all(part.isascii() for part in re.split(r"\\tabibpersian\{[^}]*\}", tex))
        assert tex.count("{") - tex.count(r"\{") == tex.count("}") - tex.count(r"\}")
        found = list(body_rows(tex))
        columns = re.search(r"\\begin\{tabular\}\{(l r*|lr*)\}", tex)
        assert columns is not None
        assert {len(re.split(r"(?<!\\)&", row)) for row in found} == {len(columns[1])}
        plain = re.sub(r"\\[a-z]+\{|\\[a-zA-Z]+|\\[{}$&#%_]", "", "\n".join(found))
        assert not set(plain.replace("&", "").replace("\\\\", "")) & set('$#_^~%\\<>|"`')
        assert [row.partition(" & ")[0] for row in found[-2:]] == ["Number of parameters", "Inference time"]
        order = [tex.index(rule) for rule in (r"\toprule", r"\midrule", r"\bottomrule")]
        assert order == sorted(order)


PERSIAN = (
    r"\usepackage{polyglossia}\setdefaultlanguage{english}\setotherlanguage{persian}"
    r"\newfontfamily\persianfont[Script=Arabic]{DejaVu Sans}"
)


@pytest.mark.parametrize(
    ("program", "needs", "start"),
    [
        ("pdflatex", "booktabs", r"\usepackage[T1]{fontenc}"),
        ("xelatex", "fontspec", r"\usepackage{fontspec}"),
        ("xelatex", "bidi", PERSIAN),
    ],
)
@pytest.mark.usefixtures("three")
def test_latex_compiles_with_and_without_persian_letters(tmp_path: Path, program: str, needs: str, start: str) -> None:
    found = shutil.which(program)
    if found is None or subprocess.run(["kpsewhich", f"{needs}.sty"], capture_output=True, check=False).returncode:
        pytest.skip(f"no {program} with {needs}: apt-get install texlive-xetex texlive-lang-arabic")
    write(tmp_path / "out", paper.Wanted(reference="ours"))
    write(tmp_path / "own", paper.Wanted(reference="مدل فارسی + gemma"))
    odd = "".join(map(chr, range(32, 0x180))) + "پزشک می\u200cگوید😀"
    inputs = "".join(rf"\input{{{name}}}" for name in ("out/table3", "out/table4", "own/table3"))
    body = rf"\begin{{document}}\listoftables{inputs} {latex.escaped(odd)}\end{{document}}"
    whole = rf"\documentclass[twocolumn]{{article}}\usepackage{{booktabs}}{start}{body}"
    (tmp_path / "d.tex").write_text(whole, encoding="utf-8")
    for _ in range(2):  # the second run reads the list of tables
        told = subprocess.run(
            [found, "-interaction=nonstopmode", "-halt-on-error", "d.tex"],
            capture_output=True,
            check=False,
            timeout=120,
            cwd=tmp_path,
        )
        assert told.returncode == 0, told.stdout[-2000:]
    assert b"Missing character" not in told.stdout
    listed = (tmp_path / "d.lot").read_text(encoding="utf-8")
    assert ("مدل فارسی" in listed) == (start == PERSIAN)
    assert ("U+0645U+062FU+0644" in listed) == (start != PERSIAN)


def test_latex_keeps_persian_words_whole() -> None:
    told = latex.escaped(words.name("گوکرنا می\u200cگوید\u202e ۲ + x"))
    persian, numbers, rest = re.fullmatch(r"\\tabibpersian\{(.*?)\}\{(.*?)\}(.*)", told).groups()  # type: ignore[union-attr]
    assert (persian, rest) == ("گوکرنا می\u200cگوید ۲", " + x")
    assert numbers.startswith("U+06AFU+0648")


@pytest.mark.skipif(not DRAWS, reason="matplotlib is not installed")
@pytest.mark.usefixtures("three")
def test_pictures_are_whole_and_the_same_each_time(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write(tmp_path / name, paper.Wanted(reference="ours"))
    for kind in ("png", "svg"):
        one, two = ((tmp_path / name / f"figure3.{kind}").read_bytes() for name in ("one", "two"))
        assert one == two
    assert one.startswith(b"<?xml")
    assert (tmp_path / "one" / "figure3.png").read_bytes().startswith(b"\x89PNG\r\n\x1a\n")


@pytest.mark.usefixtures("three")
def test_what_an_older_report_left_is_taken_away_and_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    assert write(folder, paper.Wanted(reference="ours")) == expected()
    (folder / "mine.txt").write_text("x")
    left = {"index.html", "report.json", "items/persian-medical-basics-1.html", "table3.tex", "table3.csv", "mine.txt"}
    assert write(folder, paper.Wanted(["ours"])) == left
    outside = tmp_path / "outside.csv"
    outside.write_text("x")
    facts = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    facts["files"] += ["../outside.csv", "mine.txt", str(outside), 7]
    (folder / "report.json").write_text(json.dumps(facts))
    assert write(folder, paper.Wanted(["ours"])) == left
    assert outside.exists()


@pytest.mark.usefixtures("three")
def test_places_that_are_none_are_refused(tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "index.html").write_text("mine")
    for name, told in (("full", "holds other files and no report"), ("no/out", "there is no folder")):
        with pytest.raises(UsageError, match=told):
            paper.write(tmp_path / name, paper.Wanted())
    (tmp_path / "full" / "report.json").write_text("[" * 100_000)
    with pytest.raises(UsageError, match="holds other files"):
        paper.write(tmp_path / "full", paper.Wanted())
    with pytest.raises(UsageError, match="is no folder"):
        paper.write(tmp_path / "full" / "index.html", paper.Wanted())
    told = subprocess.run([PROGRAM, "report", "--system", "ours"], capture_output=True, text=True, check=False)
    assert (told.returncode, told.stderr.count("\n")) == (2, 1)


def test_places_that_cannot_be_written_are_told_in_a_line_before_anything_is_read(tmp_path: Path) -> None:
    """No database is there: that would be told else."""
    (tmp_path / "file").touch()
    for name, other in (("one", "two"), ("two", "one")):
        (tmp_path / name).symlink_to(tmp_path / other)
    for place in ("/proc/x", "/sys/x", "file/x", "one", "one/x", "n" * 300):
        for option in ("--folder", "--out"):
            told = subprocess.run(
                [PROGRAM, "report", option, place], capture_output=True, text=True, check=False, cwd=tmp_path
            )
            assert (told.returncode, told.stdout) == (2, "")
            assert re.fullmatch(rf"evaluator: {place} cannot be (written|made): .+\n", told.stderr)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "one", "two"]


@pytest.mark.usefixtures("three")
def test_what_is_in_the_way_is_told_and_a_full_disk_is_no_wrong_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "out"
    write(folder, paper.Wanted(reference="ours"))
    shutil.rmtree(folder / "items")
    (folder / "items").touch()
    with pytest.raises(UsageError, match=r"items/persian-medical-basics-1\.html cannot be written: File exists"):
        paper.write(folder, paper.Wanted(reference="ours"))

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("evaluator.report.paper.folder.write_whole", full)
    with pytest.raises(OSError, match="No space left"):
        paper.write(folder, paper.Wanted(reference="ours"))


@pytest.mark.usefixtures("three")
def test_a_report_that_was_killed_half_way_is_written_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "report"
    with monkeypatch.context() as killed:
        killed.setattr(latex, "latex", lambda _: os.kill(os.getpid(), signal.SIGINT))
        with pytest.raises(KeyboardInterrupt):
            paper.write(folder, paper.Wanted((), "ours"))
    assert (folder / "index.html").is_file()
    assert write(folder, paper.Wanted((), "ours")) == expected()
