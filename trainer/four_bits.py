"""A base whose linear layers are held in 4 bits by bitsandbytes while an adapter is trained on it (QLoRA).

Embeddings, head and norms stay as they are. A stage begins from whole weights, rounded anew; what it leaves is its
adapter merged into the whole weights that it began from, not into the rounded ones.
"""

import math
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psutil
import torch
from transformers import BitsAndBytesConfig
from transformers.utils import is_bitsandbytes_available
from transformers.utils.import_utils import BITSANDBYTES_MIN_VERSION

PACKAGE = "bitsandbytes"
ROOM_BESIDE_WEIGHTS = 2 << 30  # what Python and the libraries take, a layer in float32, the logits of a few pairs


def problems(folder: Path | None, needs_gpu: bool) -> list[str]:
    """Why no base can be trained in 4 bits here, a line each; `folder` is the base, where there is one already."""
    found = _of_package(needs_gpu)
    weights = sum(file.stat().st_size for file in folder.glob("*.safetensors")) if folder else 0
    memory = _memory()
    if weights and weights + ROOM_BESIDE_WEIGHTS > memory:
        found.append(
            f"an adapter is merged into the base's whole weights, outside of the GPU: that takes "
            f"{(weights + ROOM_BESIDE_WEIGHTS) / 2**30:.0f} GiB of memory, swap included, and there are "
            f"{memory / 2**30:.0f}"
        )
    return found


def _memory() -> int:
    """Bytes, swap included, or what the process's control group may take where that is less."""
    memory = psutil.virtual_memory().total + psutil.swap_memory().total
    try:
        limit = Path("/sys/fs/cgroup/memory.max").read_text(encoding="utf-8").strip()
    except OSError:
        return memory
    return min(memory, int(limit)) if limit.isdigit() else memory


def _of_package(needs_gpu: bool) -> list[str]:
    if find_spec(PACKAGE) is None:
        return [f"it holds the base in 4 bits and {PACKAGE} is not installed: pip install 'tabib[qlora]'"]
    if not is_bitsandbytes_available():
        return [f"{PACKAGE} {version(PACKAGE)} is too old, transformers wants {BITSANDBYTES_MIN_VERSION} or newer"]
    if needs_gpu and not torch.cuda.is_available():  # which is told already
        return []
    device = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        _try_out(device)
    except Exception as error:  # noqa: BLE001  a library that was not built for this card says so in many ways
        said = " ".join(str(error).split())[:200]
        return [f"{PACKAGE} {version(PACKAGE)} cannot compute in 4 bits on {device} here: {said or repr(error)}"]
    return []


def _try_out(device: str) -> None:
    """Raise whatever bitsandbytes raises for a small layer."""
    from bitsandbytes.nn import Linear4bit

    layer = Linear4bit(64, 64, bias=False, compute_dtype=torch.float32, quant_type="nf4").to(device)
    given = layer(torch.ones(2, 64, device=device, requires_grad=True))
    given.sum().backward()
    if not torch.isfinite(given).all():
        raise RuntimeError("a layer gives no numbers")


def arguments(block: dict[str, Any], device: torch.device | None) -> dict[str, Any]:
    """What `from_pretrained` takes for a base in 4 bits, on the device that it is to be trained on."""
    place = {"device_map": {"": str(device)}} if device else {}
    return {"quantization_config": BitsAndBytesConfig(**block), **place}


def as_trained(model: Any) -> Any:
    """The model, computing alike whether it is read or trained.

    On processors with AVX-512 BF16 bitsandbytes 0.50 lays the weights out anew when it first computes without a
    gradient, for good: after that no gradient passes through a layer, and nothing says so.
    """
    for module in model.modules():
        if hasattr(module, "support_avx512bf16_for_cpu"):
            module.support_avx512bf16_for_cpu = False
    return model


def numel(weights: torch.Tensor) -> int:
    """How many weights a tensor holds; of one in 4 bits it has itself half as many elements."""
    state = getattr(weights, "quant_state", None)
    return int(weights.numel()) if state is None else math.prod(state.shape)


def let_go(model: Any) -> None:
    """Free what the weights take, whoever still holds the model: a small card has no room for a second one."""
    for weights in model.parameters():
        weights.data = torch.empty(0, dtype=weights.dtype, device=weights.device)
