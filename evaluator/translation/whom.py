"""Who translates: a folder's model or an endpoint's, and on the way back perhaps another."""

from dataclasses import dataclass
from pathlib import Path

from evaluator.asking.local import Local
from evaluator.asking.located import located
from evaluator.asking.writer import Sampling
from evaluator.endpoint import KEY, Endpoint, Manners, address
from evaluator.translation.encoder_decoder import EncoderDecoder, is_one
from evaluator.translation.translator import LONGEST, Translator
from storage.errors import UsageError


@dataclass(frozen=True)
class Whom:
    """`back` is the folder of a model for the other direction, where one model knows a single one."""

    folder: Path | None = None
    back: Path | None = None
    endpoint: str | None = None
    endpoint_model: str | None = None
    key_from: str = KEY
    precision: str = "stored"
    at_once: int | None = None
    longest: int = LONGEST

    def __post_init__(self) -> None:
        """Raises UsageError where nothing would be written at once."""
        if self.at_once is not None and self.at_once < 1:
            raise UsageError(f"--at-once {self.at_once} writes nothing: 1 or more")

    @property
    def given(self) -> bool:
        """Whether anybody is named."""
        return any((self.folder, self.back, self.endpoint, self.endpoint_model))

    def both(self, manners: Manners) -> tuple[Translator, Translator]:
        """Who translates, and who translates back. Raises UsageError where that is nobody, or several."""
        there = self._there(manners)
        return there, self._of(self.back) if self.back else there

    def _there(self, manners: Manners) -> Translator:
        if (self.folder is None) == (self.endpoint is None):
            raise UsageError("name one translator: the folder of a model, or an endpoint's URL with a model's name")
        if self.folder is not None:
            if self.endpoint_model:
                raise UsageError("a translating model's name is an endpoint's: give its URL too")
            return self._of(self.folder)
        if not self.endpoint_model:
            raise UsageError("an endpoint has many models: give the translating model's name too")
        where = address(str(self.endpoint), self.key_from)
        return Translator(Endpoint(where, self.endpoint_model, manners), sampling=self._sampling)

    def _of(self, folder: Path) -> Translator:
        home = folder.expanduser().absolute()
        if not home.is_dir():
            raise UsageError(f"no model folder is {folder}")
        bare = is_one(home)
        kind = EncoderDecoder if bare else Local
        writer = kind(home.name, located(home), self.precision, self.at_once)
        return Translator(writer, bare, self._sampling, self.precision)

    @property
    def _sampling(self) -> Sampling:
        return Sampling(max_new_tokens=self.longest)
