"""Start states: the save states from which the episodes of a milestone begin."""

import io
import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from autodagger.files import write_bytes

_MANIFEST = "manifest.json"
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
    """
    if path is None:
        return [POWER_ON]
    if Path(path).suffix != ".zip":
        return [StartState(Path(path).name, Path(path).read_bytes())]
    with zipfile.ZipFile(path) as archive:
        names = json.loads(archive.read(_MANIFEST))["states"]
        return [StartState(name, archive.read(name)) for name in names]


def save_start_states(path: Path, states: Sequence[StartState], rom_sha1: str) -> None:
    """Writes states into one small file (a save state is 388 KiB, mostly zeros), atomically.

    Equal states are written once. Equal input gives equal bytes, so that Snakemake, which compares
    small inputs by checksum, reruns nothing after an evaluation that recorded the same states.
    """
    first: dict[bytes | None, StartState] = {}
    for state in states:
        first.setdefault(state.data, state)
    unique = list(first.values())
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        manifest = {"rom_sha1": rom_sha1, "states": [state.name for state in unique]}
        _add(archive, _MANIFEST, json.dumps(manifest, indent=2).encode())
        for state in unique:
            assert state.data is not None
            _add(archive, state.name, state.data)
    write_bytes(path, buffer.getvalue())


def recorded_with(path: Path, rom_sha1: str) -> bool:
    """Whether `path` holds states of this ROM."""
    if not Path(path).is_file():
        return False
    with zipfile.ZipFile(path) as archive:
        manifest = json.loads(archive.read(_MANIFEST))
    return bool(manifest["states"]) and manifest["rom_sha1"] == rom_sha1


def _add(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(entry, data)
