"""A model's shape without its weights: configuration, parameters and matrices, counted on the meta device."""

import re
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import torch
import yaml
from transformers import AutoConfig, AutoModelForCausalLM

from storage.errors import UsageError
from trainer.model import adapted, folder_of, parameters
from trainer.plan.quantised import Quantised
from trainer.recipe import Recipe, Stage

KEPT = Path(__file__).parent / "architectures"
WIDTHS = ("hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "vocab_size")
LAYER = re.compile(r"\.layers\.(\d+)\.")
# In the first layer these read the frozen embedding: no gradient has to flow into it.
FED_BY_EMBEDDING = ("q_proj", "k_proj", "v_proj", "gate_proj", "up_proj")


@dataclass(frozen=True)
class Architecture:
    """A configuration, where it comes from, and the folder with its tokenizer where that is on this machine."""

    name: str
    source: str
    config: Any
    folder: Path | None = None


@dataclass(frozen=True)
class Matrix:
    """A linear layer: widths in and out, the rank of the adapter on it (0: none), and whether it is the head.

    `spared` is one whose input needs no gradient as long as activations are not checkpointed.
    """

    inputs: int
    outputs: int
    rank: int
    spared: bool
    head: bool

    @property
    def size(self) -> int:
        """Its weights."""
        return self.inputs * self.outputs

    @property
    def adapter(self) -> int:
        """The weights of its adapter."""
        return self.rank * (self.inputs + self.outputs)


@dataclass(frozen=True)
class Tensor:
    """A parameter: its first dimension, its weights, the bytes of one, and its layer's number, where it is in one."""

    rows: int
    size: int
    width: int
    trained: bool
    layer: int | None


@dataclass(frozen=True)
class Weights:
    """What a stage computes with and trains. `base` and `trained` count parameters, the others are bytes."""

    base: int
    trained: int
    base_bytes: int
    trained_bytes: int
    matrices: tuple[Matrix, ...]
    dropout: float
    frozen_base: bool
    tensors: tuple[Tensor, ...] = ()


def architecture(recipe: Recipe, override: str | None = None) -> Architecture:
    """The shape of the recipe's base, or of the model `override`: from its folder, the kept figures, or `make`.

    Raises UsageError when none of them knows it, or when it is no decoder of the usual widths.
    """
    base = recipe.content.base
    name = override or base.pretrained_model_name_or_path
    if name is None and base.make is not None:
        config = _config("cohere", {"vocab_size": base.make.vocab_size, **base.make.config})
        return Architecture("made", f"recipe {recipe.name}, base.make", config)
    folder = folder_of(str(name))
    if folder:
        return _with_widths(Architecture(str(name), f"config.json in {folder}", _read(folder), folder))
    kept = _kept(str(name))
    if kept is None:
        raise UsageError(
            f"the shape of {name} is not known here: give --model FOLDER with its config.json, or plan with one of "
            f"{', '.join(sorted(n for entry in _all_kept() for n in entry['names']))}"
        )
    return Architecture(str(name), str(kept["source"]), _config(kept["model_type"], kept["config"]))


def weights(shape: Architecture, stage: Stage, dtype: str, quantised: Quantised | None) -> Weights:
    """The stage's parameters, counted on tensors without storage."""
    model = _on_meta(shape, dtype)
    held = _bytes(model, quantised)
    if stage.lora:
        model = _adapted(model, stage)
    found = weights_of(model, float((stage.lora or {}).get("lora_dropout", 0.0)), frozen_base=bool(stage.lora))
    return replace(found, base_bytes=held)


def weights_of(model: Any, dropout: float, frozen_base: bool) -> Weights:
    """What is counted of a model, wherever its tensors are."""
    counted = parameters(model)
    trained = [p for p in model.parameters() if p.requires_grad]
    trained_bytes = sum(p.numel() * p.element_size() for p in trained)
    every = sum(p.numel() * p.element_size() for p in model.parameters())
    return Weights(
        base=counted["all"] - counted["trained"] if frozen_base else counted["all"],
        trained=counted["trained"],
        base_bytes=every - trained_bytes if frozen_base else every,
        trained_bytes=trained_bytes,
        matrices=_matrices(model),
        dropout=dropout,
        frozen_base=frozen_base,
        tensors=_tensors(model),
    )


def _adapted(model: Any, stage: Stage) -> Any:
    try:
        return adapted(model, stage.lora or {}, 0)
    except (ValueError, KeyError) as error:
        raise UsageError(f"stage {stage.name}: LoraConfig: {' '.join(str(error).split())[:300]}") from None


def _on_meta(shape: Architecture, dtype: str) -> Any:
    try:
        with torch.device("meta"):
            return AutoModelForCausalLM.from_config(shape.config, dtype=getattr(torch, dtype))
    except (ValueError, TypeError, KeyError, RuntimeError) as error:
        raise UsageError(f"{shape.source} makes no model: {' '.join(str(error).split())[:300]}") from None


def _tensors(model: Any) -> tuple[Tensor, ...]:
    found = []
    for name, tensor in model.named_parameters():
        number = LAYER.search(name)
        rows = tensor.shape[0] if tensor.dim() else 1
        layer = int(number[1]) if number else None
        found.append(Tensor(rows, tensor.numel(), tensor.element_size(), tensor.requires_grad, layer))
    return tuple(found)


def _matrices(model: Any) -> tuple[Matrix, ...]:
    """Every product with weights that a forward pass takes; the embedding is a look-up and none."""
    found = []
    for path, module in model.named_modules():
        if not isinstance(module, torch.nn.Linear) or ".lora_" in path:
            continue
        name = path.removesuffix(".base_layer")
        holder = model.get_submodule(name)
        spared = ".layers.0." in name and name.rsplit(".", 1)[1] in FED_BY_EMBEDDING
        rank = int(getattr(holder, "r", {}).get("default", 0))
        found.append(Matrix(module.in_features, module.out_features, rank, spared, name.endswith("lm_head")))
    return tuple(found)


def _bytes(model: Any, quantised: Quantised | None) -> int:
    linear = {id(m.weight) for n, m in model.named_modules() if isinstance(m, torch.nn.Linear) and "lm_head" not in n}
    total = 0.0
    for tensor in model.parameters():
        each = quantised.bytes_a_weight if quantised and id(tensor) in linear else tensor.element_size()
        total += tensor.numel() * each
    return round(total)


def _read(folder: Path) -> Any:
    try:
        return AutoConfig.from_pretrained(folder, local_files_only=True)
    except (OSError, ValueError, KeyError) as error:
        raise UsageError(f"{folder} holds no config.json that loads: {' '.join(str(error).split())[:300]}") from None


def _with_widths(shape: Architecture) -> Architecture:
    lacking = [width for width in WIDTHS if not isinstance(getattr(shape.config, width, None), int)]
    if lacking:
        raise UsageError(f"{shape.source} is no text decoder that can be planned: it has no {', '.join(lacking)}")
    return shape


def _config(kind: str, values: dict[str, Any]) -> Any:
    return AutoConfig.for_model(kind, **values)


def _kept(name: str) -> dict[str, Any] | None:
    return next((entry for entry in _all_kept() if name in entry["names"]), None)


@cache
def _all_kept() -> list[dict[str, Any]]:
    return [yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(KEPT.glob("*.yaml"))]
