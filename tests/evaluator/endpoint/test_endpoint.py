"""What an endpoint may do wrong, done by a real server on loopback."""

import json
import logging
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evaluator.asking import Budget, Limits, Prompt, Sampling, Written, turn
from evaluator.endpoint import Endpoint, Manners, address, manners
from evaluator.endpoint.manners import Window, pause
from storage.errors import ServiceUnavailable, UsageError
from tests.evaluator.endpoint.scripted import MODELS, Request, Scripted, Sent, error, prompts, said

SECRET = "sk-this-is-secret"


@pytest.fixture(autouse=True)
def quick(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries without their long pauses, and no key from outside."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(manners, "SHORTEST", 0.01)
    monkeypatch.delenv("TABIB_ENDPOINT_KEY", raising=False)


def endpoint(server: Scripted, **keys: Any) -> Endpoint:
    return Endpoint(address(server.url), "tiny", Manners(**keys))


def written(
    server: Scripted, asked: list[Prompt], budget: Budget | None = None, sampling: Sampling | None = None, **keys: Any
) -> dict[str, Written]:
    chunks = endpoint(server, **keys).write(asked, sampling or Sampling(), budget or Budget())
    return {each.prompt.item: each for chunk in chunks for each in chunk}


def test_a_reply_brings_its_text_and_its_figures() -> None:
    with Scripted(lambda _: said("گزینه [B]", system_fingerprint="fp-1")) as server:
        found = written(server, prompts(1))["i000"].reply
    assert (found.text, found.finish, found.read, found.written, found.calls) == ("گزینه [B]", "stop", 40, 10, 1)
    assert found.facts["answered_as"] == "tiny-1"
    assert found.facts["fingerprint"] == "fp-1"
    assert 0 < found.seconds < 5
    assert server.requests[0].path == "/v1/chat/completions"
    assert server.requests[0].body == {
        "model": "tiny",
        "messages": [{"role": "user", "content": "item 000 "}],
        "max_tokens": 1024,
        "temperature": 0.0,
    }


def test_a_drawn_reply_is_asked_for_with_its_seed() -> None:
    with Scripted(lambda _: said("x")) as server:
        written(server, prompts(3), sampling=Sampling(0.7, 0.9, 64))
    assert {r.body["seed"] for r in server.requests} == {0, 1, 2}
    assert {(r.body["temperature"], r.body["top_p"], r.body["max_tokens"]) for r in server.requests} == {(0.7, 0.9, 64)}


BROKEN = {
    "a limit": error(429),
    "a fault": error(500),
    "an overload": error(503, headers={"retry-after": "0"}),
    "prose": Sent(b"<html>Bad gateway</html>"),
    "no object": Sent(b"[1, 2]"),
    "empty choices": said("x", choices=[]),
    "a choice of nothing": said("x", choices=[None]),
    "no message": said("x", choices=[{"index": 0}]),
    "an error marked as good": Sent(b'{"error": {"message": "overloaded"}}'),
    "half a body": Sent(said("x" * 200).body, cut=60),
    "no body": Sent(said("x").body, cut=0),
    "a hang": Sent(said("late").body, wait=30),
    "a drip": Sent(said("slow").body, drip=0.05),
    "no JSON that ends": Sent(b"[" * 100_000),
    "other bytes than it says": Sent(b"not gzip", headers={"content-encoding": "gzip"}),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_may_pass_is_asked_again(name: str) -> None:
    def reply(request: Request) -> Sent:
        return BROKEN[name] if request.number in (2, 3) else said("[A]")

    begun = time.monotonic()
    with Scripted(reply) as server:
        found = written(server, prompts(4), concurrency=1, timeout=0.4)
    assert {each.reply.text for each in found.values()} == {"[A]"}
    assert sorted(each.reply.calls for each in found.values()) == [1, 1, 1, 3]
    assert Counter(r.asked for r in server.requests)["item 001 "] == 3
    assert time.monotonic() - begun < 10


def test_retry_after_is_honoured_by_all_that_wait() -> None:
    def reply(request: Request) -> Sent:
        return error(429, headers={"Retry-After": "1"}) if request.number == 2 else Sent(said("[A]").body, wait=0.1)

    with Scripted(reply) as server:
        assert len(written(server, prompts(12), concurrency=4)) == 12
    refused = server.requests[1].at
    later = [r.at - refused for r in server.requests[5:]]
    assert len(later) == 8
    assert min(later) >= 1.0


def test_a_pause_of_an_hour_is_not_waited_for() -> None:
    def reply(request: Request) -> Sent:
        return error(429, "come back", {"retry-after": "3600"}) if request.number > 2 else said("[A]")

    with Scripted(reply) as server, pytest.raises(ServiceUnavailable, match="asks for a pause of 3600 s"):
        written(server, prompts(5), concurrency=1)


def test_what_is_wrong_with_one_prompt_is_kept_as_refused_and_the_others_go_on() -> None:
    def reply(request: Request) -> Sent:
        return error(400, "too long", code="context_length_exceeded") if "007" in request.asked else said("[A]")

    with Scripted(reply) as server:
        found = written(server, prompts(12))
    refused = found["i007"].reply
    assert (refused.text, refused.finish, refused.facts["refused"]) == ("", "refused", "400: too long")
    assert sum(each.reply.finish == "stop" for each in found.values()) == 11


def test_what_is_wrong_with_every_prompt_stops_it_with_nothing_kept() -> None:
    with Scripted(lambda _: error(400, "unknown parameter")) as server:
        with pytest.raises(UsageError, match=r"refuses these requests \(400: unknown parameter\)"):
            written(server, prompts(50))
        assert len(server.requests) == 3


@pytest.mark.parametrize("status", [401, 403])
def test_a_key_that_is_refused_is_named_by_its_variable_alone(
    status: int, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("TABIB_ENDPOINT_KEY", SECRET)
    caplog.set_level(logging.DEBUG)
    with Scripted(lambda _: error(status, f"Incorrect API key provided: {SECRET}")) as server:
        with pytest.raises(UsageError, match=f"the key in TABIB_ENDPOINT_KEY \\({status}\\)") as told:
            written(server, prompts(5))
        assert server.requests[0].headers["authorization"] == f"Bearer {SECRET}"
    assert SECRET not in str(told.value) + caplog.text
    with Scripted(lambda _: error(400, f"what is {SECRET}?")) as server, pytest.raises(UsageError) as told:
        written(server, prompts(5))
    assert SECRET not in str(told.value) + caplog.text


def test_without_a_key_it_says_where_one_goes() -> None:
    with Scripted(lambda _: error(401)) as server:
        with pytest.raises(UsageError, match="a request without a key \\(set TABIB_ENDPOINT_KEY\\)"):
            written(server, prompts(1))
        assert "authorization" not in server.requests[0].headers


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        (Sent(b"", 307, {"location": "http://elsewhere.example/"}), "it redirects \\(307\\)"),
        (error(404, "The model `tiny` does not exist"), "404: The model `tiny` does not exist"),
        (error(402, "no credit"), "402: no credit"),
        (error(429, "quota", code="insufficient_quota"), "429: quota"),
    ],
)
def test_what_no_further_attempt_changes_stops_it_at_once(sent: Sent, told: str) -> None:
    with Scripted(lambda r: sent if r.number > 1 else said("[A]")) as server:
        with pytest.raises(UsageError, match=told):
            written(server, prompts(9), concurrency=1)
        assert len(server.requests) == 2


def until_it_ends(asked: Endpoint, of: list[Prompt]) -> tuple[list[Written], str]:
    found: list[Written] = []
    try:
        for chunk in asked.write(of, Sampling(), Budget()):
            found += chunk
    except ServiceUnavailable as told:
        return found, str(told)
    raise AssertionError


def test_what_was_answered_before_it_died_is_given_first() -> None:
    def reply(request: Request) -> Sent:
        if request.number > 6:
            raise ConnectionResetError
        return said("[A]")

    with Scripted(reply) as server:
        found, told = until_it_ends(endpoint(server, concurrency=2, attempts=2), prompts(40))
    assert "stopped answering" in told
    assert len(found) == 6
    assert len(server.requests) < 20


def test_one_prompt_that_breaks_it_is_left_and_told_at_the_end() -> None:
    with Scripted(lambda r: error(500) if "003" in r.asked else said("[A]")) as server:
        found, told = until_it_ends(endpoint(server, concurrency=1, attempts=2), prompts(9))
    assert "gave no reply to 1 prompts (the last: 500: no)" in told
    assert {each.prompt.item for each in found} == {f"i{n:03}" for n in range(9)} - {"i003"}


def test_nobody_there_is_told_in_a_line() -> None:
    with Scripted(lambda _: said("x")) as server:
        gone = endpoint(server, attempts=2)
    with pytest.raises(ServiceUnavailable, match=r"http://127.0.0.1:\d+/v1 does not answer \(no connection\)"):
        gone.sha256  # noqa: B018
    with pytest.raises(ServiceUnavailable, match="does not answer"):
        list(gone.write(prompts(1), Sampling(), Budget()))


def test_no_more_are_on_their_way_at_once_than_allowed() -> None:
    with Scripted(lambda _: Sent(said("[A]").body, wait=0.05)) as server:
        assert len(written(server, prompts(20), concurrency=4)) == 20
    assert server.most_at_once == 4


def test_replies_tell_how_many_were_on_their_way_with_them() -> None:
    with Scripted(lambda _: Sent(said("[A]").body, wait=0.05)) as server:
        many = [each.reply.facts["at_once"] for each in written(server, prompts(20), concurrency=4).values()]
        one = [each.reply.facts["at_once"] for each in written(server, prompts(5), concurrency=1).values()]
        few = [each.reply.facts["at_once"] for each in written(server, prompts(3), concurrency=8).values()]
    assert (max(many), many.count(1), set(one)) == (4, 1, {1})  # the first is asked alone
    assert max(few) == 2


def test_a_rate_is_kept() -> None:
    window = Window(3)
    for now in (0.0, 1.0, 2.0):
        assert window.wait(1, now) == 0
        window.take(1, now)
    assert window.wait(1, 10.0) == pytest.approx(50)
    assert window.wait(2, 10.0) == pytest.approx(51)
    assert window.wait(9, 10.0) == pytest.approx(52)
    assert window.wait(1, 60.0) == 0
    assert Window(None).wait(1e9, 0.0) == 0


def test_requests_wait_for_their_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manners, "MINUTE", 0.5)
    for most, limits in ((3, {"requests_per_minute": 3}), (2, {"tokens_per_minute": 100})):
        begun = time.monotonic()
        with Scripted(lambda _: said("[A]")) as server:
            written(server, prompts(7), sampling=Sampling(max_new_tokens=40), **limits)
        # From the beginning, since on a busy machine a request may come in late, and the next one at once.
        came = sorted(r.at - begun for r in server.requests)
        assert [at >= 0.5 * (n // most) for n, at in enumerate(came)] == [True] * 7


def test_pauses_grow_and_are_never_the_same() -> None:
    assert 0.005 <= pause(1, None) <= 0.01
    assert 20 <= max(pause(40, None) for _ in range(50)) <= 30
    assert len({pause(3, None) for _ in range(20)}) > 10
    assert 7 <= pause(1, 7.0) <= 8


def test_a_budget_of_calls_counts_the_failed_ones_too() -> None:
    with Scripted(lambda r: error(500) if r.number == 3 else said("[A]")) as server:
        budget = Budget(Limits(calls=6))
        assert len(written(server, prompts(20), budget, concurrency=3)) == 5
        assert len(server.requests) == 6
    assert (budget.spent.calls, budget.spent.tokens) == (6, 250)
    assert str(budget.stopped).startswith("6 calls has no room for one more call")


def test_a_budget_of_tokens_is_never_broken_and_is_used_up() -> None:
    with Scripted(lambda _: said("[A]")) as server:
        budget = Budget(Limits(tokens=1_000))
        found = written(server, prompts(60), budget, Sampling(max_new_tokens=20), concurrency=5)
    assert 800 <= budget.spent.tokens <= 1_000
    assert budget.spent.tokens == 50 * len(found)
    assert "1000 tokens" in str(budget.stopped)


def test_a_newer_name_for_the_longest_reply_is_found() -> None:
    def reply(request: Request) -> Sent:
        if "max_tokens" in request.body:
            return error(400, "Use 'max_completion_tokens' instead.", param="max_tokens")
        return said("[A]")

    with Scripted(reply) as server:
        assert len(written(server, prompts(3))) == 3
        assert [("max_tokens" in r.body) for r in server.requests] == [True, False, False, False]
    with Scripted(reply) as server:
        budget = Budget(Limits(calls=9))
        budget.replied = True  # so that many find out at once
        found = written(server, prompts(4), budget, concurrency=4)
    assert {each.reply.finish for each in found.values()} == {"stop"}
    assert budget.spent.calls == len(server.requests) <= 8


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (None, ""),
        ("", ""),
        ("a\x00b", "a\ufffdb"),
        ("\ud800", "\ufffd"),
        ([{"type": "text", "text": "one"}, {"type": "image"}, {"type": "text", "text": "two"}], "onetwo"),
        (17, ""),
    ],
)
def test_whatever_a_message_holds_becomes_a_text_that_can_be_kept(content: Any, text: str) -> None:
    with Scripted(lambda _: said(content)) as server:
        assert written(server, prompts(1))["i000"].reply.output["text"] == text


