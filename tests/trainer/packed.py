"""A small Cohere model and documents to pack: what the tests of packing share."""

from typing import Any

import torch
from transformers import CohereConfig, CohereForCausalLM

from trainer.data import UNTRAINED

VOCABULARY = 200
Document = dict[str, list[int]]


def model(attention: str, seed: int = 1) -> Any:
    """Random weights large enough that every attended token moves the logits visibly."""
    torch.manual_seed(seed)
    config = CohereConfig(
        vocab_size=VOCABULARY,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        logit_scale=1.0,
        initializer_range=0.2,
        rope_parameters={"rope_type": "default", "rope_theta": 10000.0},
        attn_implementation=attention,
    )
    return CohereForCausalLM(config).eval()


def documents(lengths: tuple[int, ...], seed: int = 2) -> list[Document]:
    """Random tokens, of which every third is not trained on."""
    generator = torch.Generator().manual_seed(seed)
    made = []
    for length in lengths:
        ids = torch.randint(8, VOCABULARY, (length,), generator=generator).tolist()
        made.append({"input_ids": ids, "labels": [UNTRAINED if n % 3 == 1 else i for n, i in enumerate(ids)]})
    return made


def pack(parts: list[Document]) -> Document:
    """The documents one after the other, as the packer leaves them."""
    joined = {name: [value for part in parts for value in part[name]] for name in ("input_ids", "labels")}
    return joined | {"seq_lengths": [len(part["input_ids"]) for part in parts]}
