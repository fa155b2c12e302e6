"""The adapters of a run, read as matrices: each stage trained on the one before merged, so together they are a sum."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, get_peft_model
from peft.tuners.lora import LoraLayer
from peft.utils import get_peft_model_state_dict
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch.nn.functional import pad
from transformers import AutoConfig, AutoModelForCausalLM

from storage.errors import DataDamaged, UsageError
from trainer.folder import RunFolder

CONFIG, WEIGHTS = "adapter_config.json", "adapter_model.safetensors"
# How an adapter may start without touching the model it is added to; the others (pissa, olora, …) change its weights.
HARMLESS_STARTS = (True, False, "gaussian", "orthogonal", "eva")
# What makes more of an adapter than the product of two matrices.
BEYOND_A_PRODUCT = (
    "use_dora",
    "use_qalora",
    "use_bdlora",
    "lora_bias",
    "layer_replication",
    "modules_to_save",
    "target_parameters",
    "trainable_token_indices",
    "alora_invocation_tokens",
    "arrow_config",
    "kasa_config",
    "monteclora_config",
    "velora_config",
)


@dataclass(frozen=True)
class Pair:
    """What is added to one matrix of out × in: `b @ a`, with `a` of rank × in and `b` of out × rank, scaled."""

    a: torch.Tensor
    b: torch.Tensor

    @property
    def rank(self) -> int:
        """The rows of `a`."""
        return int(self.a.shape[0])

    @property
    def shape(self) -> tuple[int, int]:
        """The shape of the matrix it is added to."""
        return int(self.b.shape[0]), int(self.a.shape[1])


Adapter = dict[str, Pair]  # by the name of the module in the base model


def of_run(run: RunFolder) -> Adapter:
    """All stages of a run as one adapter of its base: matrices set side by side, so that their product is the sum.

    Raises UsageError where a stage is no plain LoRA, DataDamaged where its files cannot be read.
    """
    folders = sorted(path.parent for path in (run.path / "adapter").glob(f"*/{CONFIG}"))
    if not folders:
        raise UsageError(f"run {run.name} has no adapter")
    summed: Adapter = {}
    for folder in folders:
        for module, pair in of_stage(folder, run.base).items():
            before = summed.get(module)
            summed[module] = _beside(before, pair) if before else pair
    return summed


def of_stage(folder: Path, base: Path) -> Adapter:
    """The adapter in `folder` of the model in `base`, as float32. Raises as `of_run` does."""
    try:
        weights = load_file(folder / WEIGHTS)
        config = LoraConfig.from_pretrained(str(folder))
    except (OSError, ValueError, TypeError, SafetensorError) as error:
        raise DataDamaged(f"{folder} holds no adapter that can be read: {' '.join(str(error).split())}") from None
    if beyond := _beyond(config):
        raise UsageError(f"{folder} is no plain LoRA ({', '.join(beyond)}): only the product of two matrices moves")
    if other := sorted(name for name in weights if ".layers." not in name):
        raise UsageError(f"{folder} adapts {other[0]} too, which is no part of a layer: only layers move")
    config.base_model_name_or_path = None  # where it lay when it was trained; here it is `base`
    model = empty(base, config)
    names = set(get_peft_model_state_dict(model))
    if names != set(weights):
        odd = sorted(names ^ set(weights))
        raise DataDamaged(f"{folder / WEIGHTS} is not what its {CONFIG} says: {len(odd)} weights, the first {odd[0]}")
    return {
        name.removeprefix("base_model.model."): Pair(
            weights[f"{name}.lora_A.weight"].float(),
            weights[f"{name}.lora_B.weight"].float() * layer.scaling["default"],
        )
        for name, layer in model.named_modules()
        if isinstance(layer, LoraLayer)
    }


def empty(folder: Path, lora: LoraConfig | None = None) -> Any:
    """The architecture of the causal language model in `folder` without its weights, adapted where `lora` is given."""
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(config_of(folder))
        return get_peft_model(model, lora) if lora else model


def config_of(folder: Path) -> Any:
    """The configuration of the model in `folder`. Raises UsageError where there is none."""
    try:
        return AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise UsageError(f"{folder} holds no model: {' '.join(str(error).split())[:300]}") from None


def write(folder: Path, adapter: Adapter, base_name: str) -> None:
    """Write an adapter that peft loads: scale 1 and one rank throughout, lower ones filled up with zeros."""
    rank = max(pair.rank for pair in adapter.values())
    weights = {}
    for module, pair in adapter.items():
        short = rank - pair.rank
        weights[f"base_model.model.{module}.lora_A.weight"] = pad(pair.a, (0, 0, 0, short)).contiguous()
        weights[f"base_model.model.{module}.lora_B.weight"] = pad(pair.b, (0, short)).contiguous()
    folder.mkdir(parents=True)
    save_file(weights, folder / WEIGHTS, {"format": "pt"})
    LoraConfig(
        task_type="CAUSAL_LM",
        base_model_name_or_path=base_name,
        target_modules=sorted(adapter),
        r=rank,
        lora_alpha=rank,
        inference_mode=True,
    ).save_pretrained(str(folder))


def _beside(first: Pair, second: Pair) -> Pair:
    return Pair(torch.cat([first.a, second.a]), torch.cat([first.b, second.b], dim=1))


def _beyond(config: LoraConfig) -> list[str]:
    found = [key for key in BEYOND_A_PRODUCT if getattr(config, key, None)]
    if config.bias != "none":
        found.append(f"bias {config.bias}")
    if config.init_lora_weights not in HARMLESS_STARTS:
        found.append(f"init_lora_weights {config.init_lora_weights}")
    return found