def test_what_is_not_counted_there_is_bounded_here() -> None:
    with Scripted(lambda _: said("[A]", usage=None)) as server:
        found = written(server, prompts(1))["i000"].reply
    assert (found.read, found.written) == (25, 19)
    assert found.facts["tokens_are"] == "an upper bound"


def test_whoever_stops_listening_leaves_nothing_behind() -> None:
    with Scripted(lambda _: Sent(said("[A]").body, wait=0.02)) as server:
        for _ in endpoint(server, concurrency=2).write(prompts(500), Sampling(), Budget()):
            break
        begun = len(server.requests)
        time.sleep(0.2)
        assert len(server.requests) <= begun + 2
    assert begun < 20


def identity(models: dict[str, Any] | Sent, url: Callable[[str], str] = lambda u: u, model: str = "tiny") -> str:
    sent = models if isinstance(models, Sent) else Sent(json.dumps(models).encode())
    with Scripted(lambda _: said("x"), sent) as server:
        found = Endpoint(address(url(server.url)), model)
        found.where = address(url(server.url).replace(str(server.port), "1"))  # the same address for every server
        found.where, where = address(url(server.url)), found.where
        found.says  # noqa: B018  asked while it is there
        found.where = where
        return found.sha256


def test_its_identity_is_what_it_says_of_itself_without_dates_and_passwords() -> None:
    own = MODELS["data"][0]
    plain = identity(MODELS)
    assert identity({"data": [{**own, "created": 99, "permission": [{"id": "p"}]}]}) == plain
    assert identity(MODELS, lambda u: u.replace("//", "//user:secret@") + "/chat/completions?api=1") == plain
    assert identity({"data": [{**own, "root": "/models/other"}]}) != plain
    assert identity(MODELS, model="other") != plain
    nothing = {identity(error(404)), identity(Sent(b"prose")), identity({"data": []}), identity({"data": [3]})}
    assert len(nothing) == 1
    assert plain not in nothing


