"""A model that FSDP has cut up among the processes, in one piece again in the first of them."""

from collections.abc import Callable
from typing import Any

import torch

from storage.errors import UsageError
from trainer import ranks
from trainer.loop import StageTrainer

WRAPPED = "_checkpoint_wrapped_module."  # what torch puts into the name of weights whose layer computes twice


def require(trainer: StageTrainer) -> StageTrainer:
    """The trainer. Raises UsageError where accelerate would leave FSDP out, or put it in, unsaid."""
    if trainer.args.fsdp and not trainer.is_fsdp_enabled:
        raise UsageError("TrainingArguments.fsdp: accelerate shards on GPUs only, and this training runs on the CPU")
    if trainer.is_fsdp_enabled and not trainer.args.fsdp:
        raise UsageError(
            "TrainingArguments.fsdp: another stage, or accelerate's own configuration, asks for it: say so in all"
        )
    return trainer


def whole(trainer: StageTrainer, untrained: Callable[[], Any]) -> Any:
    """The trained model, on the trainer's device; of one that is cut up, None in all processes but the first.

    What was trained is gathered, a tensor at a time in all processes; the rest is read again by `untrained`.
    """
    if not trainer.is_fsdp_enabled:
        return _as_it_is(trainer.model)
    found = {
        name.replace(WRAPPED, ""): weights.detach().full_tensor().cpu()
        for name, weights in trainer.model.named_parameters()
        if weights.requires_grad
    }
    if not ranks.is_first():
        return None
    model = untrained()
    trained = {name: weights for name, weights in model.named_parameters() if weights.requires_grad}
    if trained.keys() != found.keys():
        raise RuntimeError(f"FSDP names other weights than the model: {sorted(trained.keys() ^ found.keys())[:4]}")
    with torch.no_grad():
        for name, weights in trained.items():
            weights.copy_(found[name])
    return model.to(trainer.args.device)


def _as_it_is(model: Any) -> Any:
    """Without the mixed precision that accelerate puts around a model it trains: nobody who reads it has that."""
    if vars(model).pop("_original_forward", None):
        del model.forward  # its class has it as it was
    return model
