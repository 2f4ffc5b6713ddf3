"""Atomic writes, polite reads and digests."""

import math
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from autodagger import files
from autodagger.errors import UserError


def test_writes_json_that_reads_back_the_same(tmp_path: Path) -> None:
    data = {"name": "RIVAL_HOUSE", "rate": 0.95, "states": [1, None, "über"]}
    files.write_json(tmp_path / "new" / "a.json", data)
    assert files.read_json(tmp_path / "new" / "a.json") == data


def test_equal_data_gives_equal_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        files.write_json(tmp_path / name, {"x": [1.5, "y"]})
    assert files.sha256_file(tmp_path / "a") == files.sha256_file(tmp_path / "b")


def test_refuses_nan(tmp_path: Path) -> None:
    with pytest.raises(ValueError):
        files.write_json(tmp_path / "a.json", {"loss": math.nan})
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_write_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "model.pth"
    files.write_bytes(path, b"old")

    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(files.os, "replace", fail)
    with pytest.raises(KeyboardInterrupt):
        files.write_bytes(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_what_a_kill_left_is_taken_away_by_the_next_write(tmp_path: Path) -> None:
    for name in (".a[1].json.x7.tmp", ".a1.json.x7.tmp"):
        (tmp_path / name).write_text("half")
    files.write_text(tmp_path / "a[1].json", "whole")
    assert {path.name for path in tmp_path.iterdir()} == {"a[1].json", ".a1.json.x7.tmp"}


def test_a_written_file_has_ordinary_permissions(tmp_path: Path) -> None:
    ordinary = tmp_path / "ordinary"
    ordinary.write_text("")
    files.write_text(tmp_path / "ours", "")
    assert (tmp_path / "ours").stat().st_mode == ordinary.stat().st_mode


def test_digests_are_the_published_ones(tmp_path: Path) -> None:
    (tmp_path / "abc").write_bytes(b"abc")
    assert files.sha1_file(tmp_path / "abc") == "a9993e364706816aba3e25717850c26c9cd0d89d"
    assert files.sha256_file(tmp_path / "abc").startswith("ba7816bf8f01cfea")


def make_pipe(path: Path) -> None:
    os.mkfifo(path)


def make_sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(files.MAX_BYTES + 1)


@pytest.mark.parametrize(
    ("make", "found"),
    [
        (lambda path: None, "no such file"),
        (lambda path: path.mkdir(), "found a folder"),
        (make_pipe, "found a pipe"),
        (lambda path: path.symlink_to("/dev/zero"), "found a device"),
        (lambda path: path.symlink_to(path.name), "found what cannot be read (Too many levels of"),
        (lambda path: path.symlink_to("nowhere"), "no such file"),
        (make_sparse, "found 1,073,741,825 bytes, and more than"),
        (
            lambda path: path.write_bytes(b""),
            "found what is not valid JSON (Expecting value: line 1",
        ),
        (lambda path: path.write_bytes(b'{"a": "\xff"}'), "found no UTF-8 text (byte 7 is 0xff)"),
        (
            lambda path: path.write_text('{"a":\n x}'),
            "found what is not valid JSON (Expecting value: line 2",
        ),
        (lambda path: path.write_text("[" * 3000 + "]" * 3000), "found values nested too deep"),
        (lambda path: path.write_text('{"a": 1, "a": 2}'), "found the key 'a' twice in one object"),
        (lambda path: path.write_text('{"a": NaN}'), "found NaN, which is no JSON"),
        (lambda path: path.write_text("[1]"), "found [1], which is no JSON object"),
    ],
)
def test_a_file_that_is_none_is_named_with_what_was_found(
    tmp_path: Path, make: Callable[[Path], object], found: str
) -> None:
    path = tmp_path / "result.json"
    make(path)
    with pytest.raises(files.DamagedFile) as refusal:
        files.read_object(path)
    assert str(refusal.value).startswith(f"result file {path}: {found}")
    assert str(refusal.value).endswith(f". {files.REMAKE}")


def test_a_byte_order_mark_is_no_part_of_a_text(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"a": 1}', encoding="utf-8-sig")
    assert files.read_object(tmp_path / "a.json") == {"a": 1}


def test_half_a_character_comes_back_as_it_was(tmp_path: Path) -> None:
    files.write_json(tmp_path / "a.json", {"file": "\udc80"})
    assert files.read_json(tmp_path / "a.json") == {"file": "\udc80"}


@pytest.mark.parametrize("error", [KeyError("a"), TypeError("no"), AttributeError(), IndexError()])
def test_whatever_a_parser_raises_becomes_a_message(error: Exception) -> None:
    expected = pytest.raises(files.DamagedFile, match=r"^row x: found .*\. Mend it\.")
    with expected, files.reading("row", "x", "Mend it."):
        raise error


@pytest.mark.parametrize("error", [KeyboardInterrupt(), MemoryError(), UserError("clear")])
def test_what_is_not_the_files_fault_passes(error: BaseException) -> None:
    with pytest.raises(type(error)) as passed, files.reading("row", "x"):
        raise error
    assert passed.value is error


@pytest.mark.parametrize("place", [0, 5, -1, -64, -65])
def test_a_seal_shows_each_changed_byte(place: int) -> None:
    sealed = bytearray(files.seal(b"hours of work"))
    assert files.unseal(bytes(sealed)) == b"hours of work"
    sealed[place] ^= 1
    with pytest.raises(ValueError, match="cut off, or its bytes have changed"):
        files.unseal(bytes(sealed))


@pytest.mark.parametrize("length", [0, 10, 64, 70])
def test_a_seal_shows_what_was_cut_off(length: int) -> None:
    with pytest.raises(ValueError, match="cut off"):
        files.unseal(files.seal(b"hours of work")[:length])


READERS = re.compile(
    r"\.read_text\(|\.read_bytes\(|(?<![\w.])(?<!def )open\(|torch\.load\((?!io\.)|"
    r"ZipFile\((?!io\.|buffer)"
)
ELSEWHERE = {"files.py", "sources.py", "expert/expert.py"}
"""The helper itself; our own modules as text; what an expert is, where it is confined."""


def find_reads(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if READERS.search(line)]


def test_no_module_reads_a_file_by_itself() -> None:
    package = Path(files.__file__).parent
    found = {
        str(path.relative_to(package)): reads
        for path in sorted(package.rglob("*.py"))
        if (reads := find_reads(path.read_text())) and path.name != "__init__.py"
    }
    assert found.keys() <= ELSEWHERE, found


@pytest.mark.parametrize(
    "line", ["x = path.read_text()", "with open(path) as f:", "torch.load(path)", "ZipFile(path)"]
)
def test_such_a_read_would_be_found(line: str) -> None:
    assert find_reads(line) == [line]
    assert find_reads("simulator = game.open(rom); torch.load(io.BytesIO(data))") == []
