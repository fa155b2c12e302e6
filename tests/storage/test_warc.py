"""Records of the raw archive: given back as they came, valid for others' tools, refused when damaged."""

import base64
import datetime as dt
import gzip
import hashlib
import itertools
import re
import subprocess
import sys
import zlib
from dataclasses import asdict, replace
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator

from storage.blobs import MAX_BYTES
from storage.errors import DataDamaged, UsageError
from storage.warc import Capture, Place, Profile, Stored, pack, pack_warcinfo
from storage.warc_parse import parse
from storage.warc_read import CHUNK, read, scan

WARCIO = Path(sys.executable).with_name("warcio")
AT = dt.datetime(2026, 11, 1, 12, 30, 15, 250, tzinfo=dt.UTC)
TEHRAN = dt.timezone(dt.timedelta(hours=3, minutes=30))
URL = "https://drhast.com/q/1/" + quote("درمان-میگرن")
BODY = "<html><p>سردرد میگرنی با نور بدتر می‌شود.</p></html>".encode()
SHA256 = hashlib.sha256(BODY).hexdigest()
PAGE = Capture(URL, AT, 200, {"content-type": "text/html; charset=utf-8"}, BODY, "192.0.2.7")
NOT_MODIFIED = Capture(URL, AT, 304, {"etag": '"a1"'}, profile=Profile.NOT_MODIFIED, refers_to=(URL, AT))
IDENTICAL = Capture(URL, AT, 200, {}, profile=Profile.IDENTICAL, refers_to=(URL, AT), sha256=SHA256)
FILE = "drhast.warc.gz"

quick = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
latin = st.text(st.characters(max_codepoint=255, exclude_characters="\r\n\0")).map(lambda text: text.strip(" \t"))
names = st.text("abcdefghijklmnopqrstuvwxyz0123456789-_.!~", min_size=1)
known = st.sampled_from(["content-encoding", "content-length", "transfer-encoding", "x-archive-orig-etag", "location"])
urls = st.text(min_size=1).map(lambda text: "https://drhast.com/q/" + quote(text.encode("utf-8", "surrogatepass")))
times = st.builds(
    lambda zone, since: AT.astimezone(zone) + since,
    st.sampled_from([dt.UTC, TEHRAN]),
    st.timedeltas(dt.timedelta(), dt.timedelta(days=9999)),
)


def put(folder: Path, *members: bytes) -> list[Place]:
    """The members as a file of the archive, and where each is."""
    (folder / FILE).write_bytes(b"".join(members))
    ends = [sum(map(len, members[:n])) for n in range(len(members))]
    return [Place(FILE, at, len(member)) for at, member in zip(ends, members, strict=True)]


def through(folder: Path, capture: Capture) -> Stored:
    return read(folder, put(folder, pack(capture))[0])


def check(*paths: Path) -> "subprocess.CompletedProcess[str]":
    """What warcio's own checker says; it complains of broken framing on stderr, with 0 for a status."""
    return subprocess.run([WARCIO, "check", *paths], capture_output=True, text=True, check=False, timeout=60)


@given(urls, times, st.integers(100, 999), st.dictionaries(names | known, latin), st.binary(max_size=2000))
@example(URL, AT, 200, {"content-encoding": "gzip", "content-length": "7", "x-archive-orig-content-length": "9"}, b"")
@example(URL, AT, 200, {"location": "/q/\xd8\xa7\xff\x85\xa0", "set-cookie": ""}, b"\r\n\r\n\x1f\x8b\x08WARC/1.1\r\n")
@quick
def test_a_response_comes_back_as_it_was(
    tmp_path: Path, url: str, at: dt.datetime, status: int, headers: dict[str, str], body: bytes
) -> None:
    found = through(tmp_path, Capture(url, at, status, headers, body, "2001:db8::7"))
    digest = hashlib.sha256(body).hexdigest()
    assert asdict(found) == asdict(Capture(url, at, status, headers, body, "2001:db8::7", sha256=digest))
    assert (found.kind, found.fetched_at.tzinfo) == ("response", dt.UTC)


