"""TRL's DPOConfig in a recipe: which of its keys a stage takes, and why it takes no other."""

from typing import Any

from trainer.preference_loss import KNOWN, Losses

DPO_KEYS = ("beta", "loss_type", "loss_weights", "label_smoothing")
DPO_REFUSED = {
    "max_length": "it is the stage's max_length",
    "truncation_mode": "the end of a chat is cut",
    "padding_free": "it always is: chosen and rejected are documents of one row",
    "pad_to_multiple_of": "there is no padding",
    "pad_token": "there is no padding",
    "disable_dropout": "it always is, as the reference has none",
    "precompute_ref_log_probs": "the reference is the model with its adapter off, computed beside it",
    "precompute_ref_batch_size": "the reference is the model with its adapter off, computed beside it",
    "sync_ref_model": "the reference is the model before the stage",
    "ref_model_mixup_alpha": "the reference is the model before the stage",
    "ref_model_sync_steps": "the reference is the model before the stage",
    "dataset_num_proc": "the tokenizer uses all cores as it is",
    "model_init_kwargs": "it is the recipe's base",
    "trust_remote_code": "code that comes with a model is not run",
    "router_aux_loss_coef": "aya has no experts",
    "activation_offloading": "use TrainingArguments.activation_checkpointing",
    "ld_alpha": "loss_type: sigmoid_norm is the loss that answers' lengths do not decide",
    "f_divergence_type": "reverse_kl",
    "f_alpha_divergence_coef": "f_divergence_type is reverse_kl",
    "use_weighting": "the preferences are people's, not drawn from a model",
    "discopop_tau": "loss_type: discopop is not taken",
}


def losses(block: dict[str, Any]) -> Losses:
    """The losses that a block without errors asks for."""
    types = _types(block)
    weights = tuple(map(float, block.get("loss_weights") or (1.0,) * len(types)))
    return Losses(types, weights, float(block.get("beta", 0.1)), float(block.get("label_smoothing", 0.0)))


def wrong_values(place: str, block: dict[str, Any]) -> list[str]:
    """One line for each value, of the right type, that no loss can be computed with."""
    types, found = _types(block), []
    for name in types:
        if name not in KNOWN:
            found.append(f"{place}loss_type: {name!r}: not taken, known: {', '.join(KNOWN)}")
    if not types or len(set(types)) < len(types):
        found.append(f"{place}loss_type: give each loss once, and one at least")
    if (weights := block.get("loss_weights")) is not None and len(weights) != len(types):
        found.append(f"{place}loss_weights: {len(weights)} weights for {len(types)} losses")
    if not 0 < block.get("beta", 0.1) < float("inf"):
        found.append(f"{place}beta: it is above 0")
    if not 0 <= block.get("label_smoothing", 0.0) < 0.5:
        found.append(f"{place}label_smoothing: from 0 up to 0.5, as the share of decisions that are wrong")
    if block.get("label_smoothing") and "robust" not in types:
        found.append(f"{place}label_smoothing: loss_type: robust alone takes it")
    return found


def as_list(block: dict[str, Any]) -> dict[str, Any]:
    """A single loss may be named without a list, as in TRL."""
    name = block.get("loss_type")
    return block | {"loss_type": [name]} if isinstance(name, str) else block


def _types(block: dict[str, Any]) -> tuple[str, ...]:
    return tuple(as_list(block).get("loss_type", ("sigmoid",)))
