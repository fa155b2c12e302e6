"""Multiple choice as `evaluator run` scores it, for lm-evaluation-harness; `evaluator harness` puts it beside items.

`acc` is the letter with the highest likelihood right after the prompt. `acc_bytes` is the option whose own text is
likeliest per UTF-8 byte. Of equals the first counts, and an item with a likelihood that is no number is wrong.
"""

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from datasets import Dataset
from lm_eval.api.instance import Instance  # type: ignore[import-not-found,unused-ignore]
from lm_eval.api.task import ConfigurableTask  # type: ignore[import-not-found,unused-ignore]


class MultipleChoice(ConfigurableTask):
    """Each item is asked its letters, then its options' texts: the second half of `continuations`."""

    def __init__(self, config: dict[str, Any]) -> None:
        """Without `class`, which names this one and which the harness leaves among what it knows no use for."""
        super().__init__(config={name: value for name, value in config.items() if name != "class"})

    def download(self, dataset_kwargs: dict[str, Any] | None = None, **_: Any) -> None:
        """Read the items beside this file."""
        assert dataset_kwargs, "the task's YAML names its file"  # noqa: S101
        path = Path(__file__).with_name(dataset_kwargs["file"])
        with path.open(encoding="utf-8", newline="\n") as lines:
            self.dataset = {"test": Dataset.from_list([json.loads(line) for line in lines])}

    def construct_requests(self, doc: dict[str, Any], ctx: str, **kwargs: Any) -> list[Instance]:
        """The continuations; behind a prompt that ends in white space, nothing too.

        The harness weighs such white space as each continuation's beginning. That moves no letter, but the texts'
        likelihood per byte; what it weighs alone is taken off again.
        """
        requests: list[Instance] = super().construct_requests(doc, ctx, **kwargs)
        if ctx[-1:].isspace():
            rest = {name: value for name, value in kwargs.items() if name == "metadata"}
            requests.append(
                Instance(request_type="loglikelihood", doc=doc, arguments=(ctx, ""), idx=len(requests), **rest)
            )
        return requests

    def process_results(self, doc: dict[str, Any], results: Sequence[tuple[float, bool]]) -> dict[str, float]:
        """Whether the letter and the text are right: 1.0 or 0.0 each."""
        found = [nats for nats, _ in results]
        count = len(doc["continuations"]) // 2
        blank = found[2 * count] if len(found) > 2 * count else 0.0
        texts = zip(found[count : 2 * count], doc["continuations"][count:], strict=True)
        per_byte = [(nats - blank) / len(text.encode()) for nats, text in texts]
        right = {"acc": found[:count], "acc_bytes": per_byte}
        return {name: float(_likeliest(values) == doc["target"]) for name, values in right.items()}


def _likeliest(values: Sequence[float]) -> int | None:
    return max(range(len(values)), key=values.__getitem__) if all(map(math.isfinite, values)) else None
