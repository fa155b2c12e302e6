"""What a person sees at a terminal while a stage trains."""

import io
import re
from pathlib import Path

from rich.console import Console

from tests.trainer import short
from trainer.progress import Reporter
from trainer.request import Request
from trainer.train import export_and_train


def test_the_bar_shows_steps_loss_tokens_a_second_and_the_time_left(
    snapshot: Path, data_dir: Path, tmp_path: Path
) -> None:
    reporter = Reporter()
    screen = io.StringIO()
    reporter.console = Console(file=screen, force_terminal=True, width=160)
    export_and_train(Request(short.recipe(tmp_path / "short.yaml"), snapshot=str(snapshot)), reporter)
    shown = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", screen.getvalue())
    for stage in ("warm-start", "corpus", "pairs"):
        last = [line for line in re.split(r"[\r\n]", shown) if re.match(rf"{stage} +[━╸╺]", line)][-1]
        assert re.search(rf"{short.STEPS}/{short.STEPS} loss \d\.\d{{3}} [\d,]+ tokens/s 0:00:\d\d 0:00:00", last), last