@given(st.dictionaries(names | known, latin), st.none() | st.tuples(urls, times), st.sampled_from(Profile))
@quick
def test_a_revisit_comes_back_as_it_was(
    tmp_path: Path, headers: dict[str, str], refers_to: tuple[str, dt.datetime] | None, profile: Profile
) -> None:
    visit = replace(NOT_MODIFIED, headers=headers, profile=profile, refers_to=refers_to, sha256=SHA256)
    found = through(tmp_path, visit)
    assert (asdict(found), found.kind) == (asdict(visit), "revisit")


def test_what_a_head_cannot_hold_is_replaced(tmp_path: Path) -> None:
    odd = {"x-a": "1\r\nx-injected: 2\r\n\r\n<html>", "x b:": "\t3\0 ", "": "4"}
    assert through(tmp_path, replace(PAGE, headers=odd)).headers == {
        "x-a": "1 x-injected: 2 <html>",
        "x-b-": "3",
        "-": "4",
    }


@pytest.mark.parametrize(
    ("field", "capture"),
    [
        ("url", replace(PAGE, url="https://drhast.com/q/1 2")),
        ("url", replace(PAGE, url="https://drhast.com/\r\nx")),
        ("url", replace(PAGE, url="ftp://drhast.com/")),
        ("url", replace(NOT_MODIFIED, refers_to=("", AT))),
        ("fetched_at", replace(PAGE, fetched_at=AT.replace(tzinfo=None))),
        ("fetched_at", replace(NOT_MODIFIED, refers_to=(URL, AT.replace(tzinfo=None)))),
        ("status", replace(PAGE, status=99)),
        ("status", replace(PAGE, status=1000)),
        ("headers", replace(PAGE, headers={"location": "/درمان"})),
        ("body", replace(NOT_MODIFIED, body=b"x")),
        ("profile", replace(PAGE, refers_to=(URL, AT))),
        ("sha256", replace(IDENTICAL, sha256=None)),
    ],
)
def test_what_could_not_be_read_back_is_refused(field: str, capture: Capture) -> None:
    with pytest.raises(UsageError, match=f"hold its {field}$"):
        pack(capture)


def test_a_page_too_large_to_be_read_back_is_refused() -> None:
    with pytest.raises(UsageError, match="more than the 67108864"):
        pack(replace(PAGE, body=bytes(MAX_BYTES)), level=1)


def test_other_tools_read_the_same(tmp_path: Path) -> None:
    put(tmp_path, pack_warcinfo(FILE, {"operator": "tabib\n<https://example.org>", "robots": "obey"}), pack(PAGE))
    with (tmp_path / FILE).open("rb") as stream:
        found = [
            (r.rec_type, r.rec_headers.protocol, dict(r.rec_headers.headers), r.http_headers, r.content_stream().read())
            for r in ArchiveIterator(stream, check_digests="raise")
        ]
    (kind, version, info, _, text), (page_kind, page_version, head, http, body) = found
    assert (kind, version, info["WARC-Filename"]) == ("warcinfo", "WARC/1.1", FILE)
    assert b"operator: tabib <https://example.org>\r\nrobots: obey\r\n" in text
    assert (page_kind, page_version, body) == ("response", "WARC/1.1", BODY)
    assert head["WARC-Date"] == "2026-11-01T12:30:15.000250Z"
    assert (head["WARC-Target-URI"], head["WARC-IP-Address"]) == (URL, "192.0.2.7")
    assert (head["Content-Type"], head["WARC-Payload-Digest"]) == (
        "application/http; msgtype=response",
        f"sha256:{SHA256}",
    )
    assert re.fullmatch(r"<urn:uuid:[0-9a-f-]{36}>", head["WARC-Record-ID"])
    assert (http.get_statuscode(), http["Content-Length"]) == ("200", str(len(BODY)))


def test_other_tools_read_an_encoded_response_as_decoded(tmp_path: Path) -> None:
    put(tmp_path, pack(replace(PAGE, headers={"content-encoding": "br", "transfer-encoding": "chunked"})))
    with (tmp_path / FILE).open("rb") as stream:
        record = next(iter(ArchiveIterator(stream, check_digests="raise")))
        assert record.content_stream().read() == BODY
    assert record.http_headers["X-Archive-Orig-Content-Encoding"] == "br"
    assert record.http_headers["Content-Encoding"] is None


