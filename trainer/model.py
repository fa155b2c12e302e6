"""The base model: found before any work is done, or made small on the spot; loading, adapting and saving models."""

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from huggingface_hub import snapshot_download
from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError
from peft import get_peft_model
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer, CohereForCausalLM, set_seed
from transformers.utils import is_flash_attn_2_available

from storage.errors import UsageError
from storage.runs import fingerprint
from trainer.libraries import cohere_config, lora_config
from trainer.recipe import Base, Make, Recipe
from trainer.source import FILES, Frozen
from trainer.tokenizer import made, training_template


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
    """How a model is loaded: number format, attention kernel, and why that kernel."""

    dtype: str
    attention: str
    reason: str

    def model(self, folder: Path) -> Any:
        """The causal language model in `folder`."""
        return AutoModelForCausalLM.from_pretrained(
            folder, dtype=getattr(torch, self.dtype), attn_implementation=self.attention, local_files_only=True
        )


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
    if problems:
        raise UsageError(f"recipe {recipe.name} cannot run here, nothing was done: " + "; ".join(problems))
    if name is None or folder is None:
        return Found("made", make=base.make)
    _check(folder)
    return Found(name, folder, fingerprint(folder), given=bool(override))


def loading(base: Base) -> Loading:
    """The attention kernel the recipe wants where it can run, else torch's own, and the reason."""
    wanted, reason = base.attn_implementation, "as the recipe says"
    if wanted == "flash_attention_2" and not is_flash_attn_2_available():
        missing = "flash-attn is not installed (pip install 'tabib[gpu]')" if torch.cuda.is_available() else "no GPU"
        wanted, reason = "sdpa", f"flash_attention_2 cannot run: {missing}"
    return Loading(base.dtype, wanted, reason)


def tokenizer_of(folder: Path) -> Any:
    """The tokenizer that lies with a model."""
    return AutoTokenizer.from_pretrained(folder, local_files_only=True)


def make(wanted: Make, snapshot: Frozen, folder: Path, seed: int) -> None:
    """Write a tokenizer trained on the snapshot's training texts, and a model with random weights, into `folder`."""
    tokenizer = made(_training_texts(snapshot), wanted.vocab_size)
    set_seed(seed)
    model = CohereForCausalLM(cohere_config(wanted.config, tokenizer))
    save(model, tokenizer, folder)


def adapted(model: Any, block: dict[str, Any], seed: int) -> Any:
    """The model with fresh LoRA weights; only they are trained."""
    set_seed(seed)
    with warnings.catch_warnings():
        # peft 0.21 still asks transformers for activation checkpointing by its old name.
        warnings.filterwarnings("ignore", "`is_gradient_checkpointing` is deprecated", FutureWarning)
        return get_peft_model(model, lora_config(block))


def save(model: Any, tokenizer: Any, folder: Path) -> None:
    """Write model and tokenizer so that transformers loads them from `folder`."""
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def parameters(model: Any) -> dict[str, int]:
    """How many weights there are, and how many of them are trained."""
    counts = [(weights.numel(), weights.requires_grad) for weights in model.parameters()]
    return {"all": sum(n for n, _ in counts), "trained": sum(n for n, trained in counts if trained)}


def folder_of(name: str) -> Path | None:
    """Where a model lies on this machine, by its folder or its hub id; None where it does not."""
    if Path(name).is_dir():
        return Path(name).absolute()
    try:
        return Path(snapshot_download(name, local_files_only=True))
    except (LocalEntryNotFoundError, HFValidationError):
        return None


def _not_here(name: str) -> str:
    if "/" not in name or name.startswith((".", "/", "~")):
        return f"there is no model folder {name}"
    page = f"https://huggingface.co/{name}"
    return (
        f"the base model {name} is not on this machine: accept its licence at {page} if it is gated, "
        f"`hf auth login`, `hf download {name}`, or give --model FOLDER"
    )


def _check(folder: Path) -> None:
    """Raise UsageError unless a tokenizer that fits and a model can be read from `folder`."""
    try:
        tokenizer = tokenizer_of(folder)
        config = AutoConfig.from_pretrained(folder, local_files_only=True)
        with torch.device("meta"):
            AutoModelForCausalLM.from_config(config)
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        raise UsageError(f"{folder} holds no model that loads: {' '.join(str(error).split())[:300]}") from None
    if not any(folder.glob("*.safetensors")):
        raise UsageError(f"{folder} has no weights in *.safetensors")
    training_template(tokenizer)
    if len(tokenizer) > config.vocab_size:
        raise UsageError(f"{folder}: its tokenizer has {len(tokenizer)} entries, its model {config.vocab_size}")
    if tokenizer.bos_token_id is None or tokenizer.eos_token_id is None:
        raise UsageError(f"{folder}: its tokenizer has no beginning-of-text or no end token")


def _training_texts(snapshot: Frozen) -> Any:
    for file, columns in ((FILES["corpus"], ["title", "text"]), (FILES["pairs"], ["question", "answer"])):
        if snapshot.count(file):
            for row in snapshot.rows(file, columns):
                yield "\n".join(value for value in row.values() if value)
