"""Tiny models of aya's kind with LoRA, and what a plan counts of them: to hold a plan against what torch does."""

from dataclasses import dataclass
from typing import Any, Literal

import torch
from transformers import CohereConfig, CohereForCausalLM

from trainer.model import adapted
from trainer.plan.activations import Formats, Micro
from trainer.plan.architecture import Weights, weights_of

VOCABULARY, SEQUENCES, LENGTH = 512, 3, 40
MODULES = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


@dataclass(frozen=True)
class Case:
    """What may change FLOPs and memory; `rank` 0 trains all weights."""

    layers: int = 3
    rank: int = 6
    dropout: float = 0.0
    dtype: str = "float32"
    autocast: bool = False
    checkpointed: bool = False
    attention: Literal["sdpa", "eager"] = "sdpa"

    @property
    def formats(self) -> Formats:
        """As the plan knows them; on the CPU a dropout mask has four bytes."""
        return Formats(2 if self.dtype == "bfloat16" else 4, self.autocast, 4, self.attention)

    @property
    def micro(self) -> Micro:
        """The batch that `step` computes."""
        return Micro(SEQUENCES, LENGTH, self.checkpointed)


def model(case: Case) -> Any:
    """The model, ready to train."""
    config = CohereConfig(
        vocab_size=VOCABULARY,
        hidden_size=64,
        intermediate_size=176,
        num_hidden_layers=case.layers,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=256,
        bos_token_id=1,
        eos_token_id=2,
        use_cache=False,
        rope_parameters={"rope_type": "default", "rope_theta": 10_000.0},
        attn_implementation=case.attention,
    )
    network = CohereForCausalLM(config).to(getattr(torch, case.dtype))
    if case.checkpointed:
        network.activation_checkpointing_enable({"use_reentrant": False})
    if case.rank:
        lora = {"r": case.rank, "lora_dropout": case.dropout, "target_modules": MODULES}
        network = adapted(network, lora, 0)
    return network.train()


def weights(case: Case, network: Any) -> Weights:
    """What a plan counts of `network`."""
    return weights_of(network, case.dropout, frozen_base=case.rank > 0)


def loss(case: Case, network: Any) -> torch.Tensor:
    """The loss of one batch without padding."""
    ids = torch.randint(5, VOCABULARY, (SEQUENCES, LENGTH))
    with torch.autocast("cpu", torch.bfloat16, enabled=case.autocast):
        found: torch.Tensor = network(input_ids=ids, attention_mask=torch.ones_like(ids), labels=ids).loss
    return found
