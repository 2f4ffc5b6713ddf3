"""A file of a vision model's answers, which several processes read and add to at once.

One JSON object a line, {key, model, type, prompt, answer}; a line is an answer for good. Whoever
asks holds the question's lock, a byte far behind the file's end (POSIX record locks may lie there):
of those who ask the same, one asks the model, and the others find what it said.
"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from autodagger.errors import UserError, show
from autodagger.files import DamagedFile, check_readable, digest_json, exists, read_text, reading

_WHAT = "kept answers of the vision model"
_ADVICE = (
    "Mend that line, or take it away: its question is then asked once more, and what depends on "
    "the answer may come out otherwise."
)
_APPEND = 1 << 62  # where the lock of whoever writes lies; those of questions lie before it
_KEY_DIGITS = 15  # of a key in hexadecimal, which make a place below 1 << 60


class KeptAnswers:
    """The answers in a file, by the keys of their questions.

    A kill while a line was written leaves a part of it at the end, which nobody has used: it is no
    answer, and the next one takes its place.

    Args:
        path: The file, whether it is there or not.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._answers: dict[str, str] = {}
        self._file: IO[bytes] | None = None
        self._read_bytes = self._lines = 0

    def get(self, key: str) -> str | None:
        """The answer with this key, if anybody has it.

        Raises:
            DamagedFile: The file cannot be read, or a line of it is none.
        """
        if key not in self._answers and (self._file or exists(self._path)):
            self._read_on()
        return self._answers.get(key)

    def note_missing(self, key: str) -> None:
        """Notes, for `find_late_answers`, that a question had no answer and nobody to ask."""
        with suppress(OSError):  # results that cannot be written are told elsewhere
            place = _get_note(self._path)
            place.parent.mkdir(parents=True, exist_ok=True)
            with place.open("a") as file:
                file.write(f"{key}\n")

    @contextmanager
    def claim(self, key: str) -> Iterator[None]:
        """For who asks the model: nobody else does meanwhile, in any process.

        Raises:
            UserError: The file cannot be written or locked.
        """
        with self._locked(int(key[:_KEY_DIGITS], 16)):
            yield

    def add(self, key: str, about: dict[str, Any], answer: str) -> None:
        """Keeps an answer, on the disk when this returns; `about` is for people who read the file.

        Raises:
            UserError: The file cannot be written.
        """
        line = json.dumps({"key": key, **about, "answer": answer}).encode() + b"\n"
        with self._locked(_APPEND) as file:
            self._read_on()
            descriptor = file.fileno()
            os.ftruncate(descriptor, self._read_bytes)  # what a kill has left of a line
            if os.write(descriptor, line) < len(line):
                raise OSError("the disk is full")
            os.fsync(descriptor)
            self._read_on()

    @contextmanager
    def _locked(self, place: int) -> Iterator[IO[bytes]]:
        try:
            file = self._open(for_writing=True)
            fcntl.lockf(file, fcntl.LOCK_EX, 1, place)
            try:
                yield file
            finally:
                fcntl.lockf(file, fcntl.LOCK_UN, 1, place)
        except OSError as error:
            raise UserError(
                f"{_WHAT} {self._path}: they cannot be kept ({error.strerror or error}). Expected "
                "a file that can be written and locked: look at its permissions, and at the disk."
            ) from error

    def _open(self, for_writing: bool) -> IO[bytes]:
        """The file; open all the time, since who closes one loses all locks that it has there."""
        if self._file is None or (for_writing and not self._file.writable()):
            if exists(self._path):
                check_readable(self._path, _WHAT, _ADVICE)
            if for_writing:
                self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._path.open("a+b" if for_writing else "rb", buffering=0)
        return self._file

    def _read_on(self) -> None:
        """Takes in the whole lines that are new; of equal keys the first one counts."""
        with reading(_WHAT, self._path, _ADVICE):
            file = self._open(for_writing=False)
            file.seek(self._read_bytes)
            lines = file.read().split(b"\n")[:-1]
            for line in lines:
                self._lines += 1
                key, answer = _parse(line, self._lines)
                self._answers.setdefault(key, answer)
                self._read_bytes += len(line) + 1


def find_late_answers(path: Path, can_ask: bool) -> str:
    """Tells jobs that failed for want of answers from what they would be now.

    Args:
        path: Of the kept answers.
        can_ask: Whether there is a model that answers.

    Returns:
        A digest of the questions that once had no answer, if all have one by now, or can get one;
        else, and where there were none, "".

    Raises:
        DamagedFile: The answers cannot be read.
    """
    try:
        missing = sorted({*read_text(_get_note(path)).split()})
    except DamagedFile:
        return ""
    kept = KeptAnswers(path)
    is_known = can_ask or all(kept.get(key) is not None for key in missing)
    return digest_json(missing) if missing and is_known else ""


def _get_note(path: Path) -> Path:
    return path.with_name("unanswered.txt")


def _parse(line: bytes, number: int) -> tuple[str, str]:
    try:
        record = json.loads(line)
        key, answer = record["key"], record["answer"]
    except (ValueError, KeyError, TypeError, RecursionError):
        key = answer = None
    if not isinstance(key, str) or not isinstance(answer, str):
        found = show(line[:100].decode(errors="replace"))
        raise ValueError(f"line {number}: found {found}, which is no answer with its key")
    return key, answer
