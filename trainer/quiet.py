"""The libraries' own bars and advice, silenced: what a user should know is said by the trainer itself."""

import warnings

import datasets
import transformers


def hush() -> None:
    """Leave only the libraries' errors."""
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    datasets.utils.logging.set_verbosity_error()
    datasets.disable_progress_bars()
    warnings.filterwarnings("ignore", "`is_gradient_checkpointing` is deprecated", FutureWarning)