def test_a_list_that_is_late_is_asked_for_again() -> None:
    with Scripted(lambda _: said("x"), error(503)) as server:
        late = endpoint(server)
        with pytest.raises(ServiceUnavailable, match="does not answer \\(503: no\\)"):
            late.sha256  # noqa: B018


def test_a_login_in_the_url_is_used_and_shown_nowhere(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with Scripted(lambda _: said("x")) as server:
        where = address(server.url.replace("//", "//me:pa%40ss@") + "?version=hidden")
        found = Endpoint(where, "tiny")
        list(found.write(prompts(1), Sampling(), Budget()))
        assert server.requests[0].headers["authorization"].startswith("Basic ")
        assert server.requests[0].path == "/v1/chat/completions?version=hidden"
    shown = f"{where} {found.label} {caplog.text}"
    assert not any(secret in shown for secret in ("pa@ss", "pa%40ss", "me:", "hidden"))


@pytest.mark.parametrize("given", ["", "localhost:8000", "ftp://x/v1", "http://", "http://x:99999/v1", "http://x y/v1"])
def test_what_is_no_url_is_refused(given: str) -> None:
    with pytest.raises(UsageError, match="the endpoint is no address such as https"):
        address(given)


def test_a_key_may_stand_in_a_file_and_must_be_there_where_it_was_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert address("http://x/v1").key is None
    with pytest.raises(UsageError, match="JUDGE_KEY is not set"):
        address("http://x/v1", "JUDGE_KEY")
    Path(".env").write_text(f"JUDGE_KEY={SECRET}\n", encoding="utf-8")
    found = address("http://x/v1", "JUDGE_KEY")
    assert found.key == SECRET
    assert SECRET not in repr(found)
    monkeypatch.setenv("JUDGE_KEY", "کلید")
    with pytest.raises(UsageError, match="holds signs that no key has"):
        address("http://x/v1", "JUDGE_KEY")


def test_a_prompt_that_is_no_unicode_is_asked_all_the_same() -> None:
    with Scripted(lambda _: said("x")) as server:
        written(server, [Prompt("a", turn("x\ud800y\x00"))])
    assert server.requests[0].asked == "x\ufffdy\ufffd"


@pytest.mark.parametrize("keys", [{"concurrency": 0}, {"timeout": 0}, {"requests_per_minute": -1}, {"attempts": 0}])
def test_manners_that_allow_nothing_are_refused(keys: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="it must be above 0"):
        Manners(**keys)
