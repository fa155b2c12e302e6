"""One of two processes that train a tiny model a step with transformers' Trainer: what each holds, and what they send.

Its argument is a list of cases as JSON, those without FSDP first; it prints what it found of each as JSON.
"""

import json
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any

import torch
from datasets import Dataset
from torch import distributed
from torch.distributed.fsdp import FSDPModule
from torch.utils._python_dispatch import TorchDispatchMode
from transformers import PrinterCallback, Trainer, TrainingArguments

from tests.trainer import tiny_models
from tests.trainer.ranked import sharding_on_the_cpu
from tests.trainer.tiny_models import LENGTH, Case

GATHER, CUT_UP, SUM = "c10d._allgather_base_", "c10d._reduce_scatter_base_", "c10d.allreduce_"
STEPS = 2  # the optimizer has its states after the first


class Sent(TorchDispatchMode):
    """Sums the bytes of what collectives gather or sum; the model's own have a floating-point type."""

    def __init__(self) -> None:
        super().__init__()
        self.bytes: Counter[str] = Counter()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func.namespace == "c10d":
            sizes = [x.nbytes for x in _tensors(args) if x.is_floating_point()]
            self.bytes[str(func).removesuffix(".default")] += max(sizes, default=0)
        return func(*args, **(kwargs or {}))


class Watched(Trainer):
    """Counts gradients before and after they are summed, and what is sent in the last step."""

    def __init__(self, sent: Sent, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sent, self.own, self.summed, self.gathered, self.step = sent, 0, 0, 0, 0

    def training_step(self, *args: Any, **kwargs: Any) -> torch.Tensor:
        if self.state.global_step > self.step:
            self.sent.bytes.clear()
        self.step = self.state.global_step
        loss: torch.Tensor = super().training_step(*args, **kwargs)
        self.own = max(self.own, sum(p.unsharded_param.grad.nbytes for p in _cut(self.model) if _has_own(p)))
        self.summed = sum(_local(w.grad).nbytes for w in self.model.parameters() if w.grad is not None)
        return loss


def main(case: Case, fsdp: bool, accumulated: int) -> dict[str, int]:
    """What this process holds after two steps, and what was sent in the second, in bytes."""
    rows = Dataset.from_dict({"input_ids": [[5] * LENGTH] * 16, "labels": [[5] * LENGTH] * 16})
    arguments = TrainingArguments(
        output_dir="unused",
        max_steps=STEPS,
        per_device_train_batch_size=1,
        gradient_accumulation_steps=accumulated,
        bf16=case.autocast,
        fsdp=fsdp or None,
        fsdp_config={"reshard_after_forward": True} if fsdp else None,
        optim="adamw_torch",
        max_grad_norm=0.0,
        use_cpu=True,
        disable_tqdm=True,
        report_to="none",
        save_strategy="no",
        dataloader_pin_memory=False,
    )
    trainer = Watched(Sent(), tiny_models.model(case), arguments, train_dataset=rows, data_collator=_batch)
    trainer.remove_callback(PrinterCallback)
    for module in trainer.model.modules():
        if type(module).__name__ == "CohereMLP":
            module.register_forward_hook(lambda *_: _look(trainer))
    with trainer.sent:
        trainer.train()
    weights = list(trainer.model.parameters())
    states = [s for each in trainer.optimizer.optimizer.state.values() for s in each.values() if s.dim()]
    return {
        "base": sum(_local(w).nbytes for w in weights if not w.requires_grad),
        "trained": sum(_local(w).nbytes for w in weights if w.requires_grad),
        "optimizer": sum(_local(s).nbytes for s in states),
        "own": trainer.own,
        "summed": trainer.summed,
        "at_once": trainer.gathered,
        "gathered": trainer.sent.bytes[GATHER],
        "cut_up": trainer.sent.bytes[CUT_UP],
        "all_summed": trainer.sent.bytes[SUM],
    }


def _look(trainer: Watched) -> None:
    there = sum(o.untyped_storage().nbytes() for p in _cut(trainer.model) for o in p.all_gather_outputs)
    trainer.gathered = max(trainer.gathered, there)


def _cut(model: Any) -> Iterator[Any]:
    """Every tensor as FSDP keeps it."""
    groups = {}
    for module in model.modules():
        if isinstance(module, FSDPModule):
            for group in module._get_fsdp_state()._fsdp_param_groups:
                groups[id(group)] = group
    for group in groups.values():
        yield from group.fsdp_params


def _has_own(tensor: Any) -> bool:
    return hasattr(tensor, "_unsharded_param") and tensor._unsharded_param.grad is not None


def _local(tensor: Any) -> torch.Tensor:
    return tensor.to_local() if hasattr(tensor, "to_local") else tensor


def _tensors(found: Any) -> Iterator[torch.Tensor]:
    if isinstance(found, torch.Tensor):
        yield found
    elif isinstance(found, (list, tuple)):
        for each in found:
            yield from _tensors(each)


def _batch(rows: list[dict[str, list[int]]]) -> dict[str, torch.Tensor]:
    return {name: torch.tensor([row[name] for row in rows]) for name in rows[0]}


if __name__ == "__main__":
    distributed.init_process_group("gloo")
    told = []
    for asked in json.loads(sys.argv[1]):
        with sharding_on_the_cpu() if asked["fsdp"] else nullcontext():
            told.append(main(Case(**asked["case"]), asked["fsdp"], asked["accumulated"]))
    if distributed.get_rank() == 0:
        sys.stdout.write(json.dumps(told) + "\n")
    distributed.destroy_process_group()
