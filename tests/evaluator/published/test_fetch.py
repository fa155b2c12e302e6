"""A file comes from its publisher whole or not at all, is gone on with where it broke off, and held to its hash."""

import hashlib
import json
from pathlib import Path

import pytest

from evaluator.published import Fetched, Published, Wanted, at_hand, download, fetch, located, pin_of, take
from evaluator.published.rows import read
from storage.errors import DataDamaged, ServiceUnavailable, TabibError, UsageError
from tests.evaluator.published.sheets import Publisher, publisher

ITEM = {"question": "کدام اندام صفرا می‌سازد؟", "options": ["کبد", "طحال"], "answer": "A"}
CONTENT = "\n".join(json.dumps(ITEM | {"id": str(n)}, ensure_ascii=False) for n in range(500)).encode()


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch, data_dir: Path) -> None:
    monkeypatch.setattr(download, "PAUSE", 0.0)


def wanted(server: Publisher, sha256: str | None = None, items: int | None = 500, terms: str | None = None) -> Wanted:
    return Wanted("exam", Published(server.url, items, sha256, terms), lambda path: len(read(path)))


def whole(found: Fetched, server: Publisher) -> bool:
    return found.path.read_bytes() == server.content and found.pin.sha256 == hashlib.sha256(server.content).hexdigest()


def test_a_file_is_fetched_once() -> None:
    with publisher(CONTENT) as server:
        asked = wanted(server, hashlib.sha256(CONTENT).hexdigest())
        found = fetch(asked)
        assert whole(found, server)
        assert (found.items, found.said) == (500, ("its checksum is the one measured before",))
        assert fetch(asked).said == ("at hand already",)
        assert len(server.ranges) == 1
    assert at_hand("exam")
    assert located("exam", asked.published) == found.path
    assert [p.name for p in found.path.parent.iterdir() if "part" in p.name] == []


def test_a_transfer_that_breaks_off_is_gone_on_with() -> None:
    with publisher(CONTENT) as server:
        server.breaks_after = [1000, 5000]
        assert whole(fetch(wanted(server)), server)
        assert server.ranges == [None, "bytes=1000-", "bytes=6000-"]


def test_what_a_killed_or_failed_fetch_left_is_gone_on_with_by_the_next() -> None:
    with publisher(CONTENT) as server:
        server.breaks_after = [100] * download.TRIES
        with pytest.raises(
            ServiceUnavailable, match=r"exam was not fetched: 127.0.0.1 cannot be reached.*400 bytes are"
        ):
            fetch(wanted(server))
        assert not at_hand("exam")
        assert whole(fetch(wanted(server)), server)
        assert server.ranges[-1] == "bytes=400-"


def test_a_part_of_another_version_is_not_gone_on_with() -> None:
    with publisher(CONTENT) as server:
        server.breaks_after = [1000] * download.TRIES
        with pytest.raises(ServiceUnavailable):
            fetch(wanted(server))
        server.content, server.etag = CONTENT.upper().replace(b"ID", b"id"), '"two"'
        server.content = CONTENT + b"\n" + CONTENT.replace(b'"id": "', b'"id": "x')
        assert whole(fetch(wanted(server)), server)


