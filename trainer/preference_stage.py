"""What a stage over preferences may not be, told before anything is loaded."""

from typing import Any

KIND = "preferences"
# Ways of beginning an adapter that leave the weights under it as they are: those are the reference.
BEGUN = (True, False, "gaussian", "orthogonal")


def problems(stage: Any) -> list[str]:
    """One line for each key of a `recipe.Stage` that does not go together with preferences, or asks for them."""
    if KIND not in stage.data:
        return [] if stage.dpo is None else [f"DPOConfig is for data: [{KIND}]"]
    checks = {
        f"data: {KIND} are trained on alone, in a stage of their own": len(stage.data) > 1,
        f"data: [{KIND}] wants a block DPOConfig, such as {{beta: 0.1, loss_type: sigmoid}}": stage.dpo is None,
        f"SFTConfig is not for data: [{KIND}], DPOConfig is": bool(stage.sft),
        f"TrainingArguments.label_smoothing_factor: data: [{KIND}] has DPOConfig's losses only": bool(
            stage.training.get("label_smoothing_factor")
        ),
    }
    return [line for line, wrong in checks.items() if wrong] + _of_adapter(stage.lora)


def _of_adapter(lora: dict[str, Any] | None) -> list[str]:
    """The reference is the model with its adapter off, so nothing but the adapter may be trained."""
    if lora is None:
        return [f"data: [{KIND}] wants a LoraConfig: the reference is the model with its adapter off"]
    checks = {
        "LoraConfig.lora_dropout: 0, a loss against the reference has no dropout": bool(lora.get("lora_dropout")),
        "LoraConfig.bias: none, else the reference would move with the model": lora.get("bias", "none") != "none",
        "LoraConfig.init_lora_weights: this one changes the reference's weights": lora.get("init_lora_weights", True)
        not in BEGUN,
    }
    return [line for line, wrong in checks.items() if wrong]
