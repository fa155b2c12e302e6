"""A loaded model that answers the last turn of a conversation, a piece of text at a time."""

import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import torch
from jinja2 import TemplateError
from safetensors import SafetensorError
from transformers import AutoModelForCausalLM, AutoTokenizer, GenerationConfig, StoppingCriteria, TextIteratorStreamer

from storage.errors import TabibError, UsageError
from trainer.after.chosen import Chosen
from trainer.tokenizer import control_tokens

Turn = dict[str, str]  # role: system, user or assistant; content: its text


@dataclass(frozen=True)
class Asking:
    """How an answer is written: of at most so many tokens; temperature 0 takes the likeliest token each time."""

    max_new_tokens: int = 512
    temperature: float = 0.0
    top_p: float = 1.0
    seed: int = 0


@dataclass(frozen=True)
class Answer:
    """What was written: `finish` is `stop` where the model ended its turn, `length` where it was cut."""

    text: str
    tokens: int
    finish: str
    seconds: float

    def fields(self) -> dict[str, Any]:
        """The answer as JSON shows it."""
        return {"answer": self.text, **{key: value for key, value in asdict(self).items() if key != "text"}}


class Speaker:
    """A model with its tokenizer. `context` is the most tokens that question and answer may have together."""

    def __init__(self, name: str, model: Any, tokenizer: Any) -> None:
        self.name, self.model, self.tokenizer = name, model, tokenizer
        self.context = int(model.config.max_position_embeddings)
        self._control = control_tokens(tokenizer)

    def clean(self, text: str) -> str:
        """A text that can neither end its turn nor begin one in another's name, nor hold what is no Unicode."""
        # A space, for nothing at all could join two halves to another control token.
        return self._control.sub(" ", text.encode("utf-8", "replace").decode())

    def encoded(self, turns: list[Turn]) -> Any:
        """The turns as the model reads them, up to where it answers. Raises UsageError where they make no chat."""
        clean = [{"role": turn["role"], "content": self.clean(turn["content"])} for turn in turns]
        try:
            return self.tokenizer.apply_chat_template(
                clean, add_generation_prompt=True, return_tensors="pt", return_dict=True
            )
        except TemplateError as error:
            raise UsageError(f"the model's chat template does not take these turns: {error}") from None

    def fitted(self, turns: list[Turn], asking: Asking) -> tuple[list[Turn], Any, int]:
        """The turns that leave room for an answer, as text and encoded, and how many of the oldest were left out.

        Half of the context at most is kept for the answer. Raises UsageError where the last question alone is longer.
        """
        room = self.context - min(asking.max_new_tokens, self.context // 2)
        system = [turn for turn in turns[:1] if turn["role"] == "system"]
        spoken = turns[len(system) :]
        for left_out in range(0, len(spoken), 2):
            kept = system + spoken[left_out:]
            encoded = self.encoded(kept)
            if (length := encoded["input_ids"].shape[1]) <= room:
                return kept, encoded, left_out
        raise UsageError(f"the question has {length} tokens, the model reads {room} at most: ask it shorter")

    def settings(self, asking: Asking, length: int) -> dict[str, Any]:
        """The keys of a GenerationConfig for an answer to `length` tokens."""
        ends = self.model.generation_config.eos_token_id
        ends = {*(ends if isinstance(ends, list) else [ends]), self.tokenizer.eos_token_id} - {None}
        sampled = {"temperature": asking.temperature, "top_p": asking.top_p, "top_k": 0} if asking.temperature else {}
        return {
            "max_new_tokens": min(asking.max_new_tokens, self.context - length),
            "do_sample": bool(sampled),
            "eos_token_id": sorted(ends),
            "pad_token_id": self.tokenizer.pad_token_id,
            **sampled,
        }

    def answer(self, encoded: Any, asking: Asking) -> "Speech":
        """Begin to answer what `fitted` encoded."""
        return Speech(self, encoded, asking)


class Speech:
    """An answer on its way: iterate over its pieces, then ask for the `answer`. It stops where iterating stops."""

    def __init__(self, speaker: Speaker, encoded: Any, asking: Asking) -> None:
        self.speaker, self.asking, self.encoded = speaker, asking, encoded.to(speaker.model.device)
        self.pieces: list[str] = []
        self._ids: list[int] = []
        self._error: Exception | None = None
        self._stop = threading.Event()
        self._streamer = TextIteratorStreamer(
            speaker.tokenizer, skip_prompt=True, skip_special_tokens=True, clean_up_tokenization_spaces=False
        )
        self._settings = GenerationConfig(**speaker.settings(asking, self._length))
        self._begun = time.monotonic()

    @property
    def _length(self) -> int:
        return int(self.encoded["input_ids"].shape[1])

    def __iter__(self) -> Iterator[str]:
        thread = threading.Thread(target=self._write)
        thread.start()
        try:
            for piece in self._streamer:
                if piece:
                    self.pieces.append(piece)
                    yield piece
        finally:
            self._stop.set()
            thread.join()
        if self._error:
            raise self._error

    @property
    def answer(self) -> Answer:
        """The whole answer, after its last piece."""
        ended = bool(self._ids) and self._ids[-1] in self._settings.eos_token_id
        seconds = round(time.monotonic() - self._begun, 2)
        return Answer("".join(self.pieces), len(self._ids), "stop" if ended else "length", seconds)

    def _write(self) -> None:
        try:
            torch.manual_seed(self.asking.seed)
            written = self.speaker.model.generate(
                **self.encoded,
                generation_config=self._settings,
                streamer=self._streamer,
                stopping_criteria=[_Until(self._stop)],
            )
            self._ids = written[0, self._length :].tolist()
        except Exception as error:  # noqa: BLE001  raised again by who listens
            self._error = error
            self._streamer.end()


class _Until(StoppingCriteria):
    """Ends the writing when somebody asks for it."""

    def __init__(self, asked: threading.Event) -> None:
        self.asked = asked

    def __call__(self, input_ids: Any, *_: Any, **__: Any) -> Any:
        return torch.full((input_ids.shape[0],), self.asked.is_set(), device=input_ids.device)


def opened(chosen: Chosen) -> Speaker:
    """The model loaded, on a GPU where there is one. Raises DataDamaged, or UsageError for a folder that was given."""
    given = {"local_files_only": True, "trust_remote_code": False}
    try:
        tokenizer = AutoTokenizer.from_pretrained(chosen.folder, **given)
        model, report = AutoModelForCausalLM.from_pretrained(
            chosen.folder, dtype="auto", use_safetensors=True, output_loading_info=True, **given
        )
    except (OSError, ValueError, TypeError, KeyError, RuntimeError, SafetensorError) as error:
        raise chosen.broken(error) from None
    if lacking := sorted([*report["missing_keys"], *report["mismatched_keys"]]):
        raise chosen.broken(f"{len(lacking)} weights are missing or of another shape, the first {lacking[0]}")
    if not tokenizer.chat_template:
        raise TabibError(f"{chosen.folder}: its tokenizer has no chat template, so it cannot be talked to")
    model.to("cuda" if torch.cuda.is_available() else "cpu").eval()
    return Speaker(chosen.name, model, tokenizer)
