"""Every trained token can be listed: the rows are those that the training reads, shown so that a person can read."""

import io
import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from rich.console import Console

from storage.errors import UsageError
from tests.trainer import sample
from tests.trainer.conftest import SMOKE, Trained
from tests.trainer.test_cli import PROGRAM
from trainer import data, inspected, inspection
from trainer.collate import flattened
from trainer.data import Place, encode
from trainer.inspection import Document, Inspected, Token, Wanted, inspect
from trainer.model import tokenizer_of
from trainer.recipe import Recipe, load
from trainer.source import Frozen, taken

END = "<|END_OF_TURN_TOKEN|>"
BATCH = 20  # documents that are packed together, in place of some thousand


@pytest.fixture(scope="module")
def frozen(snapshot: Path) -> Frozen:
    return taken(str(snapshot))


@pytest.fixture(scope="module")
def pairs(trained: Trained, frozen: Frozen) -> Inspected:
    return inspect(load(SMOKE), frozen, Wanted("pairs", 1_000))


def test_what_is_listed_is_what_is_trained_on(
    pairs: Inspected, trained: Trained, frozen: Frozen, tmp_path: Path
) -> None:
    recipe = load(SMOKE)
    stage = recipe.content.stages[1]
    place = Place(tmp_path, recipe.content.seed + 2)  # as the training counts: warm start, corpus, pairs
    encoded = encode(stage, frozen, tokenizer_of(trained.folder / "base"), place)
    assert len(pairs.rows) == len(encoded.dataset)
    for documents, row in zip(pairs.rows, encoded.dataset, strict=True):
        batch = flattened([row])
        tokens = [token for document in documents for token in document.tokens]
        assert [token.id for token in tokens] == batch["input_ids"][0].tolist()
        assert [token.position for token in tokens] == batch["position_ids"][0].tolist()
        assert [token.index for token in tokens if token.trained] == (batch["logits_to_keep"] + 1).tolist()
        assert [document.start for document in documents] == batch["cu_seq_lens_q"].tolist()[:-1]


@pytest.mark.parametrize("kinds", [["pairs"], ["corpus", "pairs"], ["titles", "corpus", "pairs"]])
@pytest.mark.parametrize("packing", [True, False])
@pytest.mark.parametrize("rows", [1, 3, 9, 1_000])
def test_what_is_dropped_moves_nothing(
    trained: Trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kinds: list[str], packing: bool, rows: int
) -> None:
    """Documents are packed some thousand at once: which those are depends on what was dropped before them."""
    monkeypatch.setattr(data, "PACK_BATCH", BATCH)
    monkeypatch.setattr(inspection, "PACK_BATCH", BATCH)
    recipe, dropping = _of_kinds(tmp_path / "kinds.yaml", kinds, packing), _dropping(tmp_path / "snapshot")
    whole = encode(
        recipe.content.stages[1], dropping, tokenizer_of(trained.folder / "base"), Place(tmp_path / "all", 9)
    )
    assert whole.counts["dropped_control_token"] > 5
    assert not packing or whole.counts["sequences"] > 2 * BATCH
    found = inspect(recipe, dropping, Wanted("pairs", rows, str(trained.folder / "base")))
    ids = [[token.id for document in row for token in document.tokens] for row in found.rows]
    assert ids == whole.dataset[: min(rows, len(whole.dataset))]["input_ids"]


def test_a_beginning_of_which_nothing_is_left_is_read_past(
    trained: Trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inspection, "PACK_BATCH", 4)
    recipe, dropping = _of_kinds(tmp_path / "kinds.yaml", ["pairs"], False), _dropping(tmp_path / "snapshot", first=30)
    assert len(inspect(recipe, dropping, Wanted("pairs", 2, str(trained.folder / "base"))).rows) == 2


def _of_kinds(path: Path, kinds: list[str], packing: bool) -> Recipe:
    content = yaml.safe_load(Path(SMOKE).read_text(encoding="utf-8"))
    content["stages"][1] |= {"data": kinds, "SFTConfig": {"packing": packing}, "order": "first"}
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return load(str(path))


def _dropping(folder: Path, first: int = 0) -> Frozen:
    """Every seventh pair and article holds a token that ends a turn, and so do the `first` ones."""
    rows, articles = sample.pairs("drhast")[:70], sample.articles()[:30]
    for number, row in enumerate(rows):
        row["answer"] += END if number % 7 == 3 or number < first else ""
    for number, row in enumerate(articles):
        row["text"] = row["text"][:300] + (END if number % 7 == 3 else "")
    return taken(str(sample.write(folder, rows, articles)))


