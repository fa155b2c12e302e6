"""The blocks of a recipe that carry a library's own keys: checked against that library, then made into its objects."""

import dataclasses
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, get_type_hints

from peft import LoraConfig
from pydantic import TypeAdapter, ValidationError
from transformers import CohereConfig, TrainingArguments
from trl import DPOConfig, SFTConfig

from storage.errors import UsageError
from trainer import bounds, preference_keys, ranks
from trainer.keys import unknown_keys
from trainer.recipe import Stage

FIELD = re.compile(r"Validation error for field '(\w+)'")  # as huggingface_hub's strict dataclasses begin it
DETAILS = "Errors:"  # with which they say once more what each type would want
LONGEST_ERROR = 300
KINDS: dict[str, Any] = {
    kind.__name__: kind for kind in (TrainingArguments, LoraConfig, CohereConfig, SFTConfig, DPOConfig)
}

# What the trainer sets itself, so that a run can be found, resumed and repeated.
OWNED: dict[str, Any] = {
    "disable_tqdm": True,
    "report_to": "none",
    "push_to_hub": False,
    "remove_unused_columns": False,  # there are none, and packs need seq_lengths, which no model takes
    "include_num_input_tokens_seen": "non_padding",
    "logging_nan_inf_filter": False,
    "save_strategy": "steps",
    "save_total_limit": 2,
    "save_only_model": False,
    "ignore_data_skip": False,
    "load_best_model_at_end": False,
    "eval_strategy": "no",
    "dataloader_drop_last": False,  # a step halved would have other rows
    "average_tokens_across_devices": True,  # else several processes are another training than one
    "dataloader_persistent_workers": False,
    "eval_on_start": False,  # held-out pairs are measured by the trainer
    "use_liger_kernel": False,
    "parallelism_config": None,  # several GPUs share rows, or are cut up by fsdp
    "auto_find_batch_size": False,  # it would change the rows of a step; `trainer.halving` keeps them
}
ELSEWHERE = {
    "output_dir": "the run's folder",
    "seed": "the recipe's seed",
    "data_seed": "the recipe's seed",
    "resume_from_checkpoint": "found by the trainer",
    "task_type": "CAUSAL_LM",
    "vocab_size": "make.vocab_size",
    "bos_token_id": "the tokenizer's",
    "eos_token_id": "the tokenizer's",
    "pad_token_id": "the tokenizer's",
}
# TRL's keys that a stage takes, and why it takes no other that SFTConfig has beyond TrainingArguments.
SFT_KEYS = ("packing", "packing_strategy", "assistant_only_loss")
SFT_REFUSED = {
    "max_length": "it is the stage's max_length",
    "truncation_mode": "the end of a chat is cut, articles are split",
    "shuffle_dataset": "it is the stage's order: random",
    "padding_free": "packing: true is free of padding",
    "eval_packing": "dev pairs are measured unpacked",
    "completion_only_loss": "it is assistant_only_loss",
    "dataset_num_proc": "the tokenizer uses all cores as it is",
    "dataset_text_field": "it is the stage's data",
    "dataset_kwargs": "the snapshot is prepared by the trainer",
    "chat_template_path": "the tokenizer's own template is used",
    "eos_token": "the tokenizer's",
    "pad_token": "the tokenizer's",
    "pad_to_multiple_of": "a pack has no padding",
    "model_init_kwargs": "it is the recipe's base",
    "trust_remote_code": "code that comes with a model is not run",
    "loss_type": "nll",
    "router_aux_loss_coef": "aya has no experts",
    "activation_offloading": "use TrainingArguments.activation_checkpointing",
}
TRL_KEYS = {
    "SFTConfig": (SFT_KEYS, SFT_REFUSED),
    "DPOConfig": (preference_keys.DPO_KEYS, preference_keys.DPO_REFUSED),
}
STRATEGIES_REFUSED = {
    "bfd_split": "it would part an answer from its question; articles are split under bfd too",
    "wrapped": "it joins the end of one document to the next, which then see each other",
}
# What a library takes beyond what it says it does: transformers 5.23 wants True here and warns at any text.
WIDER: dict[str, Any] = {"fsdp": bool | None}
# A key that a newer version renamed, as far as a recipe of an older one would carry it.
RENAMED = {
    "warmup_ratio": "warmup_steps (a value below 1 is a share of all steps)",
    "gradient_checkpointing": "activation_checkpointing",
    "evaluation_strategy": "eval_strategy",
    "group_by_length": f"nothing, {bounds.OTHER_ROWS}",
    "per_gpu_train_batch_size": "per_device_train_batch_size",
    "no_cuda": "use_cpu",
    "use_mps_device": "nothing, it is used where it is there",
    "adafactor": "optim: adafactor",
    "half_precision_backend": "nothing, there is one way left",
    "fp16_backend": "nothing, there is one way left",
    "save_safetensors": "nothing, it is always so",
    "overwrite_output_dir": "nothing, a run has a folder of its own",
    "logging_dir": "nothing, a run's logs are in its folder",
    "max_seq_length": "max_length of the stage",
    "rope_theta": "rope_parameters: {rope_type: default, rope_theta: …}",
}


def errors_of(recipe: object) -> list[str]:
    """One line for each key or value in the recipe's library blocks that the installed library would not take."""
    return [line for place, kind, block in _blocks(recipe, "") for line in _errors(place, kind, block)]


