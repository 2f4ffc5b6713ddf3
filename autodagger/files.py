"""Files: written in one step (the old one or the whole new one, never half), read politely.

Whatever reads a file does it through `reading`: a file that cannot be read, or is not what it
should be, is named in a sentence.
"""

import glob
import hashlib
import json
import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from autodagger.errors import UserError, show

REMAKE = "Delete that file and start the run again, which makes it anew."
"""What to do about a damaged result of ours."""

MAX_BYTES = 1 << 30
"""Largest file that is read whole; a sparse one may claim any size."""

_READABLE = "Expected a file that can be read: look at its permissions, or at the disk."
_BLOCK_BYTES = 1 << 20
_SEAL_BYTES = 64  # a SHA-256 in hexadecimal
_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


class DamagedFile(UserError):
    """A file that cannot be read, or is not what it should be."""


@contextmanager
def reading(what: str, path: str | Path, advice: str = REMAKE) -> Iterator[None]:
    """Turns whatever goes wrong while a file is read and taken apart into a message.

    Args:
        what: What the file is to the user, e.g. "milestone file".
        path: Its path.
        advice: What is expected, and what to do.

    Raises:
        DamagedFile: Names the file, what was found, and `advice`.
    """
    try:
        yield
    except (UserError, MemoryError):
        raise
    except Exception as error:  # parsers raise many kinds
        raise DamagedFile(f"{what} {path}: {_describe(error)}. {advice}") from error


def exists(path: str | Path) -> bool:
    """Whether there is anything of this name: also what cannot be read, as a link into nowhere."""
    try:
        return os.path.lexists(path)
    except (OSError, ValueError):
        return False


def is_readable(path: str | Path) -> bool:
    """Whether it is a regular file that can be opened."""
    try:
        _open(path).close()
    except (OSError, ValueError):
        return False
    return True


def check_readable(path: str | Path, what: str, advice: str) -> None:
    """Raises DamagedFile, as `read_bytes` would, without reading the file."""
    with reading(what, path, advice):
        _open(path).close()


def read_bytes(
    path: str | Path, what: str = "file", advice: str = REMAKE, limit: int = MAX_BYTES
) -> bytes:
    """The whole of a regular file.

    Raises:
        DamagedFile: It cannot be read, is no regular file, or has more than `limit` bytes.
    """
    with reading(what, path, advice), _open(path) as file:
        size = os.fstat(file.fileno()).st_size
        if size > limit:
            raise ValueError(f"found {size:,} bytes, and more than {limit:,} are not read")
        return file.read()


def read_text(path: str | Path, what: str = "file", advice: str = REMAKE) -> str:
    """A text file in UTF-8, with or without a byte order mark.

    Raises:
        DamagedFile: It cannot be read, or is in another encoding.
    """
    data = read_bytes(path, what, advice)
    with reading(what, path, advice):
        return data.decode("utf-8-sig")


def read_json(path: str | Path, what: str = "result file", advice: str = REMAKE) -> Any:
    """A JSON file.

    Raises:
        DamagedFile: It cannot be read, or is no JSON (NaN and keys that come twice are none).
    """
    text = read_text(path, what, advice)
    with reading(what, path, advice):
        return json.loads(
            text, object_pairs_hook=_refuse_duplicates, parse_constant=_refuse_constant
        )


def read_object(
    path: str | Path, what: str = "result file", advice: str = REMAKE
) -> dict[str, Any]:
    """A JSON file that holds an object; raises DamagedFile as `read_json`, and for others."""
    data = read_json(path, what, advice)
    with reading(what, path, advice):
        if not isinstance(data, dict):
            raise ValueError(f"found {show(data)}, which is no JSON object")
    return data


def load_schema(name: str) -> dict[str, Any]:
    """Reads `schemas/{name}.schema.json` of the checkout, or of the installed package.

    Raises:
        DamagedFile: This installation lacks it.
    """
    here = Path(__file__).resolve().parent
    folders = [folder for folder in (here.parent / "schemas", here / "schemas") if folder.is_dir()]
    path = Path(*folders[:1], f"{name}.schema.json")
    return read_object(path, "schema", "Expected a whole installation: install it again.")


def seal(data: bytes) -> bytes:
    """The data with their SHA-256 behind them: `unseal` finds each damage."""
    return data + hashlib.sha256(data).hexdigest().encode()


