"""Training on preferences: direct preference optimization of an adapter against the model it lies on.

The reference is that model with its adapter off, so no second copy of it is held. Both read the same batch, a row of
chosen and rejected chats (`collate.flattened`), and neither has dropout: before the first step they are one model.
"""

from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from trainer.collate import flattened
from trainer.filled import Filled
from trainer.loop import StageTrainer
from trainer.preference_loss import Losses, Ratios

MEASURED = 200  # preferences; of so many a share is known to some three points (its standard error at a half is 3.5 %)


class PreferenceTrainer(StageTrainer):
    """A StageTrainer whose loss is the mean over all preferences of a step, however it is cut into micro-batches."""

    loss_is_scaled_for_ga = True

    def __init__(self, losses: Losses, model: Any, *args: Any, **kwargs: Any) -> None:
        _without_dropout(model)
        super().__init__(model, *args, **kwargs)
        self.losses = losses

    def compute_loss(
        self, model: Any, inputs: dict[str, Any], *_: Any, num_items_in_batch: Tensor | None = None
    ) -> Any:
        """The losses of a micro-batch over the preferences of the step, shape ()."""
        losses = self.losses.of(ratios(model, self.accelerator.unwrap_model(model), inputs))
        if num_items_in_batch is None:
            return losses.mean()
        # Several processes' gradients are averaged, and the step's preferences are those of all of them.
        among = self.accelerator.num_processes if self.args.average_tokens_across_devices else 1
        return losses.sum() / num_items_in_batch * among

    def _get_num_items_in_batch(self, batch_samples: list[Any], device: torch.device) -> Tensor | None:
        if not batch_samples:
            return None
        preferences = torch.tensor(sum(int(_real(batch).sum()) for batch in batch_samples), device=device)
        if self.args.average_tokens_across_devices and self.args.world_size > 1:
            preferences = self.accelerator.gather(preferences).sum()
        return preferences


def measured(trainer: StageTrainer) -> dict[str, Any]:
    """What the training made of the first MEASURED of its preferences; nothing of a stage that has none.

    `margin` and `margin_a_token` are by how many nats it favours the chosen answers more than before, in the mean;
    `preferred` is the share that it favours more; `likelier` the share whose chosen answer has the larger likelihood.
    """
    if not isinstance(trainer, PreferenceTrainer):
        return {}
    rows, model = trainer.train_dataset, trainer.model
    if isinstance(rows, Filled):
        rows = rows.rows
    model.eval()
    with torch.no_grad():
        chosen = [_of_row(row, model) for row in rows.select(range(min(MEASURED, len(rows))))]
    margins, by_token, gaps = torch.tensor(chosen, dtype=torch.float64).T
    return {
        "preferences": {
            "measured": len(chosen),
            "margin": round(float(margins.mean()), 6),
            "margin_a_token": round(float(by_token.mean()), 6),
            "preferred": round(float((margins > 0).double().mean()), 6),
            "likelier": {
                "before": round(float((gaps - margins > 0).double().mean()), 6),
                "after": round(float((gaps > 0).double().mean()), 6),
            },
        }
    }


def ratios(model: Any, adapted: Any, batch: dict[str, Any]) -> Ratios:
    """Of a flattened batch's preferences but blank ones; `adapted` is the model under whatever `model` wraps it in."""
    inputs = {name: value for name, value in batch.items() if name not in ("labels", "shift_labels")}
    with torch.no_grad(), adapted.disable_adapter():
        reference = _nats(model, inputs, batch["labels"][0])
    trained = _nats(model, inputs, batch["labels"][0])
    tokens = _answer_tokens(batch)
    own = torch.stack([part.sum() for part in trained.split(tokens.tolist())])
    others = torch.stack([part.sum() for part in reference.split(tokens.tolist())])
    real = _real(batch).to(own.device)
    own, others, tokens = (each.view(-1, 2)[real] for each in (own, others, tokens))
    return Ratios(
        chosen=own[:, 0] - others[:, 0],
        rejected=own[:, 1] - others[:, 1],
        chosen_tokens=tokens[:, 0],
        rejected_tokens=tokens[:, 1],
        chosen_nats=own[:, 0],
        rejected_nats=own[:, 1],
    )


def _of_row(row: dict[str, list[int]], model: Any) -> tuple[float, float, float]:
    """Of one preference: its margin, the margin a token, and by how many nats the chosen answer is likelier."""
    batch = {name: x.to(model.device) if torch.is_tensor(x) else x for name, x in flattened([row]).items()}
    found = ratios(model, model, batch)
    gap = found.chosen_nats - found.rejected_nats
    return float(found.margin[0]), float(found.margin_a_token[0]), float(gap[0])


def _nats(model: Any, inputs: dict[str, Any], labels: Tensor) -> Tensor:
    """The log-likelihood of each token that is trained on, in their order."""
    logits = model(**inputs).logits[0]
    return -cross_entropy(logits.float(), labels, reduction="none")


def _answer_tokens(batch: dict[str, Any]) -> Tensor:
    """How many tokens of each document are trained on; each is predicted from a place in its own document."""
    bounds = batch["cu_seq_lens_q"].to(batch["logits_to_keep"].dtype)
    return torch.searchsorted(batch["logits_to_keep"], bounds).diff()


def _real(batch: dict[str, Any]) -> Tensor:
    """Of each preference of a batch whether it is one, shape (preferences,): `filled` adds blank ones."""
    return _answer_tokens(batch).view(-1, 2).all(dim=1)


def _without_dropout(model: torch.nn.Module) -> None:
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
        if hasattr(module, "attention_dropout"):
            module.attention_dropout = 0.0
