"""Losses of a preference, from log-likelihoods: TRL's names and formulas, as far as a pair is judged by itself.

Ratios are the log-likelihood of an answer under the trained model less that under the reference. Every loss is one
figure a preference, so that a batch's mean is the same however it is divided into micro-batches.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch.nn.functional import logsigmoid


@dataclass(frozen=True)
class Ratios:
    """Of so many preferences, each of shape (preferences,): log-ratios, answers' tokens, log-likelihoods; in nats.

    The log-likelihoods are those under the trained model.
    """

    chosen: torch.Tensor
    rejected: torch.Tensor
    chosen_tokens: torch.Tensor
    rejected_tokens: torch.Tensor
    chosen_nats: torch.Tensor
    rejected_nats: torch.Tensor

    @property
    def margin(self) -> torch.Tensor:
        """How much more the training favours the chosen answer than the reference did, in nats."""
        return self.chosen - self.rejected

    @property
    def margin_a_token(self) -> torch.Tensor:
        """The same with each answer's ratio divided by its tokens: no answer wins by its length."""
        return self.chosen / self.chosen_tokens - self.rejected / self.rejected_tokens


@dataclass(frozen=True)
class Losses:
    """The losses of a recipe with their weights, and what TRL's DPOConfig takes beside them."""

    types: tuple[str, ...] = ("sigmoid",)
    weights: tuple[float, ...] = (1.0,)
    beta: float = 0.1
    label_smoothing: float = 0.0

    def of(self, ratios: Ratios) -> torch.Tensor:
        """One loss a preference."""
        parts = [weight * KNOWN[name](self, ratios) for name, weight in zip(self.types, self.weights, strict=True)]
        return torch.stack(parts).sum(0)


def _sigmoid(losses: Losses, ratios: Ratios) -> torch.Tensor:
    """Rafailov et al. 2023, Direct Preference Optimization, equation 7."""
    return -logsigmoid(losses.beta * ratios.margin)


def _sigmoid_norm(losses: Losses, ratios: Ratios) -> torch.Tensor:
    """Lambert et al. 2024, Tulu 3, equation 6: length-normalised."""
    return -logsigmoid(losses.beta * ratios.margin_a_token)


def _hinge(losses: Losses, ratios: Ratios) -> torch.Tensor:
    """Zhao et al. 2023, SLiC-HF, over the ratios."""
    return torch.relu(1 - losses.beta * ratios.margin)


def _ipo(losses: Losses, ratios: Ratios) -> torch.Tensor:
    """Azar et al. 2023, A General Theoretical Paradigm, equation 17, with beta its tau and the margin a token."""
    return (ratios.margin_a_token - 1 / (2 * losses.beta)) ** 2


def _robust(losses: Losses, ratios: Ratios) -> torch.Tensor:
    """Chowdhury et al. 2024, Provably Robust DPO: a share label_smoothing of the decisions is taken for wrong."""
    wrong, scaled = losses.label_smoothing, losses.beta * ratios.margin
    return (wrong * logsigmoid(-scaled) - (1 - wrong) * logsigmoid(scaled)) / (1 - 2 * wrong)


def _apo_zero(losses: Losses, ratios: Ratios) -> torch.Tensor:
    """D'Oosterlinck et al. 2024, Anchored Preference Optimization, equation 7."""
    return torch.sigmoid(-losses.beta * ratios.chosen) + torch.sigmoid(losses.beta * ratios.rejected)


def _sft(_: Losses, ratios: Ratios) -> torch.Tensor:
    """Pang et al. 2024, Iterative Reasoning Preference Optimization: the chosen answer's own loss a token."""
    return -ratios.chosen_nats / ratios.chosen_tokens


KNOWN: dict[str, Callable[[Losses, Ratios], torch.Tensor]] = {
    "sigmoid": _sigmoid,
    "sigmoid_norm": _sigmoid_norm,
    "hinge": _hinge,
    "ipo": _ipo,
    "robust": _robust,
    "apo_zero": _apo_zero,
    "sft": _sft,
}