def test_the_texts_of_the_tokens_are_the_text(pairs: Inspected, frozen: Frozen) -> None:
    answers = {str(row["answer"]).strip() for row in frozen.rows("pairs/train.parquet", ["answer"])}
    documents = [document for row in pairs.rows for document in row]
    trained = ["".join(token.text for token in document.tokens if token.trained) for document in documents]
    whole = [text.removesuffix(END) for text in trained if text.endswith(END)]
    assert len(whole) > 40
    assert set(whole) <= answers


def test_the_base_s_own_stage_and_the_first_one_are_found(frozen: Frozen, trained: Trained) -> None:
    assert inspect(load(SMOKE), frozen, Wanted()).stage.name == "corpus"
    warm = inspect(load(SMOKE), frozen, Wanted("warm-start"))
    assert [len(row) for row in warm.rows] == [1]  # not packed
    with pytest.raises(UsageError, match="'warm-start'"):
        inspect(load(SMOKE), frozen, Wanted("warm-start", base=str(trained.folder / "base")))
    with pytest.raises(UsageError, match=r"'pears'\. Did you mean pairs\?"):
        inspect(load(SMOKE), frozen, Wanted("pears"))


def test_a_tokenizer_alone_will_do(frozen: Frozen, trained: Trained, tmp_path: Path) -> None:
    tokenizer_of(trained.folder / "base").save_pretrained(tmp_path)
    found = inspect(load("packed"), frozen, Wanted("pairs", base=str(tmp_path)))
    assert any(token.trained for document in found.rows[0] for token in document.tokens)
    with pytest.raises(UsageError, match="holds no tokenizer that loads"):
        inspect(load("packed"), frozen, Wanted(base=str(tmp_path.parent)))


def test_a_terminal_is_told_to_run_from_right_to_left(pairs: Inspected) -> None:
    """Colour tells what is trained on; without it the word does."""
    first = Inspected(pairs.stage, pairs.told, pairs.rows[:1])
    coloured, plain = _shown(first, force_terminal=True, color_system="standard"), _shown(first)
    assert "\x1b[1;32m" in coloured
    assert coloured.count(inspected.LINE_BEGINS) >= 2
    assert "\x1b" not in plain
    assert inspected.LINE_BEGINS not in plain
    assert _shown(first, force_terminal=True, no_color=True).count("\x1b[3") == 0
    count = sum(token.trained for document in first.rows[0] for token in document.tokens)
    assert len(re.findall(r"^\d.* trained ", plain, re.MULTILINE)) == count


def test_no_token_commands_the_terminal(pairs: Inspected) -> None:
    hostile = "\x1b[2J\u202e\u2067\rالف\x07"
    token = Token(0, 1, "piece", hostile, 0, trained=True)
    shown = _shown(Inspected(pairs.stage, "", [[Document(0, [token])]]))
    assert "\\u001b[2J\\u202e\\u2067\\u000dالف\\u0007" in shown
    assert not {"\x1b", "\u202e", "\u2067", "\x07"} & set(shown)


@pytest.mark.parametrize("colour", [{}, {"NO_COLOR": "1"}])
def test_the_command_lists_them_for_a_person_and_for_a_machine(snapshot: Path, colour: dict[str, str]) -> None:
    asked = [PROGRAM, "inspect", SMOKE, "--snapshot", str(snapshot), "--stage", "pairs", "--rows", "2"]
    if colour:
        done = _run(asked, colour)
        assert "document 0: tokens 0–" in done.stdout
        assert "\x1b" not in done.stdout
        return
    done = _run([*asked, "--json"], colour)
    told: dict[str, Any] = json.loads(done.stdout)
    assert told["stage"] == "pairs"
    assert len(told["rows"]) == 2
    document = told["rows"][0]["documents"][0]
    assert document["end"] == len(document["tokens"])
    assert document["tokens"][0] == {
        "index": 0,
        "id": 5,
        "piece": "<BOS_TOKEN>",
        "text": "<BOS_TOKEN>",
        "position": 0,
        "trained": False,
    }


def _run(command: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=120, check=False, env=os.environ | environment
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done


def _shown(found: Inspected, **settings: Any) -> str:
    out = io.StringIO()
    inspected.show(found, Console(file=out, width=100, highlight=False, **settings))
    return out.getvalue()
