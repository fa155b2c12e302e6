"""Training recipes: YAML whose blocks carry the libraries' own keys, refused whole with every error at once.

about: what the recipe is for
seed: 1
base: {pretrained_model_name_or_path: …}     # a model that exists, or `make`: one made on the spot; held in 4 bits
                                             # with `quantization_config` (transformers.BitsAndBytesConfig)
energy: {…}                                  # how the electricity is counted
held_out: {…}                                # on which dev pairs each stage is measured
stages:                                      # each starts from the model the one before it left
  - name: corpus
    data: [corpus]
    SFTConfig: {packing: true}               # trl.SFTConfig, the keys about data; for preferences trl.DPOConfig
    LoraConfig: {r: 8, …}                    # peft.LoraConfig
    TrainingArguments: {learning_rate: …}    # transformers.TrainingArguments
"""

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, ValidationError, model_validator

from storage import strict_yaml
from storage.errors import UsageError, unknown
from trainer import across, extra, preference_stage
from trainer.keys import misspelt

FOLDER = Path(__file__).parent / "recipes"
LARGEST, MOST_VALUES = 100_000, 5_000  # bytes, values once aliases are written out; the longest has 233
MOST_TOLD = 100  # errors
DataKind = Literal["corpus", "titles", "pairs", "preferences"]


class Block(BaseModel):
    """A mapping of a recipe. Unknown keys are found by `trainer.keys`, which names the nearest."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class Stage(Block):
    """One training over one kind of data; without LoraConfig all weights are trained."""

    name: str = Field(pattern=r"^[a-z][a-z0-9-]{0,30}$")
    data: tuple[DataKind, ...] = Field(min_length=1)
    share: float = Field(default=1.0, gt=0, le=1)
    order: Literal["first", "random"] = "random"
    max_length: int = Field(ge=16)
    lora: dict[str, Any] | None = Field(default=None, alias="LoraConfig")
    sft: dict[str, Any] = Field(default_factory=dict, alias="SFTConfig")
    dpo: dict[str, Any] | None = Field(default=None, alias="DPOConfig")
    training: dict[str, Any] = Field(alias="TrainingArguments")

    @property
    def packing(self) -> bool:
        """Whether several documents share a row, kept apart."""
        return bool(self.sft.get("packing", False))

    @property
    def prefers(self) -> bool:
        """Whether it trains on preferences: which of two answers is the better."""
        return preference_stage.KIND in self.data

    @property
    def unpadded(self) -> bool:
        """Whether a batch is one row of documents: of packs, or of the two answers of each preference."""
        return self.packing or self.prefers

    @property
    def packing_strategy(self) -> str:
        """TRL's name of how documents are put together."""
        return str(self.sft.get("packing_strategy", "bfd"))

    @property
    def answers_only(self) -> bool:
        """Whether of a chat only the answer is trained on; unlike TRL's default, it is unless the recipe says no."""
        return bool(self.sft.get("assistant_only_loss", True))

    @model_validator(mode="after")
    def _keys_that_go_together(self) -> "Stage":
        checks = {
            "SFTConfig.packing_strategy is for packing: true": "packing_strategy" in self.sft and not self.packing,
            "SFTConfig.assistant_only_loss: the corpus has no answers, all of it is trained on": (
                "assistant_only_loss" in self.sft and set(self.data) == {"corpus"}
            ),
            "TrainingArguments.label_smoothing_factor: packing has the model's own loss only": (
                self.packing and bool(self.training.get("label_smoothing_factor"))
            ),
            "TrainingArguments.fsdp: a stage of preferences is measured by one process, uncut": (
                self.prefers and bool(self.training.get("fsdp"))
            ),
        }
        if found := [line for line, wrong in checks.items() if wrong] + preference_stage.problems(self):
            raise ValueError("; ".join(found))
        return self


class Make(Block):
    """A base made from nothing: tokenizer, random weights, and a first training of all of them."""

    vocab_size: int = Field(ge=300, le=65_536)
    config: dict[str, Any] = Field(alias="CohereConfig")
    warm_start: Stage


class FourBits(Block):
    """How bitsandbytes holds the linear layers while an adapter is trained; keys and defaults are transformers'."""

    REFUSED: ClassVar[dict[str, str]] = {
        "load_in_8bit": "4 bits are what is trained in; 8 take twice the memory",
        "bnb_4bit_quant_storage": "it is for FSDP, which takes no base in 4 bits here",
        "llm_int8_threshold": "it is for 8 bits",
        "llm_int8_skip_modules": "only linear layers are held in 4 bits, and the head is none of them",
        "llm_int8_enable_fp32_cpu_offload": "all of the base is on the card",
        "llm_int8_has_fp16_weight": "it is for 8 bits",
    }
    load_in_4bit: Literal[True]
    bnb_4bit_quant_type: Literal["nf4", "fp4"] = "fp4"
    bnb_4bit_use_double_quant: StrictBool = False
    bnb_4bit_compute_dtype: Literal["float32", "bfloat16"] = "float32"


