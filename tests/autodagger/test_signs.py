"""Who lives, told by files: on this host by process ids, on others by when a sign was touched."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from autodagger import signs
from autodagger.signs import Sign, get_host, is_sign_alive

ROOT = Path(__file__).parents[2]
HERE, ELSEWHERE = get_host(), "n7/4026531836"
NOBODY = 999_999_999


def write(path: Path, process: int, host: str = HERE, silent: float = 0, outcome: str = "") -> Path:
    Sign(process, host, "run", outcome).write(path)
    seen = time.time() - silent
    os.utime(path, (seen, seen))
    return path


def test_a_sign_is_read_as_it_was_written(tmp_path: Path) -> None:
    sign = Sign(7, ELSEWHERE, "abc", "failed")
    sign.write(tmp_path / "sign")
    assert Sign.read(tmp_path / "sign") == sign


@pytest.mark.parametrize("text", ["", "x", "-1", "1" * 13, "7 a b c d", "７ a", "\0", "7.5 a b"])
def test_whatever_is_no_sign_says_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "sign").write_text(text)
    assert Sign.read(tmp_path / "sign") is None
    assert not is_sign_alive(tmp_path / "sign")


def test_a_file_that_is_missing_or_no_text_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "sign").write_bytes(b"\xff")
    assert Sign.read(tmp_path / "sign") is None
    assert Sign.read(tmp_path / "none") is None
    assert Sign.read(tmp_path) is None


@pytest.mark.parametrize(
    ("process", "host", "silent", "alive"),
    [
        (os.getpid(), HERE, 0, True),
        (NOBODY, HERE, 0, False),
        (os.getpid(), HERE, signs.SILENT_SECONDS + 1, False),  # the id is another's by now
        (NOBODY, ELSEWHERE, 0, True),  # what an id means there is not known here
        (NOBODY, ELSEWHERE, signs.SILENT_SECONDS - 5, True),
        (os.getpid(), ELSEWHERE, signs.SILENT_SECONDS + 1, False),
        (NOBODY, ELSEWHERE, -30, True),  # a clock that is ahead
    ],
)
def test_who_lives(tmp_path: Path, process: int, host: str, silent: float, alive: bool) -> None:
    assert is_sign_alive(write(tmp_path / "sign", process, host, silent)) is alive


def test_who_says_how_it_ended_has_ended(tmp_path: Path) -> None:
    assert not is_sign_alive(write(tmp_path / "sign", os.getpid(), outcome="failed"))


def test_a_touched_sign_stays_young(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signs, "BEAT_SECONDS", 0.05)
    sign = write(tmp_path / "sign", NOBODY, ELSEWHERE, signs.SILENT_SECONDS + 1)
    stopped = signs.keep_touching(sign)
    wait_for(lambda: is_sign_alive(sign))
    stopped.set()
    write(sign, NOBODY, ELSEWHERE, signs.SILENT_SECONDS + 1)
    time.sleep(0.3)
    assert not is_sign_alive(sign)


def test_touching_makes_no_sign_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signs, "BEAT_SECONDS", 0.05)
    stopped = signs.keep_touching(tmp_path / "gone")
    time.sleep(0.3)
    stopped.set()
    assert not (tmp_path / "gone").exists()


LISTENER = """
import sys, time
from pathlib import Path
from autodagger import signs
signs.BEAT_SECONDS = 0.1
signs.end_when_silent(Path(sys.argv[1]))
print("listening", flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("end", [Path.unlink, lambda path: write(path, NOBODY, ELSEWHERE, 1e6)])
def test_a_job_ends_when_its_run_elsewhere_falls_silent(tmp_path: Path, end) -> None:
    sign = write(tmp_path / "sign", NOBODY, ELSEWHERE)
    command = [sys.executable, "-c", LISTENER, str(sign)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as job:
        assert job.stdout is not None
        job.stdout.readline()
        time.sleep(1)
        assert job.poll() is None  # as long as the run lives
        end(sign)
        assert job.wait(timeout=20) == -9


def wait_for(is_so, seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_hosts_are_told_apart_by_their_processes_too() -> None:
    assert get_host().count("/") == 1
    assert " " not in get_host()
