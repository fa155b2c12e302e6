"""What a value of the right type may not be: a number no training can be made of, a name or order that is not taken."""

import math
from collections.abc import Callable
from difflib import get_close_matches
from typing import Any

from transformers import SchedulerType
from transformers.training_args import OptimizerNames

Fits = tuple[str, Callable[[float], bool]]

LONGEST = 100  # characters of a value that are told
OTHER_ROWS = "a resume would draw other rows than a training that was not interrupted"
AT_LEAST_1: Fits = ("at least 1", lambda value: value >= 1)
AT_LEAST_0: Fits = ("at least 0", lambda value: value >= 0)
ABOVE_0: Fits = ("above 0", lambda value: value > 0)
SHARE: Fits = ("at least 0 and below 1", lambda value: 0 <= value < 1)
WHOLE_OR_SHARE: Fits = ("below 1 a share of all steps, else whole", lambda value: value < 1 or value == int(value))
BOUNDS: dict[str, tuple[Fits, ...]] = {
    "per_device_train_batch_size": (AT_LEAST_1,),
    "gradient_accumulation_steps": (AT_LEAST_1,),
    "learning_rate": (ABOVE_0,),
    "num_train_epochs": (ABOVE_0,),
    "max_steps": (("at least 1, or -1 for num_train_epochs", lambda value: value >= 1 or value == -1),),
    "save_steps": (ABOVE_0, WHOLE_OR_SHARE),
    "logging_steps": (ABOVE_0, WHOLE_OR_SHARE),
    "warmup_steps": (AT_LEAST_0, WHOLE_OR_SHARE),
    "weight_decay": (AT_LEAST_0,),
    "max_grad_norm": (AT_LEAST_0,),
    "adam_beta1": (SHARE,),
    "adam_beta2": (SHARE,),
    "adam_epsilon": (ABOVE_0,),
    "label_smoothing_factor": (SHARE,),
    "neftune_noise_alpha": (AT_LEAST_0,),
    "dataloader_num_workers": (AT_LEAST_0,),
    "r": (AT_LEAST_1,),
    "lora_alpha": (ABOVE_0,),
    "lora_dropout": (SHARE,),
}
# Names of which the libraries' types say only that they are text.
NAMES: dict[str, list[str]] = {
    "lr_scheduler_type": [kind.value for kind in SchedulerType],
    "optim": [kind.value for kind in OptimizerNames],
    "train_sampling_strategy": ["random", "sequential", "group_by_length", "batch_rebalance"],
}
UNMEASURED = "it follows a measure that is not taken while it trains"
NAMES_REFUSED = {
    "reduce_lr_on_plateau": UNMEASURED,
    "greedy": UNMEASURED,
    "group_by_length": OTHER_ROWS,
    "batch_rebalance": OTHER_ROWS,
}
MAPPINGS = ("accelerator_config", "fsdp_config")
# accelerate's own defaults: with others an epoch's order is drawn anew, or a step has other rows.
ACCELERATOR = {"use_seedable_sampler": True, "split_batches": False, "even_batches": True}


def wrong(place: str, key: str, raw: object, value: Any) -> list[str]:
    """One line where `key` cannot have the value that `raw`, as the recipe has it, stands for; None is a default."""
    if value is None:
        return []
    if key in BOUNDS:
        return _number(f"{place}: {shown(raw)}", key, float("nan") if isinstance(raw, bool) else value)
    if key in NAMES:
        return _name(f"{place}: {shown(str(raw))}", str(getattr(value, "value", value)), NAMES[key])
    if key in MAPPINGS and not isinstance(value, dict):
        return [f"{place}: {shown(raw)}: give its keys, a file's are not in the recipe"]
    return _accelerator(place, value) if key == "accelerator_config" else []


def shown(value: object) -> str:
    """A value in an error's line."""
    told = repr(value)
    return told if len(told) <= LONGEST else told[:LONGEST] + "…"


def _number(told: str, key: str, value: float) -> list[str]:
    if not math.isfinite(value):
        return [f"{told}: a finite number"]
    return next(([f"{told}: {what}"] for what, fits in BOUNDS[key] if not fits(value)), [])


def _name(told: str, name: str, known: list[str]) -> list[str]:
    if name in NAMES_REFUSED:
        return [f"{told}: not taken, {NAMES_REFUSED[name]}"]
    if name in known:
        return []
    close = get_close_matches(name[:40], known, n=1)
    return [f"{told}: not known, {f'did you mean {close[0]}?' if close else 'known: ' + ', '.join(known)}"]


def _accelerator(place: str, block: dict[str, Any]) -> list[str]:
    return [
        f"{place}.{key}: {shown(block[key])}: {OTHER_ROWS}, or a step would have others"
        for key, only in ACCELERATOR.items()
        if key in block and block[key] is not only
    ]
