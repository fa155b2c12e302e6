"""A run's adapter moved to another model with the same language model inside: aya-vision."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from huggingface_hub import snapshot_download
from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError
from safetensors import safe_open
from transformers import AutoModelForImageTextToText, AutoTokenizer

from storage.blobs import write_whole
from storage.errors import UsageError, unknown
from trainer.after import lora
from trainer.after.lora import Adapter
from trainer.folder import RunFolder

# The hub's name of each target. Of this family the 8-billion model holds a Cohere2 language model (Command R7B) and the
# 32-billion one a Cohere model, Aya Expanse 32B (transformers' manual of Aya Vision).
TARGETS = {"aya-vision": "CohereForAI/aya-vision-8b"}
REPORT = "port.json"
LISTED = 8  # differences that an error names
# Of a language model's configuration, what decides what its weights compute. logit_scale is told apart: aya-vision's
# class leaves it out, which changes no likeliest token.
DECISIVE = (
    "model_type",
    "vocab_size",
    "hidden_size",
    "intermediate_size",
    "num_hidden_layers",
    "num_attention_heads",
    "num_key_value_heads",
    "hidden_act",
    "layer_norm_eps",
    "rope_parameters",
    "attention_bias",
    "use_qk_norm",
    "sliding_window",
    "layer_types",
)
# Where a language model's weights lie in a checkpoint: alone, in aya-vision, and in aya-vision as it is written today.
LANGUAGE = re.compile(r"^(?:model\.language_model\.|language_model\.model\.|language_model\.(?=lm_head)|model\.)")


def port(run: RunFolder, into: str, out: Path, anyway: bool) -> dict[str, Any]:
    """Write the run's adapter, all stages in one, for the target model `into` (a folder or a hub's name) to `out`.

    Returns what is also kept beside it: how the target's language model differs from the run's base. Raises UsageError
    where shapes differ; where only the computation does, unless `anyway`.
    """
    if out.exists():
        raise UsageError(f"{out} is there already: name a new folder")
    folder = located(into)
    config = lora.config_of(folder)
    if config.model_type != "aya_vision":
        raise UsageError(f"{folder} is no aya-vision model, its model_type is {config.model_type}")
    base, adapter = lora.config_of(run.base), moved(lora.of_run(run))
    differs = differences(base, config.text_config)
    misfits = list(_misfits(adapter, config))
    if misfits or (differs and not anyway):
        raise UsageError(_refusal(run, folder, [*differs, *misfits], bool(misfits)))
    report = {
        "run": run.name,
        "model_sha256": run.state().get("model_sha256"),
        "into": str(folder) if Path(into).is_dir() else into,
        "modules": len(adapter),
        "rank": max(pair.rank for pair in adapter.values()),
        "differs": differs,
        "logits_times": 1 / base.logit_scale if getattr(base, "logit_scale", None) else 1.0,
        "weights": _compared(run.base, folder),
        "tokens_with_another_id": _other_tokens(run.base, folder),
    }
    _written(out, adapter, report)
    return report


def target(kind: str, into: str | None) -> str:
    """The target that is meant: `into`, else the hub's name of the kind. Raises UsageError for an unknown kind."""
    if kind not in TARGETS:
        raise unknown("target", kind, TARGETS)
    return into or TARGETS[kind]


def told(report: dict[str, Any], out: Path) -> str:
    """The report for a person."""
    weights, tokens = report["weights"], report["tokens_with_another_id"]
    lines = [
        f"{report['modules']} modules of rank {report['rank']} for {report['into']} in {out}",
        f"  weights   {weights['same']} of the base's {weights['all']} are the same in the target's language model",
        f"  tokens    {'no tokenizer to compare' if tokens is None else f'{tokens} have another id in the target'}",
        f"  logits    the target's are {report['logits_times']:g} times as large: its class leaves logit_scale out",
    ]
    if report["logits_times"] == 1:
        lines.pop()
    return "\n".join(lines + [f"  differs   {line}" for line in report["differs"]])


