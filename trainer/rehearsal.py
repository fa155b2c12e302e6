"""Whether every stage can be begun, before the first one is: what only the libraries know of a recipe and its base.

The base is put together on torch's meta device, where tensors have shapes and no storage.
"""

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from tempfile import gettempdir
from typing import Any

import torch
from peft.tuners.tuners_utils import BaseTunerLayer
from peft.utils import ModulesToSaveWrapper
from transformers import AutoConfig, AutoModelForCausalLM, CohereConfig, Trainer, TrainingArguments, get_scheduler

from storage.errors import UsageError
from trainer.libraries import training_arguments
from trainer.model import Found, adapted
from trainer.preference_stage import BEGUN
from trainer.recipe import Recipe, Stage

STEPS = 100  # of a schedule that is only begun


def require(recipe: Recipe, base: Found) -> None:
    """Raise UsageError with everything that some stage could not begin with; nothing is loaded or written."""
    stages = [*([base.make.warm_start] if base.make else []), *recipe.content.stages]
    with _no_trace():
        config = _config(base)
        found = [line for stage in stages for line in _problems(stage, config)]
        found += _too_long(
            {s.name: s.max_length for s in stages} | {"held_out": recipe.content.held_out.max_length}, config
        )
    if found:
        raise UsageError(f"recipe {recipe.name} cannot be trained, nothing was done: {'; '.join(found)}")


def _config(base: Found) -> Any:
    if base.make:
        return CohereConfig(vocab_size=base.make.vocab_size, **base.make.config)
    return AutoConfig.from_pretrained(base.folder, local_files_only=True)


def _problems(stage: Stage, config: Any) -> Iterator[str]:
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(config)
    if stage.lora:
        yield from _of_adapter(stage, model)
    try:
        arguments = training_arguments(stage, Path(gettempdir()), 0)
    except UsageError as error:
        yield str(error)
        return
    yield from _of_optimizer(stage, model, arguments)


def _too_long(lengths: dict[str, int], config: Any) -> list[str]:
    """A model trained past its positions reads no such text afterwards."""
    most = getattr(config, "max_position_embeddings", None)
    longer = ", ".join(f"{length} in {name}" for name, length in lengths.items() if most and length > most)
    return [f"max_length: the base reads {most} tokens at most, the recipe has {longer}"] if longer else []


def _of_adapter(stage: Stage, model: Any) -> Iterator[str]:
    """peft passes over a name that fits nothing as long as another one fits."""
    lora = dict(stage.lora or {})
    place, targets = f"stage {stage.name}: LoraConfig", lora.get("target_modules")
    paths = [f".{path}" for path, _ in model.named_modules()]
    names = {path.rpartition(".")[2] for path in paths}
    listed = targets if isinstance(targets, list) else []  # else a pattern, or all-linear
    strange = [name for name in listed if not any(path.endswith(f".{name}") for path in paths)]
    for name in strange:
        close = get_close_matches(name[:60], names, n=1)
        yield f"{place}.target_modules: the base has no {name[:60]}{f', did you mean {close[0]}?' if close else ''}"
    if strange:
        return
    if lora.get("init_lora_weights", True) not in BEGUN:  # these read the weights, which are not there
        lora["init_lora_weights"] = True
    tied = _tied(model)
    try:
        wrapped = adapted(model, lora, 0)
    except Exception as error:  # noqa: BLE001  peft has errors of many kinds
        yield f"{place}: {_line(error)}"
        return
    if any(isinstance(m, BaseTunerLayer | ModulesToSaveWrapper) and path.endswith(tied) for path, m in _parts(wrapped)):
        yield (
            f"{place}: {' and '.join(name[1:] for name in tied)} are one weight in this base: an adapter of one of "
            "them is merged into both, which is not what was trained; leave them out of target_modules and "
            "modules_to_save"
        )


def _tied(model: Any) -> tuple[str, ...]:
    """The names of embedding and head, each after its dot, where they are one weight."""
    ends = (model.get_input_embeddings(), model.get_output_embeddings())
    if None in ends or ends[0].weight is not ends[1].weight:
        return ()
    found = {id(module): path for path, module in model.named_modules()}
    return tuple(f".{found[id(end)].rpartition('.')[2]}" for end in ends)


def _parts(model: Any) -> list[tuple[str, Any]]:
    return [(f".{path}", module) for path, module in model.named_modules()]


def _of_optimizer(stage: Stage, model: Any, arguments: TrainingArguments) -> Iterator[str]:
    place = f"stage {stage.name}: TrainingArguments"
    try:
        Trainer.get_optimizer_cls_and_kwargs(arguments, model)
    except Exception as error:  # noqa: BLE001  each optimizer has its own package, and way to say that it is not there
        yield f"{place}.optim: {arguments.optim.value}: {_line(error)}"
    optimizer = torch.optim.AdamW([torch.zeros(1, requires_grad=True)], lr=arguments.learning_rate)
    begun = arguments.get_warmup_steps(STEPS)
    try:
        get_scheduler(arguments.lr_scheduler_type, optimizer, begun, STEPS, arguments.lr_scheduler_kwargs)
    except Exception as error:  # noqa: BLE001  what a schedule does not take is whatever Python makes of it
        yield f"{place}.lr_scheduler_type: {arguments.lr_scheduler_type.value}: {_line(error)}"


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__


@contextmanager
def _no_trace() -> Iterator[None]:
    """TrainingArguments write into the environment and set how torch multiplies, for all stages after them."""
    environment, precision = dict(os.environ), torch.backends.fp32_precision
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # they come again when the stage begins
            yield
    finally:
        torch.backends.fp32_precision = precision
        for name in set(os.environ) - set(environment):
            del os.environ[name]
        os.environ.update(environment)
