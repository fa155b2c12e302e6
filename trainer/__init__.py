"""A snapshot in, a tuned model out: both LoRA stages from one recipe."""

import os

# Read once, when pyarrow is first imported. Its own pool keeps what was freed, and more the more is read: of texts of
# 20 M tokens 170 MiB while they become packs, where the system's keeps some 85.
os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
