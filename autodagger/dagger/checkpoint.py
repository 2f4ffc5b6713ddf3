"""Training state on disk: one file an iteration, tied to everything its labels depend on."""

import io
import shutil
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from autodagger.dagger.options import TrainingOptions
from autodagger.files import (
    DamagedFile,
    digest_json,
    exists,
    read_bytes,
    read_object,
    reading,
    seal,
    sha256_file,
    unseal,
    write_bytes,
    write_json,
)
from autodagger.sources import list_game_sources, list_sources
from autodagger.task import PROGRESS_NOTE, Budget, Progress, Task

_META = "checkpoint.json"
_MAX_BYTES = 64 << 30  # an iteration's frames, in colour and in full size
_QUICKEST = 1  # of zlib's levels; frames of a game shrink to a tenth, weights hardly


def fingerprint(task: Task, options: TrainingOptions, budget: Budget) -> dict[str, str]:
    """Digests of what a student depends on, by name: equal ones train equal students."""
    adapter = task.game_dir / "adapter.py"
    program = [*list_sources("dagger.training"), *list_game_sources(adapter)]
    return {
        "expert": sha256_file(task.expert),
        "tools": digest_json([sha256_file(tool) for tool in task.tools]),
        "rom": sha256_file(task.rom) if task.rom else task.load_game().identify(None),
        "adapter": sha256_file(adapter),
        "start_states": sha256_file(task.starts) if task.starts else "power-on",
        "milestone": digest_json(task.milestone.to_params()),
        "options": digest_json([asdict(options), asdict(budget), task.seed]),
        "program": digest_json([sha256_file(source) for source in program]),
        "vision_model": task.vision_model or "none",
        "torch": str(torch.__version__),
    }


class Checkpoint:
    """A training's folder of finished iterations.

    An iteration's file is written in one step after the iteration; a kill at any moment loses at
    most the iteration that was running, and since every random choice derives from the iteration's
    number, playing it again gives the same. Kept after the end, it lets the same training go on to
    a higher number of iterations.

    Args:
        folder: The training's own folder.
        depends_on: See `fingerprint`; a folder with another one is emptied, and `progress` told.
    """

    def __init__(self, folder: Path, depends_on: Mapping[str, str], progress: Progress) -> None:
        self._folder, self._progress = Path(folder), progress
        meta = self._folder / _META
        if exists(meta):
            try:
                old = read_object(meta, "origin", "What it belongs to cannot be told")
                changed = [name for name in depends_on if old.get(name) != depends_on[name]]
                if not changed:
                    return
                why = f"changed since: {', '.join(changed)}"
            except DamagedFile as error:
                why = str(error)
            progress(f"checkpoint not used: {why}; starting afresh")
        shutil.rmtree(self._folder, ignore_errors=True)
        write_json(meta, dict(depends_on))

    def load(self, most: int | None = None) -> Iterator[dict[str, Any]]:
        """What `save` was given, iteration after iteration, up to the first missing or damaged.

        Args:
            most: No more of them are wanted.
        """
        number = 0
        while number != most and exists(path := self._path(number)):
            try:
                saved = _read_iteration(path)
            except DamagedFile as error:
                self._progress(f"{error} {number + 1} again")
                break
            yield saved
            number += 1
        if number:
            self._progress(f"continuing after iteration {number} from {self._folder}")

    def save(self, number: int, content: Mapping[str, Any]) -> None:
        """Keeps a finished iteration: builtins and tensors; `new` holds arrays."""
        new = {name: torch.from_numpy(array) for name, array in content["new"].items()}
        buffer = io.BytesIO()
        torch.save({**content, "new": new}, buffer)
        write_bytes(self._path(number), seal(zlib.compress(buffer.getbuffer(), _QUICKEST)))

    def tell(self, done: int, iterations: int, success_rate: float) -> None:
        """Leaves a note for `make status`."""
        note = {"iteration": done, "iterations": iterations, "success_rate": success_rate}
        write_json(self._folder / PROGRESS_NOTE, note)

    def finish(self, keep: bool = False) -> None:
        """The training has completed: deletes the folder, or keeps it for more iterations."""
        if keep:
            (self._folder / PROGRESS_NOTE).unlink(missing_ok=True)
        else:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _path(self, number: int) -> Path:
        return self._folder / f"iteration_{number:03}.pt"


def _read_iteration(path: Path) -> dict[str, Any]:
    what, advice = "checkpoint", "Nothing to do: the training goes on without it, from iteration"
    data = read_bytes(path, what, advice, _MAX_BYTES)
    with reading(what, path, advice):
        content = zlib.decompress(unseal(data))
        saved: dict[str, Any] = torch.load(io.BytesIO(content), weights_only=True)
        saved["new"] = {name: tensor.numpy() for name, tensor in saved["new"].items()}
        return saved
