"""Memory of the dataset, and what a checkpoint costs."""

import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

from autodagger.dagger.checkpoint import Checkpoint
from autodagger.dagger.dataset import Dataset
from autodagger.game.contract import load_game
from autodagger.rollout.episode import Behaviour, Episode, EpisodePlan, RolloutSpec
from autodagger.rollout.pool import Rollouts
from autodagger.student.networks import NetworkArgs, Student
from autodagger.student.view import View
from benchmarks.common import GAME_DIR, prepare, run_child, training_options

TRANSITIONS, CHECKPOINT_TRANSITIONS = 50_000, 5_000
MILESTONE = "RIVAL_HOUSE"
KINDS = {"all frames distinct": 1, "each frame 25 times": 25}


def measure(work: Path, tiny: bool) -> dict[str, Any]:
    """Each row in a process of its own."""
    frames = _record_frames(work, "PLAYER_NAME_SET" if tiny else MILESTONE)
    transitions = TRANSITIONS // 100 if tiny else TRANSITIONS
    checkpoint = CHECKPOINT_TRANSITIONS // 100 if tiny else CHECKPOINT_TRANSITIONS
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "frames.npy")
        np.save(path, frames)
        arguments = {"frames": str(path), "transitions": transitions, "checkpoint": checkpoint}
        rows = [
            {"kind": kind, **run_child(__name__, {**arguments, "repeats": repeats})}
            for kind, repeats in KINDS.items()
        ]
    pixels = int(np.prod(frames.shape[1:]))
    return {
        "transitions": transitions,
        "checkpoint_transitions": checkpoint,
        "frame_shape": list(frames.shape[1:]),
        "rows": rows,
        "float32_twice_megabytes_computed": round(transitions * pixels * 8 / 1e6),
    }


def _record_frames(work: Path, milestone: str) -> np.ndarray:
    task, budget = prepare(work, milestone)
    spec = RolloutSpec(task, budget.max_episode_steps, training_options().view)
    plan = EpisodePlan(0, task.load_starts()[0])
    with Rollouts(spec, 1) as rollouts:
        (episode,) = rollouts.play([plan], Behaviour(keep_obs=True))
    assert episode.obs is not None
    return episode.obs


def main(frames: str, transitions: int, checkpoint: int, repeats: int) -> dict[str, Any]:
    """Fills a dataset, lists its rows for the learner, and writes a checkpoint of a smaller one."""
    torch.set_num_threads(1)
    recorded = np.load(frames)
    student = _make_student(_get_view(recorded))
    empty = _peak_megabytes()
    dataset = _fill(recorded, transitions, repeats)
    filled = _peak_megabytes()
    dataset.samples()
    with_rows = _peak_megabytes()
    seconds, size = _write_checkpoint(_fill(recorded, checkpoint, repeats), student)
    return {
        "unique_frames": len(dataset.frames),
        "empty_process_megabytes": empty,
        "dataset_megabytes": round(filled - empty, 1),
        "with_rows_megabytes": round(with_rows - empty, 1),
        "checkpoint_seconds": round(seconds, 3),
        "checkpoint_megabytes": round(size / 1e6, 1),
    }


def _fill(recorded: np.ndarray, transitions: int, repeats: int) -> Dataset:
    """Screens of the game, made distinct by a number in the corner's pixels."""
    dataset = Dataset(_get_view(recorded))
    rng = np.random.default_rng(0)
    for first in range(0, transitions, 100):
        count = min(100, transitions - first)
        number = (first + np.arange(count)) // repeats
        obs = recorded[number % len(recorded)].copy()
        for byte in range(3):
            obs[:, 0, byte, 0] = number >> (8 * byte) & 255
        labels = rng.integers(8, size=transitions // repeats + 1)[number].tolist()
        dataset.add(
            [
                Episode(
                    EpisodePlan(0),
                    acts=labels,
                    labels=labels,
                    distinct_obs=obs,
                    obs_index=range(count),
                )
            ]
        )
    return dataset


def _get_view(recorded: np.ndarray) -> View:
    """Of frames (T, H, W, C) that were recorded; without the previous action."""
    _, height, width, channels = recorded.shape
    return View((height, width), grayscale=channels == 1, previous_action=False)


def _make_student(view: View) -> Student:
    options, actions = training_options(), load_game(GAME_DIR).actions
    return Student(NetworkArgs(options.network, options.hidden_dim, view, actions))


def _write_checkpoint(dataset: Dataset, student: Student) -> tuple[float, int]:
    with tempfile.TemporaryDirectory() as folder:
        checkpoint = Checkpoint(Path(folder, "state"), {"of": "benchmark"}, lambda _message: None)
        content = {
            "metrics": {},
            "weights": student.state_dict(),
            "rollouts": [],
            "new": dataset.take_new(),
        }
        begin = time.perf_counter()
        checkpoint.save(0, content)
        seconds = time.perf_counter() - begin
        return seconds, sum(path.stat().st_size for path in Path(folder).rglob("*.pt"))


def _peak_megabytes() -> float:
    """Of this program alone; getrusage's figure includes what the parent had before the start."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return round(int(line.split()[1]) * 1024 / 1e6, 1)
    raise RuntimeError("this measurement reads /proc/self/status, which only Linux has")