def unseal(data: bytes) -> bytes:
    """What `seal` was given.

    Raises:
        ValueError: Something has changed since.
    """
    content, found = data[:-_SEAL_BYTES], data[-_SEAL_BYTES:]
    if seal(content)[-_SEAL_BYTES:] != found:
        raise ValueError("it is cut off, or its bytes have changed since it was written")
    return content


def write_bytes(path: str | Path, data: bytes) -> None:
    """Writes `data` to `path` in one step, making the folder if needed.

    The bytes go to a temporary file in the same folder, reach the disk, and are then renamed over
    `path`; a kill at any moment leaves the old file or the new one. What it leaves of the temporary
    file is taken away by the next write.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    for left in path.parent.glob(f".{glob.escape(path.name)}.*.tmp"):
        left.unlink(missing_ok=True)
    descriptor, temporary = tempfile.mkstemp(
        dir=path.parent, prefix=f".{path.name}.", suffix=".tmp"
    )
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fchmod(file.fileno(), 0o666 & ~_umask())
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


@contextmanager
def folder_in_one_step(folder: Path) -> Iterator[Path]:
    """A folder to fill, which takes `folder`'s place at the end of the block.

    A kill leaves a hidden folder beside it, which the next call takes away; an error leaves none.
    """
    unfinished = folder.with_name(f".{folder.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    try:
        yield unfinished
        shutil.rmtree(folder, ignore_errors=True)
        unfinished.rename(folder)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise


def write_text(path: str | Path, text: str) -> None:
    """Writes `text` as UTF-8 in one step, see `write_bytes`.

    Halves of characters, which names of files can hold, are written as JSON escapes them.
    """
    write_bytes(path, text.encode(errors="backslashreplace"))


def write_json(path: str | Path, data: Any) -> None:
    """Writes `data` as readable JSON in one step; equal data gives equal bytes.

    Raises:
        ValueError: for NaN and infinities, which are not JSON.
    """
    write_text(path, json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def sha256_file(path: str | Path) -> str:
    """The SHA-256 of a file, in hexadecimal; raises DamagedFile if it cannot be read."""
    return _digest(path, "sha256")


def sha1_file(path: str | Path, what: str = "file", advice: str = _READABLE) -> str:
    """The SHA-1 of a file, in hexadecimal (ROM sets are published with SHA-1); likewise."""
    return _digest(path, "sha1", what, advice)


def digest_json(value: Any, default: Callable[[Any], Any] | None = None) -> str:
    """The SHA-256 of a value's JSON, in hexadecimal; `default` as in `json.dumps`."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=default).encode()).hexdigest()


def _digest(path: str | Path, algorithm: str, what: str = "file", advice: str = _READABLE) -> str:
    digest = hashlib.new(algorithm)
    with reading(what, path, advice), _open(path) as file:
        while block := file.read(_BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()


def _open(path: str | Path) -> IO[bytes]:
    """Opens a regular file; whatever else has that name could be waited for without end."""
    mode = os.stat(path).st_mode
    for is_kind, name in _KINDS:
        if is_kind(mode):
            raise ValueError(f"found {name}")
    return open(path, "rb")


def _describe(error: Exception) -> str:
    """What was found, from what reading it raised."""
    if isinstance(error, FileNotFoundError):
        return "no such file"
    if isinstance(error, PermissionError):
        return "found a file that may not be read"
    if isinstance(error, OSError) and error.strerror:
        return f"found what cannot be read ({error.strerror})"
    if isinstance(error, UnicodeDecodeError):
        return f"found no UTF-8 text (byte {error.start} is {error.object[error.start]:#04x})"
    if isinstance(error, UnicodeEncodeError):
        return f"found half a character ({error.object[error.start]!r})"
    if isinstance(error, json.JSONDecodeError):
        return (
            f"found what is not valid JSON ({error.msg}: line {error.lineno}, column {error.colno})"
        )
    if isinstance(error, RecursionError):
        return "found values nested too deep, or within themselves"
    if isinstance(error, KeyError):
        return f"found no {show(error.args[0] if error.args else '')} in it"
    text = next(iter(str(error).splitlines()), "")
    if text.startswith("Exceeds the limit"):  # of int()
        return "found a number with thousands of digits"
    return (
        text if type(error) is ValueError else f"found it damaged ({text or type(error).__name__})"
    )


def _refuse_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data = dict(pairs)
    if len(data) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"found the key {show(twice)} twice in one object")
    return data


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"found {name}, which is no JSON")


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
