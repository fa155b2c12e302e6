"""A chat completion's request and response, of which nothing is believed before it is checked."""

import json
from typing import Any

from evaluator.asking.writer import Prompt, Sampling, storable
from evaluator.endpoint.faults import Fault

KEPT = 100_000  # characters of a model's reasoning that a row keeps


def request(model: str, prompt: Prompt, sampling: Sampling, limit: str) -> dict[str, Any]:
    """The body; only what changes the answer is in it, for many servers refuse a key they do not know."""
    body: dict[str, Any] = {
        "model": model,
        "messages": [turn._asdict() for turn in prompt.turns],
        limit: sampling.max_new_tokens,
        "temperature": sampling.temperature,
    }
    if sampling.temperature > 0:
        body["seed"] = prompt.seed
    if sampling.top_p < 1:
        body["top_p"] = sampling.top_p
    return body


def parsed(content: bytes) -> dict[str, Any]:
    """The response's JSON object, with a choice that holds a message. Raises Fault where it is none of that."""
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        raise Fault("its reply is no JSON", billed=True) from None
    if not isinstance(found, dict):
        raise Fault("its reply is no JSON object", billed=True)
    if "error" in found and "choices" not in found:
        raise Fault("it replied with an error in a reply marked as good", billed=True)
    choices = found.get("choices")
    first = choices[0] if isinstance(choices, list) and choices else None
    if not isinstance(first, dict) or not isinstance(first.get("message"), dict):
        raise Fault("its reply holds no choice", billed=True)
    return found


def text(completion: dict[str, Any]) -> str:
    """What the model said; its refusal where it said nothing else; empty where it said nothing."""
    message = completion["choices"][0]["message"]
    content = message.get("content")
    if isinstance(content, list):
        content = "".join(part["text"] for part in content if isinstance(part, dict) and _is_text(part.get("text")))
    said = content if _is_text(content) else message.get("refusal")
    return said if _is_text(said) else ""


def finish(completion: dict[str, Any]) -> str:
    """The endpoint's word for how it ended."""
    said = completion["choices"][0].get("finish_reason")
    return storable(said[:40]) if _is_text(said) else "stop"


def usage(completion: dict[str, Any]) -> tuple[int | None, int | None]:
    """Tokens read and written, None where the endpoint does not say."""
    found = completion.get("usage")
    counted = found if isinstance(found, dict) else {}
    return _count(counted.get("prompt_tokens")), _count(counted.get("completion_tokens"))


def facts(completion: dict[str, Any]) -> dict[str, Any]:
    """What else is worth a row: which model answered by its own account, and what it thought."""
    message = completion["choices"][0]["message"]
    found: dict[str, Any] = {}
    if _is_text(completion.get("model")):
        found["answered_as"] = storable(completion["model"][:200])
    if _is_text(completion.get("system_fingerprint")):
        found["fingerprint"] = storable(completion["system_fingerprint"][:200])
    thought = message.get("reasoning_content") or message.get("reasoning")
    if _is_text(thought):
        found["reasoning"] = storable(thought[:KEPT])
    return found


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value)


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 40 else None
