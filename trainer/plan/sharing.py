"""Several GPUs: what each of them holds of a stage's weights, and the bytes that a step sends among them.

FSDP (torch's `fully_shard`, as accelerate applies it) cuts each tensor along its first dimension. A micro-batch gathers
every tensor for its forward pass, in the number format it computes in, and those of the layers once more for the
backward one; the others stay. Gradients are summed once a step, and until then each GPU has its own of all that is
trained. Without FSDP each GPU has all of it, and the gradients of a step are summed out of copies of them.
The tests hold all of it against what two processes hold and send, but for what is gathered at one time.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from trainer.heldout import LOGITS_BYTES
from trainer.plan.activations import FLOAT, Formats
from trainer.plan.architecture import Tensor, Weights

# Layers there at once: the one computed with, the next one, and the buffer that this arrived in.
LAYERS_GATHERED = 3
# Held-out pairs' logits as they come, in two bytes, in float32, and their logarithms.
MEASURING = 2.5


@dataclass(frozen=True)
class Sharing:
    """GPUs, whether FSDP cuts the model up among them, whether layers are let go of before their backward pass.

    `accumulated` is the micro-batches of each GPU in a step.
    """

    gpus: int = 1
    cut_up: bool = False
    reshards: bool = True
    accumulated: int = 1


@dataclass(frozen=True)
class Held:
    """Bytes on each GPU, the fullest: weights, gradients, what the optimizer's states are counted of, and besides.

    `gathered` is what is there for computing with, or the copies that gradients are summed out of.
    """

    base: int
    trained: int
    gradients: int
    gathered: int


@dataclass(frozen=True)
class Exchanged:
    """Bytes of the tensors of a step that are gathered from all GPUs, summed over them, or summed and cut up."""

    gathered: int = 0
    summed: int = 0
    cut_up: int = 0

    def sent(self, gpus: int) -> float:
        """Bytes that each GPU sends, and as many that it receives, in a ring."""
        return (self.gathered + 2 * self.summed + self.cut_up) * (gpus - 1) / gpus


def held(weights: Weights, formats: Formats, sharing: Sharing) -> Held:
    """While it trains."""
    if not sharing.cut_up:
        base = weights.base_bytes + (0 if weights.frozen_base else -weights.trained_bytes)
        copies = weights.trained_bytes if sharing.gpus > 1 else 0
        return Held(base, weights.trained_bytes, weights.trained_bytes, copies)
    trained, frozen = _by(weights, trained=True), _by(weights, trained=False)
    shares = sum(_share(t, sharing.gpus) * _kept(t, formats) for t in trained)
    own = sum(t.size * _computed(t, formats) for t in trained) if sharing.accumulated > 1 else 0
    return Held(
        base=sum(_share(t, sharing.gpus) * t.width for t in frozen),
        trained=shares,
        gradients=shares + own,
        gathered=_gathered(weights, formats, sharing),
    )


def whole(weights: Weights, formats: Formats, sharing: Sharing) -> int:
    """Bytes at the ends of a stage, when a GPU has the model in one piece beside its part; 0 without FSDP.

    There it is measured on held-out pairs, whose logits are counted too.
    """
    if not sharing.cut_up:
        return 0
    pieces = held(weights, formats, sharing)
    model = weights.base_bytes + (weights.trained_bytes if weights.frozen_base else 0)
    return model + pieces.base + pieces.trained + round(MEASURING * LOGITS_BYTES)


def exchanged(weights: Weights, formats: Formats, sharing: Sharing) -> Exchanged:
    """Of one step. A rounded-up share is sent as such; a few numbers a step, such as the norm, are left out."""
    if sharing.gpus == 1:
        return Exchanged()
    if not sharing.cut_up:
        return Exchanged(summed=weights.trained_bytes)
    again = [t for t in weights.tensors if t.layer is not None] if sharing.reshards else []
    micro = sum(_padded(t, formats, sharing.gpus) for t in (*weights.tensors, *again))
    gradients = sum(_padded(t, formats, sharing.gpus) for t in _by(weights, trained=True))
    return Exchanged(gathered=micro * sharing.accumulated, cut_up=gradients)


def _gathered(weights: Weights, formats: Formats, sharing: Sharing) -> int:
    layers: dict[int, int] = {}
    outside = 0
    for tensor in weights.tensors:
        size = _padded(tensor, formats, sharing.gpus)
        if tensor.layer is None:
            outside += size
        else:
            layers[tensor.layer] = layers.get(tensor.layer, 0) + size
    if not sharing.reshards:
        return outside + sum(layers.values())
    return outside + min(LAYERS_GATHERED, len(layers)) * max(layers.values(), default=0)


def _by(weights: Weights, trained: bool) -> Iterable[Tensor]:
    return [tensor for tensor in weights.tensors if tensor.trained == trained]


def _share(tensor: Tensor, gpus: int) -> int:
    """The weights of the largest share."""
    return -(-tensor.rows // gpus) * (tensor.size // tensor.rows)


def _padded(tensor: Tensor, formats: Formats, gpus: int) -> int:
    return gpus * _share(tensor, gpus) * _computed(tensor, formats)


def _kept(tensor: Tensor, formats: Formats) -> int:
    """Bytes of a trained weight: accelerate keeps them in float32 where others compute in two bytes."""
    return FLOAT if formats.autocast else tensor.width


def _computed(tensor: Tensor, formats: Formats) -> int:
    return 2 if formats.autocast else tensor.width
