"""A snapshot in, a tuned model out: both LoRA stages from one recipe."""
