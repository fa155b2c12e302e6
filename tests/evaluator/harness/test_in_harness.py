"""The tasks in lm-evaluation-harness itself, where it is installed: the choices and figures of `evaluator run`."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from evaluator.harness import take, write
from evaluator.model import load
from evaluator.run import Asked, evaluate
from storage import db
from storage.models import Answer
from storage.settings import Settings
from tests.evaluator.harness.logs import BASICS
from tests.evaluator.models import make_model

pytest.importorskip("lm_eval", reason="pip install 'lm_eval[hf]==0.4.13'", exc_type=ImportError)


def lm_eval(tasks: Path, out: Path, *arguments: str) -> dict[str, float]:
    """What it prints in a table, as it writes it to `out`."""
    given = ["--include_path", str(tasks), "--tasks", "tabib", "--log_samples", "--output_path", str(out)]
    offline = {"HF_HUB_OFFLINE": "1", "HF_DATASETS_CACHE": str(out / "cache")}
    offline |= {"OPENAI_API_KEY": "none", "no_proxy": "localhost,127.0.0.1"}
    done = subprocess.run(
        [sys.executable, "-m", "lm_eval", *given, *arguments],
        env={**os.environ, **offline},
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(next(out.rglob("results_*.json")).read_text(encoding="utf-8"))["results"]
    return {name: found["tabib_persian_medical_basics"][f"{name},none"] for name in ("acc", "acc_bytes")}


def assert_same(folder: Path, out: Path, theirs: dict[str, float]) -> None:
    """Item by item the same letters and likelihoods, and in sum the same two figures."""
    own = evaluate(Asked([BASICS], str(folder))).results[0]
    assert theirs == {"acc": own.scores[0].value, "acc_bytes": own.scores[1].value}
    taken = take([out], "through the harness")[0]
    assert (taken.items, taken.new, taken.unanswered) == (96, 96, 0)
    assert taken.scores == own.scores
    with db.session() as session:
        rows = {(a.item, a.model): a for a in session.scalars(select(Answer))}
    for (item, model), row in rows.items():
        other = rows[item, "through the harness"]
        assert (row.choice, row.prompt) == (other.choice, other.prompt), model
        for kind in ("letter", "text"):
            assert row.output[kind] == pytest.approx(other.output[kind], abs=1e-4)


@pytest.mark.parametrize(
    ("chat", "flags", "more"),
    [(False, (), ""), (True, ("--apply_chat_template",), ",add_bos_token=False")],
    ids=["plain", "chat"],
)
def test_a_model_scores_there_as_it_does_here(
    database: Settings, tmp_path: Path, chat: bool, flags: tuple[str, ...], more: str
) -> None:
    folder = make_model(tmp_path / "model", chat=chat)
    write(tmp_path / "written", [BASICS])
    tasks = (tmp_path / "written").rename(tmp_path / "moved")
    arguments = ("--model", "hf", "--device", "cpu", "--batch_size", "8", *flags)
    theirs = lm_eval(tasks, tmp_path / "out", *arguments, "--model_args", f"pretrained={folder},dtype=float32{more}")
    assert_same(folder, tmp_path / "out", theirs)


def test_an_endpoint_with_log_probabilities_scores_as_its_model_does_here(
    database: Settings, tmp_path: Path, endpoint: tuple[Path, str]
) -> None:
    folder, url = endpoint
    write(tmp_path / "tasks", [BASICS])
    model = f"model=tiny,base_url={url}/v1/completions,tokenizer={folder},tokenizer_backend=huggingface"
    theirs = lm_eval(
        tmp_path / "tasks",
        tmp_path / "out",
        *("--model", "local-completions", "--batch_size", "8"),
        *("--model_args", f"{model},add_bos_token=True,max_length=256,num_concurrent=1"),
    )
    assert_same(folder, tmp_path / "out", theirs)


@pytest.fixture
def endpoint(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A model behind OpenAI's completions interface with `echo` and `logprobs`, in the form vLLM gives them."""
    folder = make_model(tmp_path / "served", chat=False)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _completions(load(folder).network.module))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield folder, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def _completions(network: Any) -> type[BaseHTTPRequestHandler]:
    import torch

    def scored(tokens: list[int]) -> dict[str, Any]:
        with torch.inference_mode():
            logs = torch.log_softmax(network(torch.tensor([tokens])).logits[0].float(), dim=-1)
        told = [None, *(float(logs[n, token]) for n, token in enumerate(tokens[1:]))]
        written = float(logs[-1].max())
        return {"token_logprobs": [*told, written], "top_logprobs": [{"x": value or 0.0} for value in [*told, written]]}

    class Completions(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            assert (asked["echo"], asked["max_tokens"]) == (True, 1)
            choices = [{"index": n, "text": "", "logprobs": scored(each)} for n, each in enumerate(asked["prompt"])]
            body = json.dumps({"choices": choices}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing on the test's output."""

    return Completions
