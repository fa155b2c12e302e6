"""What `accelerate launch` brings along beside the processes: its own configuration, which decides nothing here.

It goes into the environment, from where accelerate and transformers read it again: number formats, compilation, FSDP.
The recipe says all of that, and is what a run is named after; so what else was said is left aside, and that is told.
"""

import os

from storage.errors import UsageError

MARK = "ACCELERATE_MIXED_PRECISION"  # which it always sets
PREFIXES = ("ACCELERATE_", "FSDP_", "PARALLELISM_CONFIG_", "FP8_", "MEGATRON_LM_")
KEPT = ("ACCELERATE_USE_CPU", "ACCELERATE_CPU_AFFINITY", "ACCELERATE_DEBUG_MODE")  # where it computes, and not what
WOULD_CHANGE = {
    MARK: "mixed_precision",
    "ACCELERATE_DYNAMO_BACKEND": "dynamo_backend",
    "ACCELERATE_USE_FSDP": "fsdp_config",
    "ACCELERATE_USE_DEEPSPEED": "deepspeed_config",
    "ACCELERATE_USE_MEGATRON_LM": "megatron_lm_config",
    "ACCELERATE_USE_PARALLELISM_CONFIG": "parallelism_config",
}
SAYS_NOTHING = ("no", "false", "")


def left_aside() -> str | None:
    """Take accelerate's configuration out of the environment; a line about what it would have changed.

    Raises UsageError where it was asked for several processes and started one.
    """
    if MARK not in os.environ:
        return None
    _require_all()
    said = [name for key, name in WOULD_CHANGE.items() if os.environ.get(key, "").lower() not in SAYS_NOTHING]
    for key in [key for key in os.environ if key.startswith(PREFIXES) and key not in KEPT]:
        del os.environ[key]
    return f"accelerate's {', '.join(said)} left aside: the recipe decides" if said else None


def _require_all() -> None:
    """On CPUs accelerate starts one process whatever --num_processes says, unless mpirun starts them."""
    if os.environ.get("MASTER_ADDR") and not os.environ.get("RANK"):
        raise UsageError(
            "accelerate launch was asked for several processes and started one, as it does on CPUs, nothing was "
            "trained: give --multi_gpu, also without a GPU, and not --cpu; or start it by torchrun"
        )
