"""Atomic writes and digests: a file is either the old one or the whole new one, never half."""

import glob
import hashlib
import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

_BLOCK_BYTES = 1 << 20


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


def write_text(path: str | Path, text: str) -> None:
    """Writes `text` as UTF-8 in one step, see `write_bytes`."""
    write_bytes(path, text.encode())


def write_json(path: str | Path, data: Any) -> None:
    """Writes `data` as readable JSON in one step; equal data gives equal bytes.

    Raises:
        ValueError: for NaN and infinities, which are not JSON.
    """
    write_text(path, json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def read_json(path: str | Path) -> Any:
    """Reads a JSON file."""
    return json.loads(Path(path).read_text(encoding="utf-8"))


def sha256_file(path: str | Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    return _digest(path, "sha256")


def sha1_file(path: str | Path) -> str:
    """The SHA-1 of a file, in hexadecimal (ROM sets are published with SHA-1)."""
    return _digest(path, "sha1")


def digest_json(value: Any, default: Callable[[Any], Any] | None = None) -> str:
    """The SHA-256 of a value's JSON, in hexadecimal; `default` as in `json.dumps`."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=default).encode()).hexdigest()


def _digest(path: str | Path, algorithm: str) -> str:
    digest = hashlib.new(algorithm)
    with open(path, "rb") as file:
        while block := file.read(_BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
