"""A real, tiny Cohere model with a tokenizer of its own, made in a test's folder."""

from pathlib import Path

from storage.fonts import FAMILY

CONTEXT = 256
TEMPLATE = (
    "{{ bos_token }}{% for m in messages %}<|{{ m['role'] }}|>{{ m['content'] }}{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
TEXTS = [
    "## پرسش\nبزرگ‌ترین اندام درونی بدن کدام است؟\n\n## گزینه ها\n[A] : کبد\n[B] : طحال\n\n## پاسخ\nA B C D E",
    "سلام دکتر، دو روز است که سردرد و تب دارم. چه دارویی بخورم؟ برای بررسی به پزشک مراجعه کنید.",
    FAMILY,
]


def make_model(folder: Path, seed: int = 0, chat: bool = True) -> Path:
    """A model of about 60,000 random weights with a byte-level tokenizer, saved in `folder`."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import CohereConfig, CohereForCausalLM, PreTrainedTokenizerFast

    bytes_of = Tokenizer(models.BPE())
    bytes_of.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bytes_of.decoder = decoders.ByteLevel()
    special = ["<pad>", "<bos>", "<eos>", "<|user|>", "<|assistant|>"]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=400, special_tokens=special, initial_alphabet=alphabet, show_progress=False
    )
    bytes_of.train_from_iterator(TEXTS, trainer)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=bytes_of, pad_token="<pad>", bos_token="<bos>", eos_token="<eos>", model_max_length=CONTEXT
    )
    if chat:
        tokenizer.chat_template = TEMPLATE
    torch.manual_seed(seed)
    config = CohereConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        max_position_embeddings=CONTEXT,
        logit_scale=8.0,  # weights this random are otherwise all but indifferent between tokens
        rope_parameters={"rope_type": "default", "rope_theta": 10_000.0},
        pad_token_id=0,
        bos_token_id=1,
        eos_token_id=2,
    )
    CohereForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