@pytest.mark.parametrize(("capture", "truncated"), [(IDENTICAL, "length"), (NOT_MODIFIED, None)])
def test_a_revisit_names_what_it_found_unchanged(tmp_path: Path, capture: Capture, truncated: str | None) -> None:
    put(tmp_path, pack(capture))
    with (tmp_path / FILE).open("rb") as stream:
        head = next(iter(ArchiveIterator(stream))).rec_headers
    assert head["WARC-Profile"] == f"http://netpreserve.org/warc/1.1/revisit/{capture.profile}"
    assert (head["WARC-Refers-To-Target-URI"], head["WARC-Refers-To-Date"]) == (URL, "2026-11-01T12:30:15.000250Z")
    assert head["WARC-Payload-Digest"] == (f"sha256:{SHA256}" if capture.sha256 else None)
    assert (head["WARC-Type"], head["WARC-Truncated"]) == ("revisit", truncated)


def test_warcio_finds_nothing_wrong(tmp_path: Path) -> None:
    odd = {"location": "/\xd8\xa7\x85", "x-a": "\xff", "content-encoding": "gzip"}
    members = [PAGE, replace(PAGE, body=b""), IDENTICAL, NOT_MODIFIED, replace(PAGE, headers=odd)]
    put(tmp_path, pack_warcinfo(FILE, {"software": "tabib"}), *map(pack, members))
    done = check(tmp_path / FILE)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_warcio_would_find_a_body_that_was_changed(tmp_path: Path) -> None:
    put(tmp_path, gzip.compress(gzip.decompress(pack(PAGE)).replace(b"<p>", b"<b>")))
    assert check(tmp_path / FILE).returncode == 1


def refused(folder: Path, place: Place, whole: Stored) -> bool:
    """Whether the record is refused; else it must be what it was."""
    try:
        found = read(folder, place)
    except DataDamaged:
        return True
    assert asdict(found) == asdict(whole)
    return False


@pytest.mark.parametrize("capture", [replace(PAGE, headers={}), IDENTICAL])
def test_no_flipped_bit_goes_unseen(tmp_path: Path, capture: Capture) -> None:
    member = pack(capture)
    [place] = put(tmp_path, member)
    whole = read(tmp_path, place)
    seen = 0
    with (tmp_path / FILE).open("r+b", buffering=0) as file:
        for at, byte in enumerate(member):
            for bit in range(8):
                file.seek(at)
                file.write(bytes([byte ^ 1 << bit]))
                seen += refused(tmp_path, place, whole)
            file.seek(at)
            file.write(bytes([byte]))
    assert read(tmp_path, place) == whole
    unread = 8 * (4 + 1 + 1) + 1 + 7  # gzip's time, effort, system and text flag; what fills deflate's last byte
    assert 8 * len(member) - unread <= seen < 8 * len(member)


def test_no_cut_goes_unseen(tmp_path: Path) -> None:
    member = pack(PAGE)
    for length in range(len(member)):
        [place] = put(tmp_path, member[:length])
        with pytest.raises(DataDamaged):
            read(tmp_path, replace(place, length=len(member)))
        with pytest.raises(DataDamaged):
            read(tmp_path, place)


@pytest.mark.parametrize(
    ("place", "cause"),
    [
        (Place(FILE, 1, 400), "incorrect header"),
        (Place(FILE, 0, 0), "no record has 0 bytes"),
        (Place(FILE, 0, 1 << 40), "no record has"),
        (Place(FILE, -1, 10), "Invalid argument"),
        (Place(FILE, 1 << 70, 10), "too (big|large)"),
        (Place(FILE, 1 << 40, 10), "cut off"),
        (Place("gone.warc.gz", 0, 10), "the file is not there"),
        (Place(".", 0, 10), "Is a directory"),
        (Place(f"../{FILE}", 0, 10), "outside the archive"),
        (Place(f"/etc/{FILE}", 0, 10), "outside the archive"),
        (Place("a\0b", 0, 10), "null byte"),
    ],
)
def test_a_wrong_place_is_named(tmp_path: Path, place: Place, cause: str) -> None:
    put(tmp_path, pack(PAGE), pack(PAGE))
    with pytest.raises(DataDamaged, match=cause) as raised:
        read(tmp_path, place)
    assert f"byte {place.offset} of {place.file}: " in str(raised.value)


