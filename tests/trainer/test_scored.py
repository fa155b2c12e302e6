"""What the evaluator found of a model stands on its card, and changes no hash."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from storage import alarms, answers, db
from storage.alarms import Loss, Two
from storage.answers import AnswerFields, Figure, Sitting
from storage.models import Acceptance
from storage.settings import Settings
from tests.trainer.conftest import Trained
from tests.trainer.kept import bad, kept
from tests.trainer.test_cli import run as command
from trainer import card, register, scored
from trainer.folder import RunFolder
from trainer.verify import damage, verify

ACCURACY = Figure("accuracy", 0.5, 0.25, 0.75, 12)


@pytest.fixture
def run(trained: Trained, snapshot: Path, database: Settings) -> Path:
    run = kept(trained.folder, snapshot, database.home)
    shutil.copytree(snapshot, database.home / "snapshots" / trained.state["snapshot_sha256"][:16])
    register.done(RunFolder(run.name))
    return run


def evaluated(sha256: str, *figures: Figure, benchmark: str = "basics", precision: str = "stored") -> None:
    sitting = Sitting("a/merged", sha256, benchmark, "b" * 64, {"scoring": "likelihood/1", "precision": precision})
    with db.session() as session:
        answers.save(session, sitting, [AnswerFields("1", "?", {}, "a", True)])
        answers.save_scores(session, sitting, None, figures)


def test_scores_stand_on_the_card_and_change_no_hash(run: Path, trained: Trained) -> None:
    plain = (run / "merged" / "README.md").read_text(encoding="utf-8")
    done = command("verify", run.name)
    assert (done.returncode, (run / "merged" / "README.md").read_text(encoding="utf-8")) == (0, plain)
    evaluated(trained.state["model_sha256"], ACCURACY, Figure("bits_per_byte", 1.23456, 1.2, 1.3, 4))
    evaluated("f" * 64, ACCURACY, benchmark="of-another-model")
    assert command("register", run).returncode == 0
    written = (run / "merged" / "README.md").read_text(encoding="utf-8")
    assert "| basics | bbbbbbbbbbbb | stored | accuracy | 0.5000 | 0.2500 – 0.7500 | 12 |" in written
    assert "| 1.2346 | 1.2000 – 1.3000 | 4 |" in written
    assert "of-another-model" not in written
    assert written.index("## Scores") < written.index("## Data")
    assert card.without_notice(written.encode()).decode() == plain
    assert damage(verify(run)) is None
    evaluated(trained.state["model_sha256"], Figure("accuracy", 0.75, 0.5, 0.9, 24))
    assert command("verify", run.name).returncode == 0
    again = (run / "merged" / "README.md").read_text(encoding="utf-8")
    assert "| 0.7500 | 0.5000 – 0.9000 | 24 |" in again
    assert again.count("## Scores") == 1
    (run / "merged" / "README.md").write_text(again.replace("## Scores", "## Praise"))
    assert bad(verify(run)) == {"merged/README.md": "changed"}


def test_badges_tell_the_primary_figures_and_how_it_stands(run: Path, trained: Trained) -> None:
    card_of, sha256 = run / "merged" / "README.md", trained.state["model_sha256"]
    plain = card_of.read_bytes()
    evaluated(sha256, ACCURACY, Figure("accuracy_text", 0.25, 0.1, 0.4, 12))
    two, lost = (
        Two("a/merged", sha256, "b/merged", "b" * 64),
        Loss("basics", "accuracy", 12, -0.5, -0.7, -0.3, 0.01, 0.01),
    )
    with db.session() as session:
        alarms.settle(session, two, [lost, replace(lost, benchmark="`<b>\n")], ["basics"])
        alarms.accept(session, Acceptance(model="b/merged", model_sha256="b" * 64, by="maryam", reason="x"))
    scored.put_on_card(run / "merged")
    badges = "`worse than the accepted model: --b--` `worse than the accepted model: basics`"
    primary = "`basics: 0.5000 within 0.2500 – 0.7500`"
    assert f"\n\n{badges} {primary}\n\n| benchmark |" in card_of.read_text(encoding="utf-8")
    assert card.without_notice(card_of.read_bytes()) == plain
    with db.session() as session:
        alarms.accept(session, Acceptance(model="c/merged", model_sha256="c" * 64, by="maryam", reason="x"))
    scored.put_on_card(run / "merged")
    assert "worse than" not in card_of.read_text(encoding="utf-8"), "it was never held against the one accepted now"
    with db.session() as session:
        alarms.accept(session, Acceptance(model="a/merged", model_sha256=sha256, by="maryam", reason="x"))
    scored.put_on_card(run / "merged")
    assert f"\n\n`accepted` {primary}\n\n" in card_of.read_text(encoding="utf-8")
    assert damage(verify(run)) is None
    card_of.write_bytes(card_of.read_bytes().replace(b"`accepted`", b"`<b>accepted</b>`"))
    assert bad(verify(run)) == {"merged/README.md": "changed"}


def test_both_blocks_stand_together(run: Path) -> None:
    folder, path = run / "merged", run / "merged" / "README.md"
    plain = path.read_bytes()
    words = scored.told([scored.Row("basics", "b" * 12, "stored", ACCURACY)])
    for first, second in ((card.set_notice, card.set_scores), (card.set_scores, card.set_notice)):
        texts = {card.set_notice: card.notice(3, "2026-11-27"), card.set_scores: words}
        first(folder, texts[first])
        second(folder, texts[second])
        written = path.read_text(encoding="utf-8")
        assert "3 were forgotten" in written
        assert "## Scores" in written
        assert card.without_notice(path.read_bytes()) == plain
        card.set_scores(folder, "")
        assert "3 were forgotten" in path.read_text(encoding="utf-8")
        card.set_notice(folder, "")
        assert path.read_bytes() == plain


def test_whatever_a_row_says_is_words_and_hash_neutral(run: Path, trained: Trained) -> None:
    plain = (run / "merged" / "README.md").read_bytes()
    hostile = "x|<script>`\n# big\n<!-- /scores -->"
    for value in (float("nan"), float("inf"), -1e300):
        evaluated(trained.state["model_sha256"], Figure(hostile, value, value, value, 1), benchmark=hostile)
        scored.put_on_card(run / "merged")
        written = (run / "merged" / "README.md").read_bytes()
        assert b"<script" not in written
        assert b"\n# big" not in written
        assert card.without_notice(written) == plain


def test_a_damaged_model_gets_no_scores(run: Path, trained: Trained) -> None:
    evaluated(trained.state["model_sha256"], ACCURACY)
    weights = run / "merged" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\0\0")
    assert command("verify", run.name).returncode == 6
    assert "## Scores" not in (run / "merged" / "README.md").read_text(encoding="utf-8")


def test_without_a_database_the_card_stays(trained: Trained, snapshot: Path, data_dir: Path) -> None:
    run = kept(trained.folder, snapshot, data_dir)
    card.set_scores(run / "merged", scored.told([scored.Row("basics", "b" * 12, "stored", ACCURACY)]))
    before = (run / "merged" / "README.md").read_bytes()
    scored.put_on_card(run / "merged")
    scored.put_on_card(run / "adapter" / "pairs")
    assert (run / "merged" / "README.md").read_bytes() == before
