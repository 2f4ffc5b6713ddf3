"""The file of kept answers: read and added to by several processes, killed at any moment."""

import hashlib
import json
import multiprocessing
import os
import signal
import time
from pathlib import Path

import pytest

from autodagger.errors import UserError
from autodagger.expert.kept_answers import KeptAnswers, find_late_answers
from autodagger.files import DamagedFile

KEYS = [hashlib.sha256(bytes([k])).hexdigest() for k in range(40)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "vision" / "answers.jsonl"


def test_answers_stay(path: Path) -> None:
    kept = KeptAnswers(path)
    assert kept.get(KEYS[0]) is None
    assert not path.parent.exists()  # looking makes nothing
    kept.add(KEYS[0], {"model": "m"}, "é\n\ud800")
    assert kept.get(KEYS[0]) == KeptAnswers(path).get(KEYS[0]) == "é\n\ud800"
    assert json.loads(path.read_text()) == {"key": KEYS[0], "model": "m", "answer": "é\n\ud800"}


def test_what_others_add_is_seen(path: Path) -> None:
    first, second = KeptAnswers(path), KeptAnswers(path)
    for number, key in enumerate(KEYS[:4]):
        (first, second)[number % 2].add(key, {}, str(number))
        assert {first.get(key), second.get(key)} == {str(number)}


def test_the_first_answer_counts(path: Path) -> None:
    for answer in "ab":
        KeptAnswers(path).add(KEYS[0], {}, answer)
    assert KeptAnswers(path).get(KEYS[0]) == "a"


@pytest.mark.parametrize("left", [1, 20, -1])
def test_half_a_line_is_no_answer_and_gives_way(path: Path, left: int) -> None:
    KeptAnswers(path).add(KEYS[0], {}, "a")
    whole = path.read_bytes()
    path.write_bytes(whole + whole.replace(b"a", b"b")[:left])
    kept = KeptAnswers(path)
    assert (kept.get(KEYS[0]), kept.get(KEYS[1])) == ("a", None)
    kept.add(KEYS[1], {}, "c")
    assert path.read_bytes().count(b"\n") == 2
    assert [KeptAnswers(path).get(key) for key in KEYS[:3]] == ["a", "c", None]


@pytest.mark.parametrize(
    "line",
    [b"x", b"", b"[]", b"5", b'{"key": "a"}', b'{"key": 1, "answer": "b"}', b"\xff", b"[" * 9000],
)
def test_a_damaged_line_is_named(path: Path, line: bytes) -> None:
    KeptAnswers(path).add(KEYS[0], {}, "a")
    path.write_bytes(path.read_bytes() + line + b"\n")
    with pytest.raises(DamagedFile, match=r"answers\.jsonl: line 2: found .* Mend that line"):
        KeptAnswers(path).get(KEYS[1])


@pytest.mark.parametrize("kind", ["folder", "pipe"])
def test_what_is_no_file_is_refused_unread(path: Path, kind: str) -> None:
    path.parent.mkdir()
    path.mkdir() if kind == "folder" else os.mkfifo(path)
    with pytest.raises(DamagedFile, match=rf"answers\.jsonl: found a {kind}"):
        KeptAnswers(path).get(KEYS[0])


def test_a_place_that_cannot_be_written_is_named(path: Path) -> None:
    path.parent.write_text("a file where the folder should be")
    with pytest.raises(UserError, match=r"answers\.jsonl: they cannot be kept"):
        KeptAnswers(path).add(KEYS[0], {}, "a")


def add_all(path: Path, name: str, seconds: float = 0.0) -> None:
    """As the program does: claimed, looked up, and added where nobody has it."""
    kept = KeptAnswers(path)
    for key in KEYS:
        with kept.claim(key):
            if kept.get(key) is None:
                time.sleep(seconds)
                kept.add(key, {}, name)


def test_processes_that_add_at_once_agree(path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    several = [context.Process(target=add_all, args=(path, f"p{k}", 0.002)) for k in range(3)]
    for one in several:
        one.start()
    for one in several:
        one.join()
        assert one.exitcode == 0
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert sorted(line["key"] for line in lines) == sorted(KEYS)  # each once
    assert [KeptAnswers(path).get(line["key"]) for line in lines] == [a["answer"] for a in lines]


def test_a_killed_process_leaves_no_lock_and_no_half(path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=add_all, args=(path, "killed", 0.02))
    process.start()
    while not path.exists() or path.read_bytes().count(b"\n") < 5:
        time.sleep(0.001)
    assert process.pid
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    before = path.read_bytes()
    add_all(path, "later")
    after = path.read_bytes()
    assert after.startswith(before[: before.rfind(b"\n") + 1])
    assert after.count(b"\n") == len(KEYS)


def test_late_answers_are_told_once_all_are_there(path: Path) -> None:
    assert find_late_answers(path, True) == ""  # nothing was missing
    kept = KeptAnswers(path)
    for key in (KEYS[1], KEYS[0], KEYS[1]):
        kept.note_missing(key)
    assert find_late_answers(path, False) == ""
    late = find_late_answers(path, True)
    assert len(late) == 64
    kept.add(KEYS[0], {}, "a")
    assert find_late_answers(path, False) == ""
    kept.add(KEYS[1], {}, "b")
    assert find_late_answers(path, False) == find_late_answers(path, True) == late
    kept.note_missing(KEYS[2])
    assert find_late_answers(path, True) not in ("", late)
