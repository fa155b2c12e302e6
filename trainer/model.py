"""The base model: found before any work is done, or made small on the spot; loading, adapting and saving models."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from huggingface_hub import snapshot_download
from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError
from peft import PeftModel, get_peft_model
from safetensors import SafetensorError, safe_open
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer, CohereForCausalLM, set_seed
from transformers.utils import is_flash_attn_2_available

from storage.errors import DataDamaged, UsageError
from storage.runs import fingerprint
from trainer import four_bits
from trainer.libraries import cohere_config, lora_config
from trainer.recipe import Base, Make, Recipe
from trainer.source import FILES, Frozen
from trainer.tokenizer import made, training_template

FLASH = (8, 0)  # the least compute capability that flash-attn 2 is built for


@dataclass(frozen=True)
class Found:
    """The base of a run: a folder with its hash, or what to make one of; `given` where it is not the recipe's own."""

    name: str
    folder: Path | None = None
    sha256: str | None = None
    make: Make | None = None
    given: bool = False


@dataclass(frozen=True)
class Loading:
    """How a model is loaded: number format, attention kernel, why that kernel; how its 4 bits are made, if so held."""

    dtype: str
    attention: str
    reason: str
    quantization: dict[str, Any] | None = None

    def model(self, folder: Path, device: torch.device | None = None) -> Any:
        """The causal language model in `folder`; in 4 bits on `device`, whole in the processor's memory.

        Raises DataDamaged where a weight is missing: transformers would make one up.
        """
        held = four_bits.arguments(self.quantization, device) if self.quantization else {}
        model = _read(folder, dtype=getattr(torch, self.dtype), attn_implementation=self.attention, **held)
        return four_bits.as_trained(model) if held else model

    def whole(self) -> "Loading":
        """The same with no weight rounded."""
        return replace(self, quantization=None)

    def on_processor(self) -> "Loading":
        """The same with no weight rounded, and with the kernel that every processor has."""
        return replace(self, quantization=None, attention="sdpa")


def found(recipe: Recipe, override: str | None) -> Found:
    """The base that the recipe or `override` names; UsageError says what to do where it or a GPU is missing."""
    base = recipe.content.base
    name = override or base.pretrained_model_name_or_path
    folder = folder_of(name) if name else None
    problems = []
    if name and folder is None:
        problems.append(_not_here(name))
    if base.device == "cuda" and not override and not torch.cuda.is_available():
        problems.append("it trains on a GPU and torch sees none (torch.cuda.is_available()): run it where there is one")
    if base.quantization_config:
        problems += four_bits.problems(folder, base.device == "cuda" and not override)
    if problems:
        raise UsageError(f"recipe {recipe.name} cannot run here, nothing was done: " + "; ".join(problems))
    if name is None or folder is None:
        return Found("made", make=base.make)
    _check(folder)
    return Found(name, folder, fingerprint(folder), given=bool(override))


def loading(base: Base) -> Loading:
    """The attention kernel the recipe wants where it can run, else torch's own, and the reason."""
    said = "attn_implementation" in base.model_fields_set
    wanted, reason = base.attn_implementation, "as the recipe says" if said else "the default, as the recipe names none"
    if wanted == "flash_attention_2" and (lacking := _no_flash(base.dtype)):
        wanted, reason = "sdpa", f"flash_attention_2 cannot run: {lacking}"
    held = base.quantization_config
    return Loading(base.dtype, wanted, reason, held.model_dump() if held else None)


def tokenizer_of(folder: Path) -> Any:
    """The tokenizer that lies with a model."""
    return AutoTokenizer.from_pretrained(folder, local_files_only=True)


def make(wanted: Make, snapshot: Frozen, folder: Path, seed: int) -> None:
    """Write a tokenizer trained on the snapshot's training texts, and a model with random weights, into `folder`."""
    tokenizer = tokenizer_made(wanted, snapshot)
    set_seed(seed)
    model = CohereForCausalLM(cohere_config(wanted.config, tokenizer))
    save(model, tokenizer, folder)


def tokenizer_made(wanted: Make, snapshot: Frozen) -> Any:
    """The tokenizer of a base that is made: trained on the snapshot's training texts."""
    return made(_training_texts(snapshot), wanted.vocab_size)


def adapted(model: Any, block: dict[str, Any], seed: int) -> Any:
    """The model with fresh LoRA weights; only they are trained."""
    set_seed(seed)
    with _by_its_old_name():
        return get_peft_model(model, lora_config(block))


def adapted_again(model: Any, adapter: Path) -> Any:
    """The model with the adapter that was written to that folder."""
    with _by_its_old_name():
        return PeftModel.from_pretrained(model, adapter, local_files_only=True)


def save(model: Any, tokenizer: Any, folder: Path) -> None:
    """Write model and tokenizer so that transformers loads them from `folder`."""
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def parameters(model: Any) -> dict[str, int]:
    """How many weights there are, and how many of them are trained."""
    counts = [(four_bits.numel(weights), weights.requires_grad) for weights in model.parameters()]
    return {"all": sum(n for n, _ in counts), "trained": sum(n for n, trained in counts if trained)}


