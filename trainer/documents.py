"""Attention that keeps the documents of a flattened batch apart, and the proof that a model's attention does.

A flattened batch is one row of documents, each with positions from 0, without an attention mask and without a cache.
Flash attention reads the documents' bounds (`cu_seq_lens_*`) and eager attention builds a mask from the positions.
torch's own kernel would build that mask too, over all pairs of tokens in the batch; here it runs document by document
instead, causal and without any mask: the same figures for the sum of the squares and not the square of the sum.
"""

from typing import Any

import torch
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

from storage.errors import TabibError, UsageError
from trainer.collate import flattened

BY_DOCUMENT = "sdpa_by_document"
KERNELS = {"sdpa": BY_DOCUMENT, "eager": "eager", "flash_attention_2": "flash_attention_2"}
PROBE = ((3, 5, 7, 4, 6), (5, 3, 6, 6, 4, 7, 3))  # token ids: two short documents
OTHER = (7, 6, 4, 3, 5)  # in place of the first
# Of the largest logit. Apart, the same kernels compute the same figures; one that leaks moves them by percents.
LEAK = 1e-3


def keep_apart(model: Any) -> str:
    """Let the model attend within documents only and return the kernel's name; UsageError where none is known to."""
    wanted = str(model.config._attn_implementation)
    if wanted not in KERNELS:
        can = ", ".join(KERNELS)
        raise UsageError(f"packing: no way is known to keep documents apart under attention by {wanted}; {can} can")
    model.set_attn_implementation(KERNELS[wanted])
    _prove(model)
    return KERNELS[wanted]


def as_before(model: Any) -> None:
    """Undo `keep_apart`, for batches that are padded."""
    if model.config._attn_implementation == BY_DOCUMENT:
        model.set_attn_implementation("sdpa")


def _prove(model: Any) -> None:
    """Raise TabibError if the second document's logits tell what stands in the first: another architecture might."""
    logits = [_second_logits(model, first) for first in (PROBE[0], OTHER)]
    moved = float((logits[0] - logits[1]).abs().max() / logits[0].abs().max())
    if not moved <= LEAK:
        raise TabibError(
            f"packing: {type(model).__name__} does not keep documents apart (another first document moves the "
            f"second's logits by {moved:.1%}); nothing was trained. Leave packing out of this recipe's SFTConfig"
        )


@torch.no_grad()
def _second_logits(model: Any, first: tuple[int, ...]) -> torch.Tensor:
    documents = [*first, *PROBE[1]]
    batch = flattened([{"input_ids": documents, "labels": documents, "seq_lengths": [len(first), len(PROBE[1])]}])
    kept = {name: batch[name] for name in batch if name not in ("labels", "shift_labels", "logits_to_keep")}
    training = model.training
    model.eval()
    on_device = {name: x.to(model.device) if torch.is_tensor(x) else x for name, x in kept.items()}
    logits: torch.Tensor = model(**on_device).logits[0, len(first) :].float()
    model.train(training)
    return logits


def _by_document(module: torch.nn.Module, *states: torch.Tensor, **kwargs: Any) -> tuple[torch.Tensor, None]:
    """`states`: queries, keys and values, each (1, heads, tokens, width), and a mask, which only padding needs."""
    bounds = kwargs.pop("cu_seq_lens_q", None)
    if bounds is None:
        return _plain(module, *states, **kwargs), None
    sizes = bounds.diff().tolist()
    alone = zip(*(part.split(sizes, dim=2) for part in states[:3]), strict=True)
    return torch.cat([_plain(module, *document, None, **kwargs) for document in alone], dim=1), None


def _plain(*states: Any, **kwargs: Any) -> torch.Tensor:
    """torch's own kernel, as transformers calls it: (1, tokens, heads, width)."""
    attended: torch.Tensor = sdpa_attention_forward(*states, **kwargs)[0]
    return attended


def _mask(attention_mask: torch.Tensor | None = None, **kwargs: Any) -> torch.Tensor | None:
    """None where there is no padding: causal order and bounds say it all."""
    return None if attention_mask is None else sdpa_mask(attention_mask=attention_mask, **kwargs)


AttentionInterface.register(BY_DOCUMENT, _by_document)
AttentionMaskInterface.register(BY_DOCUMENT, _mask)