def test_a_part_that_begins_elsewhere_is_thrown_away() -> None:
    with publisher(CONTENT) as server:
        server.breaks_after, server.parts_from = [1000], [len(CONTENT) // 2]
        assert whole(fetch(wanted(server)), server)
        assert server.ranges == [None, "bytes=1000-", None]


def test_a_circle_of_addresses_is_told_in_one_line() -> None:
    with publisher(CONTENT) as server:
        server.statuses = [302] * 50
        with pytest.raises(ServiceUnavailable, match="Exceeded maximum allowed redirects"):
            fetch(wanted(server))
        assert len(server.statuses) > 20


def test_without_a_network_it_says_what_to_do() -> None:
    with publisher(CONTENT) as server:
        asked = wanted(server)
    with pytest.raises(ServiceUnavailable) as error:
        fetch(asked)
    assert "\n" not in str(error.value)
    assert "exam was not fetched: 127.0.0.1 cannot be reached" in str(error.value)
    assert "get the file elsewhere, then `evaluator fetch exam --data FILE`" in str(error.value)


def test_a_busy_publisher_is_asked_again_and_a_refusal_is_told() -> None:
    with publisher(CONTENT) as server:
        server.statuses = [503, 429]
        assert whole(fetch(wanted(server)), server)
        server.statuses = [404]
        with pytest.raises(TabibError, match="gives status 404: its publisher may have moved it"):
            fetch(wanted(server), anew=True)
        server.statuses = [403]
        terms = "https://example.org/terms"
        with pytest.raises(
            TabibError, match=r"not given to everybody.*Accept its publisher's terms at https://example.org"
        ):
            fetch(wanted(server, terms=terms), anew=True)
        assert at_hand("exam")


def test_a_token_goes_to_the_hub_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    with publisher(CONTENT) as server:
        fetch(wanted(server))
        assert server.tokens == [None]
        monkeypatch.setattr(download, "HUB", "127.0.0.1")
        fetch(wanted(server), anew=True)
        assert server.tokens == [None, "Bearer hf_secret"]


def test_another_file_than_the_known_one_is_refused_and_the_old_one_stays() -> None:
    with publisher(CONTENT) as server:
        with pytest.raises(DataDamaged, match="gives another file than the one known here: its sha256 is"):
            fetch(wanted(server, "0" * 64))
        assert not at_hand("exam")
        first = fetch(wanted(server))
        assert f"sha256 {first.pin.sha256} is pinned from this fetch on" in first.said[0]
        first.path.unlink()
        server.content = CONTENT.replace("کبد".encode(), "ریه".encode())
        with pytest.raises(DataDamaged, match=first.pin.sha256):  # a lost file comes back as it was, or not at all
            fetch(wanted(server))
        assert whole(fetch(wanted(server), anew=True), server)


def test_what_is_no_benchmark_is_not_taken() -> None:
    with publisher(b"<html>not here</html>") as server, pytest.raises(UsageError, match="is a web page or XML"):
        fetch(wanted(server))
    assert not at_hand("exam")


def test_a_damaged_file_is_told_and_fetched_again() -> None:
    with publisher(CONTENT) as server:
        asked = wanted(server)
        path = fetch(asked).path
        path.write_bytes(CONTENT[:-1])
        with pytest.raises(DataDamaged, match="is not what it was when it was taken"):
            located("exam", asked.published)
        assert whole(fetch(asked), server)


def test_a_file_can_be_given_and_replaces_what_the_publisher_gave_anew_alone(tmp_path: Path) -> None:
    given, other, third = (tmp_path / name for name in ("mine.jsonl", "less.jsonl", "two.jsonl"))
    given.write_bytes(CONTENT)
    other.write_bytes(CONTENT.splitlines()[0])
    third.write_bytes(b"\n".join(CONTENT.splitlines()[:2]))
    published = Published("http://127.0.0.1:1/never", 500, hashlib.sha256(CONTENT).hexdigest())
    asked = Wanted("exam", published, lambda path: len(read(path)))
    with pytest.raises(UsageError, match="exam is not on this machine: `evaluator fetch exam` gets it from http"):
        located("exam", published)
    first = take(asked, given)
    assert first.said == (f"taken from {given}", "the publisher's file, by its checksum")
    assert take(asked, given).said == ("at hand already",)
    with pytest.raises(UsageError, match=r"is at hand as its publisher gives it.*--anew takes it all the same"):
        take(asked, other)
    assert located("exam", published).read_bytes() == CONTENT
    second = take(asked, other, anew=True)
    assert second.said[1:] == ("not the publisher's own file", "it holds 1 items, its publisher tells of 500")
    assert located("exam", published).read_bytes() == CONTENT.splitlines()[0]
    assert not first.path.exists()
    with pytest.raises(UsageError, match="cannot be read"):
        take(asked, tmp_path / "nowhere")
    assert pin_of("exam") == second.pin
    assert take(asked, third).items == 2


def test_a_given_file_of_unknown_origin_is_told_and_does_not_pass_for_a_fetched_one(tmp_path: Path) -> None:
    given = tmp_path / "mine.jsonl"
    given.write_bytes(CONTENT)
    with publisher(CONTENT + b"\n") as server:
        assert "its checksum is unknown" in take(wanted(server), given).said[1]
        assert fetch(wanted(server)).said[0] == f"at hand already, taken from {given}"
        assert whole(fetch(wanted(server), anew=True), server)
        with pytest.raises(UsageError, match="--anew takes it all the same"):
            take(wanted(server), given)


def test_a_broken_pin_is_told() -> None:
    with publisher(CONTENT) as server:
        found, found_at = fetch(wanted(server)), wanted(server).published
    (found.path.parent / "exam.pin").write_text("{}", encoding="utf-8")
    assert at_hand("exam")
    with pytest.raises(DataDamaged, match="remove it and fetch exam again"):
        located("exam", found_at)