class Base(Block):
    """The model that the first stage starts from: one that exists, or one to make."""

    pretrained_model_name_or_path: str | None = None
    make: Make | None = None
    quantization_config: FourBits | None = None
    dtype: Literal["float32", "bfloat16"] = "float32"
    attn_implementation: Literal["flash_attention_2", "sdpa", "eager"] = "sdpa"
    device: Literal["any", "cuda"] = "any"

    @model_validator(mode="after")
    def _one_of_two(self) -> "Base":
        if (self.pretrained_model_name_or_path is None) == (self.make is None):
            raise ValueError("give either pretrained_model_name_or_path or make")
        return self


class Energy(Block):
    """The grid's intensity in g CO2e/kWh, and the power in W to state where none can be measured."""

    force_carbon_intensity_g_co2e_kwh: float = Field(gt=0, le=2_000)
    nameplate_watts: float = Field(gt=0, le=100_000)


class HeldOut(Block):
    """At most so many dev pairs, each of at most so many tokens, measure every stage."""

    pairs: int = Field(default=200, ge=1)
    max_length: int = Field(default=1_024, ge=16)


class Content(Block):
    """What a recipe's file holds."""

    about: str
    seed: int = Field(ge=0, lt=2**32)
    base: Base
    energy: Energy
    held_out: HeldOut = HeldOut()
    stages: tuple[Stage, ...] = Field(min_length=1)


@dataclass(frozen=True)
class Recipe:
    """A recipe's name, the text of its file, and what it says."""

    name: str
    text: str
    data: dict[str, Any]
    content: Content

    @cached_property
    def sha256(self) -> str:
        """The recipe's identity: what it parses to, whatever its comments and order."""
        return _sha256(self.data)


def sha256_of(text: str) -> str:
    """The identity of a recipe with this text. Raises ValueError where it is no YAML."""
    return _sha256(strict_yaml.read(text, MOST_VALUES))


def names() -> list[str]:
    """The recipes that come with the project."""
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))


def load(name_or_path: str, libraries: bool = True) -> Recipe:
    """Read a recipe by its name or the path of its `.yaml` file.

    Raises UsageError when there is none, or with every error in it, each with the nearest right name.
    `libraries` also holds the libraries' own blocks against them, which imports torch.
    """
    path = _path(name_or_path)
    try:
        if path.stat().st_size > LARGEST:
            raise UsageError(f"{path} is larger than {LARGEST} bytes: that is no recipe")
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {error}") from None
    try:
        data = strict_yaml.read(text, MOST_VALUES)
    except ValueError as error:
        raise UsageError(f"{path} is no YAML of a recipe: {error}") from None
    if not isinstance(data, dict):
        raise UsageError(f"{path} is no recipe: it holds no keys")
    return Recipe(path.stem, text, data, _checked(path.stem, data, libraries))


def _sha256(data: object) -> str:
    return hashlib.sha256(json.dumps(data, sort_keys=True, default=str).encode()).hexdigest()


def _path(name_or_path: str) -> Path:
    path = Path(name_or_path)
    if path.suffix == ".yaml":
        if not path.is_file():
            raise UsageError(f"there is no recipe file {path}")
        return path
    if name_or_path not in names():
        raise unknown("recipe", name_or_path, names())
    return FOLDER / f"{name_or_path}.yaml"


def _checked(name: str, data: dict[str, Any], libraries: bool) -> Content:
    found = misspelt(Content, data)
    content = None
    try:
        content = Content.model_validate(data)
    except ValidationError as error:
        found += _told(error)
    found += across.problems(data)
    if libraries or ((found or content is None) and not extra.missing()):  # a wrong recipe is told all of at once
        extra.settle()
        from trainer.libraries import errors_of

        found += errors_of(data)
    if found or content is None:
        lines = sorted(set(found))
        rest = [f"and {len(lines) - MOST_TOLD} more"] if len(lines) > MOST_TOLD else []
        raise UsageError(f"recipe {name} has {len(lines)} error(s): " + "; ".join(lines[:MOST_TOLD] + rest))
    return content


def _told(error: ValidationError) -> list[str]:
    errors = {".".join(map(str, e["loc"])): e["msg"].removeprefix("Value error, ") for e in error.errors()}
    # A list whose items are wrong is also told to be too short.
    outermost = [place for place in errors if not any(other.startswith(f"{place}.") for other in errors)]
    return [f"{place or 'recipe'}: {errors[place]}" for place in outermost]
