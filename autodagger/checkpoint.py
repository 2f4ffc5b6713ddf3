"""Training state on disk: one file an iteration, tied to everything its labels depend on."""

import hashlib
import io
import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from autodagger.evaluation import Progress
from autodagger.files import read_json, sha256_file, write_bytes, write_json
from autodagger.sources import list_sources
from autodagger.worker import RolloutSpec

_META = "checkpoint.json"
_PROGRESS = "progress.json"


def fingerprint(
    spec: RolloutSpec,
    start_states: Path | None,
    options: Any,
    seed: int,
    expert_success_rate: float,
) -> dict[str, str]:
    """Digests of what a student depends on, by name: equal ones train equal students."""
    tools = sorted(spec.tools_dir.glob("*.py")) if spec.tools_dir else []
    return {
        "expert": sha256_file(spec.expert_path),
        "tools": _digest([sha256_file(tool) for tool in tools]),
        "rom": sha256_file(spec.rom_path),
        "adapter": sha256_file(spec.game_dir / "adapter.py"),
        "start_states": sha256_file(start_states) if start_states else "power-on",
        "milestone": _digest(spec.milestone.to_params()),
        "options": _digest([options, spec.max_steps, seed, expert_success_rate]),
        "program": _digest([sha256_file(source) for source in list_sources("dagger")]),
        "torch": str(torch.__version__),
    }


class Checkpoint:
    """A training's folder of finished iterations.

    An iteration's file is written in one step after the iteration; a kill at any moment loses at
    most the iteration that was running, and since every random choice derives from the iteration's
    number, playing it again gives the same.

    Args:
        folder: The training's own folder.
        depends_on: See `fingerprint`; a folder with another one is emptied, and `progress` told.
    """

    def __init__(self, folder: Path, depends_on: Mapping[str, str], progress: Progress) -> None:
        self._folder, self._progress = Path(folder), progress
        meta = self._folder / _META
        if meta.is_file():
            old = read_json(meta)
            changed = [name for name in depends_on if old.get(name) != depends_on[name]]
            if not changed:
                return
            progress(f"checkpoint not used: changed since: {', '.join(changed)}; starting afresh")
        shutil.rmtree(self._folder, ignore_errors=True)
        write_json(meta, dict(depends_on))

    def load(self) -> Iterator[dict[str, Any]]:
        """What `save` was given, iteration after iteration, up to the first that is missing."""
        number = 0
        while (path := self._path(number)).is_file():
            saved = torch.load(path, weights_only=True)
            saved["news"] = {name: tensor.numpy() for name, tensor in saved["news"].items()}
            yield saved
            number += 1
        if number:
            self._progress(f"continuing after iteration {number} from {self._folder}")

    def save(self, number: int, content: Mapping[str, Any]) -> None:
        """Keeps a finished iteration: builtins and tensors; `news` holds arrays."""
        news = {name: torch.from_numpy(array) for name, array in content["news"].items()}
        buffer = io.BytesIO()
        torch.save({**content, "news": news}, buffer)
        write_bytes(self._path(number), buffer.getvalue())

    def tell(self, metrics: Mapping[str, Any], iterations: int) -> None:
        """Leaves a note for `make status`."""
        note = {
            "iteration": metrics["iteration"] + 1,
            "iterations": iterations,
            "success_rate": metrics["success_rate"],
        }
        write_json(self._folder / _PROGRESS, note)

    def remove(self) -> None:
        """Deletes the folder: the training has completed."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _path(self, number: int) -> Path:
        return self._folder / f"iteration_{number:03}.pt"


def _digest(value: Any) -> str:
    def plain(item: Any) -> Any:
        if is_dataclass(item) and not isinstance(item, type):
            return asdict(item)
        if isinstance(item, np.generic):
            return item.item()
        raise TypeError(f"cannot digest {type(item).__name__}")

    return hashlib.sha256(json.dumps(value, sort_keys=True, default=plain).encode()).hexdigest()