def training_arguments(stage: Stage, folder: Path, seed: int) -> TrainingArguments:
    """The stage's TrainingArguments, with checkpoints under `folder`; UsageError where they contradict each other."""
    values = OWNED | _values("TrainingArguments", stage.training)
    if stage.unpadded:
        values["include_num_input_tokens_seen"] = "all"  # there is no padding, and no mask to count it by
    if ranks.count() > 1:  # every weight that is trained has a gradient in every step
        values.setdefault("ddp_find_unused_parameters", False)
    try:
        return TrainingArguments(output_dir=str(folder), seed=seed, data_seed=seed, **values)
    except (ValueError, TypeError, ImportError, NotImplementedError) as error:
        raise UsageError(f"stage {stage.name}: TrainingArguments: {' '.join(str(error).split())[:300]}") from None


def lora_config(block: dict[str, Any]) -> LoraConfig:
    """peft's LoraConfig for a causal language model."""
    return LoraConfig(task_type="CAUSAL_LM", **_values("LoraConfig", block))


def cohere_config(block: dict[str, Any], tokenizer: Any) -> CohereConfig:
    """A Cohere architecture whose vocabulary and special tokens are the tokenizer's."""
    ids = {f"{name}_token_id": getattr(tokenizer, f"{name}_token_id") for name in ("bos", "eos", "pad")}
    return CohereConfig(vocab_size=len(tokenizer), **ids, **block)


def _blocks(node: object, place: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in items:
        if key in KINDS and isinstance(value, dict):
            yield f"{place}{key}.", key, value
        else:
            yield from _blocks(value, f"{place}{key}.")


def _errors(place: str, kind: str, block: dict[str, Any]) -> list[str]:
    if kind == "SFTConfig":
        return _trl_errors(place, kind, block) + _strategy_errors(place, block)
    if kind == "DPOConfig":
        block = preference_keys.as_list(block)
        return _trl_errors(place, kind, block) + preference_keys.wrong_values(place, _right_types(kind, block))
    types, found = _types(kind), []
    for key, value in block.items():
        if key in RENAMED:
            found.append(f"{place}{key}: now {RENAMED[key]}")
        elif key in OWNED or key in ELSEWHERE:
            found.append(f"{place}{key}: not a recipe's to set, it is {ELSEWHERE.get(key, OWNED.get(key))}")
        elif key in types:
            found += _wrong_value(f"{place}{key}", types[key], value) or _out_of_bounds(place, kind, key, value)
    others = {key: value for key, value in block.items() if key not in {*RENAMED, *OWNED, *ELSEWHERE}}
    right = {key: value for key, value in block.items() if key in types and not _wrong_value(key, types[key], value)}
    return found + unknown_keys(others, types, place) + _whole(place, kind, right)


def _trl_errors(place: str, kind: str, block: dict[str, Any]) -> list[str]:
    (taken, refused), types, found = TRL_KEYS[kind], _types(kind), []
    for key, value in block.items():
        if key in RENAMED and key not in types:
            found.append(f"{place}{key}: now {RENAMED[key]}")
        elif key in taken:
            found += _wrong_value(f"{place}{key}", types[key], value)
        elif key in refused:
            found.append(f"{place}{key}: not taken, {refused[key]}")
        elif key in _types("TrainingArguments"):
            found.append(f"{place}{key}: it belongs into TrainingArguments")
    return found + unknown_keys(block, {*taken, *refused, *types, *RENAMED}, place)


def _right_types(kind: str, block: dict[str, Any]) -> dict[str, Any]:
    """What of a TRL block is taken and of the right type, so that its values can be looked at."""
    types, taken = _types(kind), TRL_KEYS[kind][0]
    return {key: block[key] for key in taken if key in block and not _wrong_value(key, types[key], block[key])}


def _strategy_errors(place: str, block: dict[str, Any]) -> list[str]:
    strategy = block.get("packing_strategy", "bfd")
    if strategy == "bfd":
        return []
    return [
        f"{place}packing_strategy: {bounds.shown(strategy)}: {STRATEGIES_REFUSED.get(str(strategy), 'only bfd is')}"
    ]


def _wrong_value(place: str, adapter: TypeAdapter[Any], value: object) -> list[str]:
    try:
        adapter.validate_python(value)
    except ValidationError as error:
        return [f"{place}: {bounds.shown(value)}: {error.errors()[0]['msg']}"]
    return []


def _out_of_bounds(place: str, kind: str, key: str, value: object) -> list[str]:
    return bounds.wrong(f"{place}{key}", key, value, _types(kind)[key].validate_python(value))


def _whole(place: str, kind: str, block: dict[str, Any]) -> list[str]:
    """What only the library itself can say of a block; its TrainingArguments ask for the machine, so not of those."""
    if kind == "TrainingArguments":
        return []
    values, found = _values(kind, block), []
    while True:
        try:
            KINDS[kind](**values)
        except Exception as error:  # noqa: BLE001  each library has kinds of its own
            found.append(f"{place.rstrip('.')}: {' '.join(str(error).partition(DETAILS)[0].split())[:LONGEST_ERROR]}")
            field = FIELD.search(str(error))  # without it, the library goes on to the next one that is wrong
            if field is None or values.pop(field[1], None) is None:
                return found
        else:
            return found


def _values(kind: str, block: dict[str, Any]) -> dict[str, Any]:
    types = _types(kind)
    return {key: types[key].validate_python(value) for key, value in block.items()}


@cache
def _types(kind: str) -> dict[str, TypeAdapter[Any]]:
    names = [field.name for field in dataclasses.fields(KINDS[kind]) if field.init]
    if kind == "CohereConfig":  # checks its own values, and says which is wrong
        return {name: TypeAdapter(Any) for name in names}
    hints = get_type_hints(KINDS[kind])
    return {name: TypeAdapter(WIDER.get(name, hints[name])) for name in names}
