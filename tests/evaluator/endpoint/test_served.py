"""A real endpoint: `transformers serve` with a tiny model, asked as any provider is."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import httpx
import pytest

from evaluator.asking import Budget, Sampling
from evaluator.asking.exam import Subject, examine
from evaluator.asking.local import Local
from evaluator.asking.located import located
from evaluator.endpoint import Endpoint, Manners, address
from storage.errors import UsageError
from storage.settings import Settings
from tests.evaluator.asking.exams import exam
from tests.evaluator.models import make_model

PROGRAM = Path(sys.executable).parent / "transformers"
SHORT = Sampling(max_new_tokens=12)
pytestmark = pytest.mark.skipif(
    find_spec("fastapi") is None or find_spec("openai") is None,
    reason="fastapi and openai are not installed: pip install 'tabib[serve]'",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_model(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def served(folder: Path) -> Iterator[str]:
    """Its address, until the tests are done."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [PROGRAM, "serve", folder, "--host", "127.0.0.1", "--port", str(port), "--device", "cpu"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, env=os.environ | {"HF_HUB_OFFLINE": "1"}, **quiet) as process:  # type: ignore[call-overload]
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline and process.poll() is None:
            try:
                httpx.get(f"http://127.0.0.1:{port}/health").raise_for_status()
                break
            except httpx.HTTPError:
                time.sleep(0.2)
        yield f"http://127.0.0.1:{port}/v1"
        process.kill()


def test_an_exam_through_it_is_the_exam_of_the_folder(served: str, folder: Path, database: Settings) -> None:
    behind = Subject(Endpoint(address(served), str(folder), Manners(concurrency=3)))
    here = Subject(Local("tiny", located(folder)))
    paper = exam(8, sampling=SHORT)
    found = examine([here, behind], [paper], Budget())
    own, other = found.results
    assert (own.items, other.items, other.asked) == (8, 8, 8)
    job, over = paper.jobs(here.writer)[0], paper.jobs(behind.writer)[0]
    texts = [
        {w.prompt.item: (w.reply.text, w.reply.read, w.reply.written) for chunk in chunks for w in chunk}
        for chunks in (
            here.writer.write(job.prompts, SHORT, Budget()),
            behind.writer.write(over.prompts, SHORT, Budget()),
        )
    ]
    assert texts[0] == texts[1]
    assert other.answered_as == {f"{folder}@main": 8}  # type: ignore[attr-defined]
    assert other.model_sha256 != own.model_sha256
    assert examine([behind], [paper], Budget()).results[0].asked == 0


def test_a_model_it_has_not_is_told(served: str) -> None:
    asked = Endpoint(address(served), "another")
    with pytest.raises(UsageError, match="refuses these requests \\(400: Server is pinned to"):
        list(asked.write(exam(4).jobs(asked)[0].prompts, SHORT, Budget()))
