"""Start states: the save states from which the episodes of a milestone begin."""

import io
import json
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autodagger.files import REMAKE, exists, read_bytes, reading, seal, unseal, write_bytes

MAX_STATE_BYTES = 64 << 20
"""Far more than any state of a game has."""

_MANIFEST = "manifest.json"
_SEAL = b"0" * 64  # in the archive's comment; `files.seal` gives it its value
_WHAT = "start states"
_EXPECTED = "Expected a save state: name or record another one, or take it out of the folder."
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the zip format's earliest date: equal states give equal bytes


@dataclass(frozen=True)
class StartState:
    """A place to start from; `data` None is power-on."""

    name: str
    data: bytes | None = field(repr=False)


POWER_ON = StartState("power-on", None)


def load_start_states(path: Path | None) -> list[StartState]:
    """Reads start states: None is power-on, a `.zip` of `save_start_states`, else one state.

    Returns:
        The states; none if the zip was written by an evaluation without success.

    Raises:
        DamagedFile: The file cannot be read, or is not as it was written.
    """
    if path is None:
        return [POWER_ON]
    if Path(path).suffix != ".zip":
        data = read_bytes(path, "save state", _EXPECTED, MAX_STATE_BYTES)
        return [StartState(Path(path).name, data)]
    with _open(path) as archive:
        names = _read_manifest(archive)["states"]
        return [StartState(name, archive.read(name)) for name in names]


def check_start_states(path: Path) -> None:
    """Refuses a zip of start states that is not as it was written; costs a look at its bytes.

    Raises:
        DamagedFile: Likewise.
    """
    with _open(path):
        pass


def save_start_states(path: Path, states: Sequence[StartState], identity: str) -> None:
    """Writes states of the game `identity` (`Game.identify`) into one small file, atomically.

    Equal states are written once. Equal input gives equal bytes, so that Snakemake, which compares
    small inputs by checksum, reruns nothing after an evaluation that recorded the same states.
    """
    first: dict[bytes | None, StartState] = {}
    for state in states:
        first.setdefault(state.data, state)
    unique = list(first.values())
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        manifest = {"rom_sha1": identity, "states": [state.name for state in unique]}
        _add(archive, _MANIFEST, json.dumps(manifest, indent=2).encode())
        for state in unique:
            assert state.data is not None
            _add(archive, state.name, state.data)
        archive.comment = _SEAL
    write_bytes(path, seal(buffer.getvalue()[: -len(_SEAL)]))


def recorded_with(path: Path, identity: str) -> bool:
    """Whether `path` holds states of this game; raises DamagedFile as `load_start_states`."""
    if not exists(path):
        return False
    with _open(path) as archive:
        manifest = _read_manifest(archive)
        return bool(manifest["states"]) and manifest["rom_sha1"] == identity


@contextmanager
def _open(path: Path) -> Iterator[zipfile.ZipFile]:
    data = read_bytes(path, _WHAT)
    with reading(_WHAT, path, REMAKE):
        unseal(data)
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            yield archive


def _read_manifest(archive: zipfile.ZipFile) -> dict[str, Any]:
    manifest: dict[str, Any] = json.loads(archive.read(_MANIFEST))
    return manifest


def _add(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(entry, data)
