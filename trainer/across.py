"""What the stages of a recipe may not be beside each other, or on its base; told of a file with other errors too."""

from typing import Any

from trainer import preference_stage


def problems(data: dict[str, Any]) -> list[str]:
    """One line for each; `data` is the file, which may be wrong in any way."""
    stages = [stage for stage in _listed(data.get("stages")) if isinstance(stage, dict)]
    names = [stage["name"] for stage in stages if isinstance(stage.get("name"), str)]
    found = [f"stages: two have one name: {name}" for name in sorted(set(names)) if names.count(name) > 1]
    found += [
        f"no LoraConfig in {_name(stage)}: only base.make.warm_start trains all weights"
        for stage in stages
        if not stage.get("LoraConfig")
    ]
    base = data.get("base")
    found += _of_warm_start(base, names)
    in_four_bits = isinstance(base, dict) and bool(base.get("quantization_config"))
    return found + [line for stage in stages if in_four_bits for line in _in_four_bits(stage)]


def _of_warm_start(base: object, names: list[str]) -> list[str]:
    made = base.get("make") if isinstance(base, dict) else None
    first = made.get("warm_start") if isinstance(made, dict) else None
    if not isinstance(first, dict):
        return []
    found = ["base.make.warm_start: it trains all weights, take its LoraConfig out"] if first.get("LoraConfig") else []
    return found + (
        [f"stages: one has the name of base.make.warm_start: {first.get('name')}"] * (first.get("name") in names)
    )


def _in_four_bits(stage: dict[str, Any]) -> list[str]:
    training, lora = stage.get("TrainingArguments"), stage.get("LoraConfig")
    found = []
    if isinstance(training, dict) and training.get("fsdp"):
        found.append(f"TrainingArguments.fsdp in {_name(stage)}: a base in 4 bits is not cut up")
    if isinstance(lora, dict) and lora.get("init_lora_weights", True) not in preference_stage.BEGUN:
        found.append(
            f"LoraConfig.init_lora_weights in {_name(stage)}: this one changes the weights under the adapter, "
            "which is merged into those that the base had"
        )
    return found


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _name(stage: dict[str, Any]) -> str:
    return str(stage.get("name", "a stage without a name"))[:40]
