"""The end of a stage: its adapter written, merged into the model that the stage began from, and the two compared.

A base in 4 bits is not what the adapter is merged into: its weights are rounded, and a merged model would keep that. It
is merged into the whole weights that they were rounded from; how far that moves what was trained is measured. Of a tiny
model on the CPU, in held-out bits a byte: 2.2781 before in 4 bits; 2.0982 as trained, 2.0986 merged into whole weights,
2.0982 into the rounded ones; 2.0968 the first of these rounded anew, which is what the next stage begins from.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from accelerate.utils.memory import clear_device_cache

from storage.errors import TabibError
from trainer import documents, four_bits
from trainer.heldout import HeldOutPairs
from trainer.model import Loading, adapted_again, save
from trainer.widened import in_float32

# Of greedy tokens; fewer are told of. Of tiny models trained by paper.yaml and packed.yaml, at 2,896 places: merged
# and adapter agree at 100 % in float32. Computing in bfloat16, on merged weights rounded to it, at 98.8 to 99.4 %;
# computing in float32 on those, at 98.8 to 99.3 %, and no more where the sum is rounded once instead of adapter and
# sum. That is the format: the adapter, not merged, agrees with itself at 99.1 to 99.6 %, in bfloat16 and in float32.
ENOUGH = 0.995

# No number format brings float32 below this; a place or two among few is chance.
SAME, CHANCE = 0.99, 2


@dataclass(frozen=True)
class Merging:
    """The model under the adapter, its folder, its name and how it is loaded and where; and the folder to write to."""

    loading: Loading
    device: torch.device
    start: Path
    start_name: str
    folder: Path


def merged(model: Any, tokenizer: Any, pairs: HeldOutPairs, merging: Merging) -> tuple[Any, dict[str, Any]]:
    """Write adapter and merged model; the merged one, as it is to be measured, and how far it is what was trained.

    `agree` is the share of `tokens` places in held-out answers at which adapter and merged model find the same token
    the likeliest, both on whole weights and in float32. Of a model that is written in another format
    `agree_as_written` is the same as that computes, on merged weights rounded to it, and `adapter_with_itself` how far
    the adapter does in that format and in float32. `agree_in_4_bits` is of what was trained on weights in 4 bits.
    """
    documents.as_before(model)
    if merging.loading.quantization is None:
        _write_adapter(model, merging)
        return _merged(model, tokenizer, pairs, merging)
    trained = pairs.greedy(model)
    _write_adapter(model, merging)
    four_bits.let_go(model)
    clear_device_cache(garbage_collection=True)
    found = _on_whole_weights(tokenizer, pairs, merging, trained)
    clear_device_cache(garbage_collection=True)
    return merging.loading.model(merging.folder / "model", merging.device), found


def low(found: dict[str, Any]) -> str | None:
    """What a user should not miss of the agreement that `merged` measured."""
    if found.get("agree", 1.0) < ENOUGH:
        return f"adapter and merged model agree on {found['agree']:.1%} of greedy tokens, less than {ENOUGH:.1%}"
    if found.get("agree_as_written", 1.0) < ENOUGH:
        return (
            f"merged weights are rounded to the recipe's dtype: in it adapter and merged model agree on "
            f"{found['agree_as_written']:.1%} of greedy tokens, less than {ENOUGH:.1%}, and in float32 on "
            f"{found['agree']:.1%}; the adapter agrees with itself, in that and in float32, on "
            f"{found['adapter_with_itself']:.1%}"
        )
    return None


def require_same(stage: str, found: dict[str, Any]) -> None:
    """Raise TabibError where the merged model is another one than was trained: nothing is to be trained on top."""
    agree, tokens = found.get("agree", 1.0), found.get("tokens", 0)
    if agree < SAME and (1 - agree) * tokens > CHANCE:
        raise TabibError(
            f"{stage}: the merged model is not the model that was trained: in float32 they agree on {agree:.1%} of "
            f"greedy tokens, less than {SAME:.0%}. Nothing was trained on top of it; look at the stage's LoraConfig: "
            "something that it adapts cannot be merged. Finished stages and the last whole checkpoint are kept"
        )


def _on_whole_weights(
    tokenizer: Any, pairs: HeldOutPairs, merging: Merging, in_4_bits: torch.Tensor | None
) -> dict[str, Any]:
    """Merge in the processor's memory, where there is room for the whole weights; how far the models agree."""
    model = adapted_again(merging.loading.on_processor().model(merging.start), merging.folder / "adapter")
    whole, found = _merged(model, tokenizer, pairs, merging)
    return found | _shares({"agree_in_4_bits": (in_4_bits, pairs.greedy(whole))})


def _merged(model: Any, tokenizer: Any, pairs: HeldOutPairs, merging: Merging) -> tuple[Any, dict[str, Any]]:
    """The adapter on whole weights, merged into them; how far that changed what it is."""
    own, in_wide = pairs.greedy(model), {}
    if merging.loading.dtype != "float32":
        with in_float32(model):
            in_wide["own"] = pairs.greedy(model)
        with in_float32(model, merge=True):
            in_wide["merged"] = pairs.greedy(model)
    whole = model.merge_and_unload(safe_merge=True)
    _write(whole, tokenizer, merging)
    written = pairs.greedy(whole)
    if not in_wide:
        return whole, _shares({"agree": (own, written)})
    return whole, _shares(
        {
            "agree": (in_wide["own"], in_wide["merged"]),
            "agree_as_written": (own, written),
            "adapter_with_itself": (own, in_wide["own"]),
        }
    )


def _write_adapter(model: Any, merging: Merging) -> None:
    adapter = merging.folder / "adapter"
    model.peft_config["default"].base_model_name_or_path = merging.start_name  # not a folder that is gone tomorrow
    model.save_pretrained(adapter, save_embedding_layers=False)  # the vocabulary is never changed
    (adapter / "README.md").unlink()  # peft's form to fill in; the card of the merged model says it all


def _write(model: Any, tokenizer: Any, merging: Merging) -> None:
    model.config.use_cache = True  # which the Trainer turned off for itself
    save(model, tokenizer, merging.folder / "model")


def _shares(compared: dict[str, tuple[torch.Tensor | None, torch.Tensor | None]]) -> dict[str, Any]:
    """Nothing where there are no pairs to compare at."""
    found: dict[str, Any] = {}
    for name, (one, other) in compared.items():
        if one is not None and other is not None:
            found |= {"tokens": len(one), name: round(float((one == other).double().mean()), 6)}
    return found
