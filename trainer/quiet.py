"""The libraries' own bars and advice, silenced: what a user should know is said by the trainer itself."""

import os
import warnings

import datasets
import transformers


def hush() -> None:
    """Leave only the libraries' errors; nothing is fetched and nobody is told of anything."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    datasets.utils.logging.set_verbosity_error()
    datasets.disable_progress_bars()
    warnings.filterwarnings("ignore", "`is_gradient_checkpointing` is deprecated", FutureWarning)
