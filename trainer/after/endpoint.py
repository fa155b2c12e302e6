"""The chat endpoint: what of OpenAI's interface is taken, checked before it reaches the server of transformers."""

import json
import secrets
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from storage.errors import UsageError
from trainer.after.speaker import Asking, Speaker, Turn

LARGEST = 1 << 20  # bytes of a request
# Told to nobody, and of no effect here: they may come with a client.
UNHEARD = {"user", "metadata", "store", "stream_options", "service_tier", "safety_identifier", "prompt_cache_key"}
# What asks for nothing beyond what is done anyway.
NEUTRAL = {"n": 1, "response_format": {"type": "text"}, "tool_choice": "none", "parallel_tool_calls": True}


class Part(BaseModel):
    """A piece of a message."""

    type: Literal["text"]
    text: str


class Message(BaseModel):
    """One turn."""

    role: Literal["system", "developer", "user", "assistant"]
    content: str | list[Part]

    def turn(self) -> Turn:
        """The turn with its text in one piece."""
        pieces = [self.content] if isinstance(self.content, str) else [part.text for part in self.content]
        role = "system" if self.role == "developer" else self.role  # which newer clients call it
        return {"role": role, "content": "".join(pieces)}


class Completion(BaseModel):
    """A request for an answer. Temperature is 0 where none is given: the likeliest token each time."""

    model_config = ConfigDict(extra="forbid")

    messages: list[Message] = Field(min_length=1, max_length=1_000)
    model: str | None = None
    stream: bool = False
    max_tokens: int | None = Field(default=None, ge=1)
    max_completion_tokens: int | None = Field(default=None, ge=1)
    temperature: float | None = Field(default=None, ge=0, le=2)
    top_p: float | None = Field(default=None, gt=0, le=1)
    seed: int | None = Field(default=None, ge=0, lt=2**63)

    def asking(self) -> Asking:
        """How the answer is to be written."""
        most = self.max_completion_tokens or self.max_tokens or Asking.max_new_tokens
        return Asking(most, self.temperature or 0.0, self.top_p or 1.0, self.seed or 0)


async def read(request: Request) -> Completion:
    """The request's body. Raises HTTPException telling what of it is not taken."""
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > LARGEST:
            raise HTTPException(413, f"a request of more than {LARGEST} bytes is not read")
    try:
        asked = json.loads(body)
    except (ValueError, RecursionError):
        raise HTTPException(400, "the body is no JSON") from None
    if not isinstance(asked, dict):
        raise HTTPException(400, "the body is no JSON object")
    return _checked({key: value for key, value in asked.items() if _matters(key, value)})


def body(wanted: Completion, speaker: Speaker) -> dict[str, Any]:
    """The request as transformers' own handler takes it.

    Raises HTTPException where it is for another model, makes no chat or is too long.
    """
    if wanted.model not in (None, speaker.name):
        raise HTTPException(404, f"there is no model {wanted.model!r} here, only {speaker.name!r}")
    turns = [message.turn() for message in wanted.messages]
    if turns[-1]["role"] != "user":
        raise HTTPException(400, "the last message is not the user's")
    try:
        kept, encoded, _ = speaker.fitted(turns, wanted.asking())
    except UsageError as error:
        raise HTTPException(400, str(error)) from None
    settings = speaker.settings(wanted.asking(), encoded["input_ids"].shape[1])
    messages = [{**turn, "content": speaker.clean(turn["content"])} for turn in kept]
    return {
        "model": speaker.name,
        "messages": messages,
        "stream": wanted.stream,
        "generation_config": json.dumps(settings),
        "seed": secrets.randbelow(2**31) if wanted.seed is None else wanted.seed,
    }


def refused(_: Request, error: Exception) -> Response:
    """An error in OpenAI's form."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    message = error.detail if isinstance(error, HTTPException) else "the model could not answer"
    kind = "invalid_request_error" if status < 500 else "server_error"
    return JSONResponse({"error": {"message": message, "type": kind, "code": None}}, status)


def _matters(key: str, value: object) -> bool:
    """Whether a key asks for something; null, false, 0 and nothing in a list are what it would be without."""
    wanted = bool(value) and NEUTRAL.get(key) != value and key not in UNHEARD
    return wanted or key in Completion.model_fields


def _checked(asked: dict[str, Any]) -> Completion:
    try:
        return Completion.model_validate(asked)
    except ValidationError as error:
        unknown = sorted(str(e["loc"][0]) for e in error.errors() if e["type"] == "extra_forbidden")
        if unknown:
            raise HTTPException(400, f"not offered here: {', '.join(unknown)}") from None
        first = error.errors()[0]
        raise HTTPException(400, f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from None