def test_two_records_are_not_one(tmp_path: Path) -> None:
    first, second = put(tmp_path, pack(PAGE), pack(PAGE))
    with pytest.raises(DataDamaged, match="not the one that is known"):
        read(tmp_path, replace(first, length=first.length + second.length))


def test_a_warcinfo_is_no_page(tmp_path: Path) -> None:
    with pytest.raises(DataDamaged, match="holds no page"):
        read(tmp_path, put(tmp_path, pack_warcinfo(FILE, {}))[0])


def test_a_bomb_is_bounded(tmp_path: Path) -> None:
    bomb = zlib.compressobj(9, zlib.DEFLATED, 31)
    packed = b"".join(bomb.compress(bytes(1 << 20)) for _ in range(2 * (MAX_BYTES >> 20))) + bomb.flush()
    place, good = put(tmp_path, packed, pack(PAGE))
    with pytest.raises(DataDamaged, match="unpacks to more than 67108864"):
        read(tmp_path, place)
    (where, damage), (next_, found) = scan(tmp_path / FILE)
    assert (where, next_, isinstance(found, Stored)) == (place, good, True)
    assert "unpacks to more than 67108864" in str(damage)


def changed(old: bytes, new: bytes, capture: Capture = PAGE) -> bytes:
    record = gzip.decompress(pack(capture))
    assert old in record
    return record.replace(old, new)


LENGTH = b"Content-Length: " + str(len(BODY)).encode()
BASE32 = base64.b32encode(hashlib.sha1(BODY, usedforsecurity=False).digest())


@pytest.mark.parametrize(
    ("record", "cause"),
    [
        (b"", "does not open as WARC/1.1"),
        (b"WARC/1.1\r\nWARC-Type: response", "does not open as WARC/1.1"),
        (changed(b"WARC/1.1", b"WARC/1.0"), "does not open as WARC/1.1"),
        (changed(b"WARC-Type: response", b"WARC-Type"), "no name"),
        (changed(b"WARC-Type", b"WARC-Kind"), "no warc-type"),
        (changed(b"WARC-Target-URI", b"WARC-Target-URL"), "no warc-target-uri"),
        (changed(b"WARC-Target-URI: ", b"WARC-Target-URI: \xff"), "codec"),
        (changed(b"2026-11-01T12", b"2026-13-01T12"), "its warc-date is no time"),
        (changed(b"000250Z", b"000250"), "its warc-date has no zone"),
        (changed(b"HTTP/1.1 200", b"HTTP/1.1 abc"), "no response of HTTP"),
        (changed(b"\r\n\r\n<html>", b"\n\n__<html>"), "no response of HTTP|no number"),
        (changed(LENGTH, LENGTH[:-2] + b"xx"), "content-length is no number"),
        (changed(b"<p>", b"<p"), "not the one it states"),
        (changed(b"</html>\r\n\r\n", b"</html>\r\n\r\r"), "not the one it states"),
        (changed(b"<p>", b"<b>"), "does not match its digest"),
        (changed(b"sha256:" + SHA256.encode(), b"sha1:" + BASE32), "digest is no sha256"),
        (changed(b"WARC-Payload-Digest", b"WARC-Payload-Digits"), "does not match its digest"),
        (changed(b"WARC-Type: response", b"WARC-Type: revisit"), "is a revisit and has a body"),
        (changed(b"identical-payload-digest", b"similar", IDENTICAL), "profile is unknown"),
        (changed(b"WARC-Profile", b"WARC-Prefix", IDENTICAL), "no warc-profile"),
        (changed(b"WARC-Refers-To-Date", b"WARC-Refers-To-Data", IDENTICAL), "no warc-refers-to-date"),
    ],
)
def test_a_record_that_says_something_else_is_refused(tmp_path: Path, record: bytes, cause: str) -> None:
    with pytest.raises(ValueError, match=cause):
        parse(record)
    [place] = put(tmp_path, gzip.compress(record))
    with pytest.raises(DataDamaged, match=cause):
        read(tmp_path, place)


