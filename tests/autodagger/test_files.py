"""Atomic writes and digests."""

import math
from pathlib import Path

import pytest

from autodagger import files


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