def require_numbers(folder: Path) -> None:
    """Raise DataDamaged where a weight of the model in `folder` is infinite or no number.

    Its files are read, as rounding to 4 bits would hide such a weight.
    """
    if lacking := next((name for name, weights in _weights(folder) if not bool(torch.isfinite(weights).all())), None):
        raise DataDamaged(
            f"{folder.resolve()}: weights of {lacking} are no finite numbers, so nothing can be trained on them: "
            "bring the model back from where it came, or take another"
        )


def folder_of(name: str) -> Path | None:
    """Where a model lies on this machine, by its folder or its hub id; None where it does not."""
    if Path(name).is_dir():
        return Path(name).absolute()
    try:
        return Path(snapshot_download(name, local_files_only=True))
    except (LocalEntryNotFoundError, HFValidationError):
        return None


def _weights(folder: Path) -> Iterator[tuple[str, torch.Tensor]]:
    """One by one, those that have a fraction."""
    for file in sorted(folder.glob("*.safetensors")):
        with safe_open(file, "pt") as opened:
            for name in opened.keys():  # noqa: SIM118  it is no mapping
                weights = opened.get_tensor(name)
                if weights.is_floating_point():
                    yield name, weights


@contextmanager
def _by_its_old_name() -> Iterator[None]:
    """Within it peft 0.21 may ask transformers for activation checkpointing as that was called before."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "`is_gradient_checkpointing` is deprecated", FutureWarning)
        yield


def _not_here(name: str) -> str:
    if "/" not in name or name.startswith((".", "/", "~")):
        return f"there is no model folder {name}"
    page = f"https://huggingface.co/{name}"
    return (
        f"the base model {name} is not on this machine: accept its licence at {page} if it is gated, "
        f"`hf auth login`, `hf download {name}`, or give --model FOLDER"
    )


def _no_flash(dtype: str) -> str | None:
    """Why flash-attn 2 cannot run here: its kernels are for Ampere and newer, and for numbers of two bytes."""
    if not torch.cuda.is_available():
        return "no GPU"
    if not is_flash_attn_2_available():
        return "flash-attn is not installed (pip install 'tabib[gpu]')"
    capability = torch.cuda.get_device_capability()
    if capability < FLASH:
        return f"it wants compute capability {_dotted(FLASH)}, this GPU has {_dotted(capability)}"
    if getattr(torch, dtype).itemsize != 2:
        return f"it computes with two bytes a number, the recipe's dtype is {dtype}"
    return None


def _dotted(capability: tuple[int, int]) -> str:
    return ".".join(map(str, capability))


def _read(folder: Path, **how: Any) -> Any:
    """The model, every weight of it from its files."""
    model, report = AutoModelForCausalLM.from_pretrained(
        folder,
        local_files_only=True,
        use_safetensors=True,
        ignore_mismatched_sizes=True,  # told below, by name
        output_loading_info=True,
        **how,
    )
    lacking = sorted([*report["missing_keys"], *(found[0] for found in report["mismatched_keys"])])
    if lacking:
        raise DataDamaged(
            f"{folder} is not whole: {len(lacking)} weights are missing in it or of another shape, the first "
            f"{lacking[0]}; bring it back from where it came"
        )
    return model


def _check(folder: Path) -> None:
    """Raise UsageError unless a tokenizer that fits and a model can be read from `folder`."""
    if (folder / "run.json").is_file():
        raise UsageError(f"{folder} is a run, no model: give --model {folder / 'merged'}")
    if (folder / "adapter_config.json").is_file():
        raise UsageError(f"{folder} is an adapter, no whole model: give the merged model of its run")
    tokenizer, config = _tokenizer_and_config(folder)
    training_template(tokenizer)
    if len(tokenizer) > config.vocab_size:
        raise UsageError(f"{folder}: its tokenizer has {len(tokenizer)} entries, its model {config.vocab_size}")
    if tokenizer.bos_token_id is None or tokenizer.eos_token_id is None:
        raise UsageError(f"{folder}: its tokenizer has no beginning-of-text or no end token")


def _tokenizer_and_config(folder: Path) -> tuple[Any, Any]:
    """Both, where weights of all names and shapes that the model has lie with them; none is read."""
    try:
        tokenizer = tokenizer_of(folder)
        config = AutoConfig.from_pretrained(folder, local_files_only=True)
        if not any(folder.glob("*.safetensors")):
            raise UsageError(f"{folder} has no weights in *.safetensors")
        if getattr(config, "quantization_config", None):
            raise UsageError(
                f"{folder}: its weights are rounded (quantization_config): give the model they were made of"
            )
        _read(folder, device_map="meta")
    except (OSError, ValueError, RuntimeError, KeyError, SafetensorError, DataDamaged) as error:
        raise UsageError(f"{folder} holds no model that loads: {' '.join(str(error).split())[:300]}") from None
    if not (folder / "tokenizer.json").is_file():  # transformers makes an empty one up
        raise UsageError(f"{folder} has no tokenizer.json: bring it back from where the model came")
    return tokenizer, config


def _training_texts(snapshot: Frozen) -> Any:
    for file, columns in ((FILES["corpus"], ["title", "text"]), (FILES["pairs"], ["question", "answer"])):
        if snapshot.count(file):
            for row in snapshot.rows(file, columns):
                yield "\n".join(value for value in row.values() if value)
