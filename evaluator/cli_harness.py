"""The commands to and from lm-evaluation-harness: `evaluator harness` and `evaluator harnessed`."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Print JSON for a machine to read.")]


def harness(
    folder: Annotated[Path, typer.Argument(help="The folder to write the tasks into; made where there is none.")],
    benchmark: Annotated[
        list[str] | None, typer.Option(help="A multiple-choice benchmark; may be repeated; else all at hand.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Write benchmarks as tasks of lm-evaluation-harness, which score as `evaluator run` does, item by item.

    Each becomes a task `tabib_NAME` (`tabib` for all of them) with its items beside it, so the folder can be moved:

      pip install 'lm_eval[hf]==0.4.13'

      lm_eval --include_path FOLDER --tasks tabib --model hf --model_args pretrained=MODEL,dtype=float32

    `acc` is our `accuracy`, by letter, and `acc_bytes` our `accuracy_text`, by the options' texts per byte. A model
    with a chat template needs --apply_chat_template and add_bos_token=False among the model_args, for the template
    writes its first token itself; then prompts are the same to the byte and the token. Without a template give neither.
    With --model vllm it is the same. An endpoint is asked by --model local-completions with
    base_url=…/v1/completions, tokenizer=FOLDER, and add_bos_token=True where there is a first token but no template; it
    must give the log-probabilities of the prompt (`echo` with `logprobs`), as vLLM's does. Chat interfaces and
    `transformers serve` give none: such models write their answers, `evaluator ask`. Where a tokenizer merges a
    prompt's last sign with an answer's first, the harness splits elsewhere than we do.

    With --log_samples --output_path OUT, `evaluator harnessed OUT` makes rows of what it found.

    Example: evaluator harness tasks --benchmark persian-medical-basics
    """
    from evaluator.harness import write

    found = write(folder, benchmark or ())
    if as_json:
        print(json.dumps([asdict(each) for each in found], ensure_ascii=False, indent=1, default=str))
    else:
        for each in found:
            print(f"{each.benchmark}: {each.items} items as {each.task}  {each.path}")


def harnessed(
    output: Annotated[list[Path], typer.Argument(help="What lm_eval wrote: its --output_path, or samples files.")],
    model: Annotated[
        str | None, typer.Option(help="How the model is called here, if not by its folder or its name there.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Keep and score the answers that lm-evaluation-harness computed to the tasks of `evaluator harness`.

    So a model that only it can run, such as one on vLLM or behind an endpoint with log-probabilities, has its rows and
    scores here, for `evaluator scores` and `compare`. Every item must be there, in the very words it has here, and the
    benchmark must be the version that the task was written from. How it was asked is part of the settings; what may
    be a key in the model_args is left out. Answers that are there already stay.

    Example: evaluator harnessed out/ --model qwen-on-vllm
    """
    from evaluator.harness import take

    found = take(output, model)
    if as_json:
        print(json.dumps([asdict(each) for each in found], ensure_ascii=False, indent=1))
        return
    for each in found:
        shares = ", ".join(f"{f.metric} {f.value:.2%} ({f.low:.2%} to {f.high:.2%})" for f in each.scores)
        unread = f", {each.unanswered} unread" if each.unanswered else ""
        print(f"{each.benchmark}: {each.model}: {each.items} items, {each.new} new{unread}: {shares}")