@given(
    st.binary(max_size=300) | st.lists(st.sampled_from([b"WARC/1.1\r\n", b"a:b\r\n", b"\r\n", b"\x80"])).map(b"".join)
)
@quick
def test_any_other_bytes_are_refused(tmp_path: Path, record: bytes) -> None:
    [place] = put(tmp_path, gzip.compress(record))
    with pytest.raises(DataDamaged):
        read(tmp_path, place)


def test_a_damaged_record_says_nothing_of_the_page(tmp_path: Path) -> None:
    [place] = put(tmp_path, gzip.compress(changed(b"WARC-Target-URI: ", b"WARC-Target-URI: \xff")))
    with pytest.raises(DataDamaged) as raised:
        read(tmp_path, place)
    assert "drhast.com" not in str(raised.value)
    assert "drhast.com" not in repr(PAGE)


def pages(count: int) -> list[bytes]:
    return [pack(replace(PAGE, url=f"https://drhast.com/q/{number}")) for number in range(count)]


def scanned(path: Path, start: int = 0) -> list[tuple[Place, str]]:
    return [(at, "damaged" if isinstance(r, DataDamaged) else r.url[-1]) for at, r in scan(path, start)]


def test_a_file_is_walked_record_by_record(tmp_path: Path) -> None:
    info, *places = put(tmp_path, pack_warcinfo(FILE, {}), *pages(3))
    assert scanned(tmp_path / FILE) == [(place, str(number)) for number, place in enumerate(places)]
    assert scanned(tmp_path / FILE, places[1].offset) == [(places[1], "1"), (places[2], "2")]
    assert all(read(tmp_path, place).url.endswith(number) for place, number in scanned(tmp_path / FILE))
    assert info.offset == 0


@pytest.mark.parametrize("damage", ["first byte", "middle", "checksum", "record", "between"])
def test_the_walk_goes_on_after_damage(tmp_path: Path, damage: str) -> None:
    first, second, third = pages(3)
    broken = {
        "first byte": b"\0" + second[1:],
        "middle": second[:150] + b"\x1f\x8b\x08\0\0" + second[155:],
        "checksum": second[:-8] + bytes(8),
        "record": gzip.compress(gzip.decompress(second).replace(b"<p>", b"<b>")),
        "between": gzip.compress(b"no record") + b"\x1f\x8b\x08" * 20_000 + bytes(100),
    }[damage]
    places = put(tmp_path, first, broken, third)
    found = scanned(tmp_path / FILE)
    assert (found[0], found[-1]) == ((places[0], "0"), (places[2], "2"))
    assert [url for _, url in found[1:-1]] == ["damaged"] * (2 if damage == "between" else 1)
    assert sum(place.length for place, _ in found[1:-1]) == len(broken)


def test_the_next_record_is_found_wherever_it_begins(tmp_path: Path) -> None:
    for size in range(CHUNK - 8, CHUNK + 8):
        _, place = put(tmp_path, bytes(size), *pages(1))
        assert scanned(tmp_path / FILE) == [(Place(FILE, 0, size), "damaged"), (place, "0")]


def test_a_walk_gives_each_byte_to_one_record(tmp_path: Path) -> None:
    members = [pack_warcinfo(FILE, {}), *pages(2)]
    whole = b"".join(members)
    for at in range(0, len(whole), 7):
        put(tmp_path, whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
        ends = [(place.offset, place.offset + place.length) for place, _ in scan(tmp_path / FILE)]
        assert ends[-1][1] == len(whole)
        assert all(end <= start for (_, end), (start, _) in itertools.pairwise(ends))
        assert sum(not isinstance(found, DataDamaged) for _, found in scan(tmp_path / FILE)) >= 1


def test_a_torn_end_is_damage(tmp_path: Path) -> None:
    places = put(tmp_path, *pages(1), pages(1)[0][:-5])
    assert scanned(tmp_path / FILE) == [(places[0], "0"), (places[1], "damaged")]


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataDamaged, match=r"byte 0 of gone\.warc\.gz: No such file"):
        next(scan(tmp_path / "gone.warc.gz"))
