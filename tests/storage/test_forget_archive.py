"""A record is taken out of the archive's files for good, the others stay where they are, a kill leaves old or new."""

import datetime as dt
import gzip
import itertools
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from storage.errors import DataDamaged
from storage.warc import Capture, Place, Profile, pack
from storage.warc_erase import between, blank, erase
from storage.warc_parse import parse
from storage.warc_read import read, scan
from storage.warc_write import Writer
from tests.storage.test_warc_write import ABOUT, AT, clean, page

ERASE = """
import datetime as dt
from storage.warc_erase import erase
folder, file, *numbers = sys.argv[1:]
print("begun", flush=True)
erase(Path(folder), file, list(zip(map(int, numbers[::2]), map(int, numbers[1::2]))), AT)
"""


def written(folder: Path, count: int) -> list[Place]:
    with Writer(folder, "drhast", ABOUT) as writer:
        return writer.append([page(n) for n in range(count)])


def spans(places: list[Place]) -> list[tuple[int, int]]:
    return [(place.offset, place.length) for place in places]


@pytest.mark.parametrize("length", [212, 262, 5_000, 65_552, 65_553, 65_558, 65_559, 131_088, 200_000])
def test_a_blank_is_as_long_as_what_it_stands_for(length: int) -> None:
    member = blank(Place("a.warc.gz", 7, length), AT)
    assert len(member) == length
    assert parse(gzip.decompress(member)) is None


def test_every_length_can_be_had() -> None:
    for length in itertools.chain(range(212, 300), range(65_500, 65_600), range(131_000, 131_200)):
        assert len(blank(Place("a.warc.gz", 7, length), AT)) == length


def test_the_shortest_visit_is_long_enough() -> None:
    least = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    shortest = pack(Capture("https://a.b/", least, 304, {}, profile=Profile.NOT_MODIFIED))
    assert len(blank(Place("a", 0, len(shortest)), AT)) == len(shortest)
    with pytest.raises(ValueError, match="no record"):
        blank(Place("a", 0, 150), AT)


@pytest.mark.parametrize("gone", [[0], [4], [1, 2], [0, 1, 2, 3, 4]])
def test_the_others_are_where_they_were(tmp_path: Path, gone: list[int]) -> None:
    places = written(tmp_path, 5)
    [file] = tmp_path.iterdir()
    size = file.stat().st_size
    for _ in range(2):  # doing it again changes nothing
        erase(tmp_path, file.name, spans([places[n] for n in gone]), AT)
        assert [read(tmp_path, places[n]).body for n in range(5) if n not in gone] == [
            page(n).body for n in range(5) if n not in gone
        ]
        assert [place for place, _ in scan(file)] == [places[n] for n in range(5) if n not in gone]
        assert (file.stat().st_size, list(tmp_path.iterdir())) == (size, [file])
        assert clean(tmp_path)
    unpacked = gzip.decompress(file.read_bytes())
    assert not any(page(n).body in unpacked or page(n).url.encode() + b"\r" in unpacked for n in gone)


def test_a_place_that_holds_no_record_is_refused_and_nothing_changed(tmp_path: Path) -> None:
    place = written(tmp_path, 3)[1]
    [file] = tmp_path.iterdir()
    before = file.read_bytes()
    for span in [(place.offset + 1, place.length), (place.offset, place.length - 1)]:
        with pytest.raises(DataDamaged, match="no record of"):
            erase(tmp_path, file.name, [spans([place])[0], span], AT)
        assert file.read_bytes() == before
    with pytest.raises(FileNotFoundError):
        erase(tmp_path, "none.warc.gz", [(0, 300)], AT)


def test_what_a_cut_file_has_left_of_a_record_goes(tmp_path: Path) -> None:
    *_, last = written(tmp_path, 2)
    [file] = tmp_path.iterdir()
    for left in (15_000, 100):
        with file.open("r+b") as cut:
            cut.truncate(last.offset + left)
        erase(tmp_path, file.name, spans([last]), AT)
        assert file.stat().st_size == last.offset + left
        assert page(1).body[:50] not in file.read_bytes()
    erase(tmp_path, file.name, [(last.offset + 10_000, 300)], AT)


def test_a_living_writers_file_keeps_its_writer(tmp_path: Path) -> None:
    with Writer(tmp_path, "drhast", ABOUT) as writer:
        places = writer.append([page(0), page(1)])
        erase(tmp_path, places[0].file, spans(places[:1]), AT)
        places += writer.append([page(2)])
    assert [read(tmp_path, place).body for place in places[1:]] == [page(1).body, page(2).body]
    assert clean(tmp_path)


def test_captures_between_what_is_known(tmp_path: Path) -> None:
    places = written(tmp_path, 6)
    [file] = tmp_path.iterdir()
    erase(tmp_path, file.name, spans([places[5]]), AT)
    found = list(between(file, spans([places[1], places[3], places[4]])))
    assert [(place, stored.body) for place, stored in found] == [(places[n], page(n).body) for n in (0, 2)]


def test_killed_at_any_moment_it_is_old_or_new_and_a_second_run_finishes(tmp_path: Path) -> None:
    with Writer(tmp_path, "drhast", ABOUT) as writer:
        places = [place for n in range(60) for place in writer.append([page(n % 7)] * 20)]
    [file] = tmp_path.iterdir()
    gone = random.Random(1).sample(places, 300)
    old, command = file.read_bytes(), [str(n) for span in spans(gone) for n in span]
    erase(tmp_path, file.name, spans(gone), AT)
    new, seen = file.read_bytes(), set()
    code = f"import sys\nfrom pathlib import Path\nfrom tests.storage.test_warc_write import AT\n{ERASE}"
    for wait in (0.001, 0.004, 0.008, 0.015, 0.03, 0.06):
        file.write_bytes(old)
        root = Path(__file__).parents[2]
        arguments = [sys.executable, "-c", code, str(tmp_path), file.name, *command]
        with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True, cwd=root) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "begun\n"
            time.sleep(wait)
            process.kill()
        found = file.read_bytes()
        assert found in (old, new)
        seen.add(found == new)
        erase(tmp_path, file.name, spans(gone), AT)
        assert (file.read_bytes() == new, list(tmp_path.iterdir())) == (True, [file])
    assert False in seen