def located(into: str) -> Path:
    """The target's folder. Raises UsageError, saying what to do, where it is not on this machine."""
    if Path(into).is_dir():
        return Path(into).absolute()
    try:
        return Path(snapshot_download(into, local_files_only=True))
    except (LocalEntryNotFoundError, HFValidationError):
        raise UsageError(
            f"the target model {into} is not on this machine: accept its licence on its page at https://huggingface.co "
            "if it is gated, `hf auth login`, `hf download` it, or give --into FOLDER"
        ) from None


def moved(adapter: Adapter) -> Adapter:
    """The adapter under aya-vision's names, where the language model is a part."""
    return {re.sub(r"^model\.", "model.language_model.", module): pair for module, pair in adapter.items()}


def differences(base: Any, text: Any) -> list[str]:
    """What of the target's language model computes otherwise than the base, one line each."""
    pairs = [(key, getattr(base, key, None), getattr(text, key, None)) for key in DECISIVE]
    # What an architecture does not know at all is told by its model_type.
    known = [pair for pair in pairs if base.model_type == text.model_type or None not in pair[1:]]
    return [f"{key} {ours} here, {theirs} there" for key, ours, theirs in known if ours != theirs]


def _misfits(adapter: Adapter, config: Any) -> Iterator[str]:
    with torch.device("meta"):
        target = AutoModelForImageTextToText.from_config(config)
    shapes = {name.removesuffix(".weight"): tuple(weight.shape) for name, weight in target.named_parameters()}
    for module, pair in adapter.items():
        if module not in shapes:
            yield f"no {module} there"
        elif shapes[module] != pair.shape:
            ours, theirs = ("×".join(map(str, shape)) for shape in (pair.shape, shapes[module]))
            yield f"{module} {ours} here, {theirs} there"


def _refusal(run: RunFolder, folder: Path, found: list[str], shapes: bool) -> str:
    more = f"; and {len(found) - LISTED} more" if len(found) > LISTED else ""
    line = f"the adapter of {run.name} does not fit {folder}: {'; '.join(found[:LISTED])}{more}"
    way_out = "its shapes do; --anyway writes it, to be measured before it is believed"
    return line if shapes else f"{line}. The language model there computes something else, but {way_out}"


def _compared(base: Path, target: Path) -> dict[str, int]:
    """Of the base's weights, how many are the same in the target's language model, value for value."""
    ours, theirs = _weights(base, alone=True), _weights(target, alone=False)
    same = sum(1 for name in ours if name in theirs and _equal(_read(*ours[name]), _read(*theirs[name])))
    return {"all": len(ours), "same": same}


def _weights(folder: Path, alone: bool) -> dict[str, tuple[Path, str]]:
    """Where each weight of the language model in a folder is: file and name; known by its name in the model alone."""
    found: dict[str, tuple[Path, str]] = {}
    for file in sorted(folder.glob("*.safetensors")):
        with safe_open(file, "pt") as opened:
            names = list(opened.keys())
        found |= {LANGUAGE.sub("", name): (file, name) for name in names if alone or "language_model." in name}
    return found


def _equal(first: torch.Tensor, second: torch.Tensor) -> bool:
    return first.shape == second.shape and bool(torch.equal(first, second))


def _read(file: Path, name: str) -> torch.Tensor:
    with safe_open(file, "pt") as opened:
        tensor: torch.Tensor = opened.get_tensor(name).float()
    return tensor


def _other_tokens(base: Path, target: Path) -> int | None:
    """How many of the base's tokens have another id in the target's tokenizer; None where it has none that loads."""
    given = {"local_files_only": True, "trust_remote_code": False}
    if not all((folder / "tokenizer.json").is_file() for folder in (base, target)):  # an empty one would be made up
        return None
    try:
        tokenizers = [AutoTokenizer.from_pretrained(folder, **given) for folder in (base, target)]
    except (OSError, ValueError, TypeError, KeyError):
        return None
    ours, theirs = (tokenizer.get_vocab() for tokenizer in tokenizers)
    return sum(1 for token, number in ours.items() if theirs.get(token) != number)


def _written(out: Path, adapter: Adapter, report: dict[str, Any]) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=".partial-", dir=out.parent) as beside:
        partial = Path(beside) / "adapter"
        lora.write(partial, adapter, report["into"])
        write_whole(partial / REPORT, json.dumps(report, ensure_ascii=False, indent=1).encode())
        partial.rename(out)
