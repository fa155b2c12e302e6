"""Who publishes the benchmarks: addresses, held to one revision, licences, and the columns of the files."""

from evaluator.published import Choices, Published

GAOKERENA_LICENCE = "CC BY-NC-SA 4.0"
"""As the README of the repository below states it, for all of it."""
HUB_MMLU_LICENCE = "MIT"
OPTIONS = ("option1", "option2", "option3", "option4")

_GAOKERENA = (
    "https://raw.githubusercontent.com/Mehrdadghassabi/Gaokerena-V/b65c7a1b7fd33baf6daef5b9bb9ace63db8791d5/dataset"
)
_KQA = "https://raw.githubusercontent.com/Itaymanes/K-QA/ef403d012e199fcfa0d8c02b38a96ff95164f4d0/dataset"
_HUB = "https://huggingface.co/datasets"
_MMLU = f"{_HUB}/cais/mmlu/resolve/c30699e8356da336a370243923dbaf21066bb9fe"

MMLU_FA = Choices(options=OPTIONS)
IBMSEE = Choices(options=OPTIONS, answer="correct answer")
MMLU_EN = Choices(options=("choices",), first=0, topic="subject")


def gaokerena(path: str, items: int, sha256: str) -> Published:
    """A file of the paper's authors, at the commit of 23 June 2025; the hash is that of the file in that commit."""
    return Published(f"{_GAOKERENA}/{path}", items, sha256)


def kqa(path: str, items: int, sha256: str) -> Published:
    """A file of K-QA's authors, at the commit of 26 May 2024; the hash is that of the file in that commit."""
    return Published(f"{_KQA}/{path}", items, sha256)


def mmlu(subject: str, items: int) -> Published:
    """The test split of an MMLU subject; its file's hash was out of reach here and is pinned at the first fetch."""
    return Published(f"{_MMLU}/{subject}/test-00000-of-00001.parquet", items)


def hub_parquet(dataset: str, split: str, items: int | None) -> Published:
    """A split of a data set whose publisher grants access on its page, as the hub converts it.

    Neither its hash nor its revision could be seen from here: both are what the first fetch pins.
    """
    url = f"{_HUB}/{dataset}/resolve/refs%2Fconvert%2Fparquet/default/{split}/0000.parquet"
    return Published(url, items, terms=f"{_HUB}/{dataset}")
