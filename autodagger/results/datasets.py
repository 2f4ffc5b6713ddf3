"""Datasets: a training's episodes with all their frames, in Minari's format (Farama Foundation).

What is recorded is played again, as for the videos. The format is Minari 0.5's: a metadata.json and
an HDF5 file with a group an episode. h5py alone writes it, and can read it; docs/datasets.md says
what lies where.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from autodagger.errors import UserError
from autodagger.files import folder_in_one_step, write_json
from autodagger.game.env import GameEnv
from autodagger.rollout.episode import NO_LABEL, Actor, Outcome
from autodagger.rollout.replay import Replay, Replays
from autodagger.task import Task

MINARI_VERSION = "0.5.4"
"""Whose format it is; the first that can be told to leave pictures as they are (no JPEG)."""

DATA_FILE = Path("data", "main_data.hdf5")
METADATA_FILE = Path("data", "metadata.json")

# A block of the HDF5 file holds a band of the picture over many steps: what does not change on the
# screen lies within reach of gzip's 32 KiB. A whole picture does not, and takes twice the space.
_BLOCK_STEPS, _BLOCK_ROWS = 32, 16
_COMPRESSION = {"compression": "gzip", "compression_opts": 9}
_ENDS = (Outcome.REACHED, Outcome.LOST)
_MILLION = 1e6


def save_datasets(task: Task, kinds: Mapping[str, Replays], folder: Path) -> dict[str, int]:
    """Plays episodes again and writes them with their frames: a dataset a kind.

    Args:
        task: The milestone; nobody is asked.
        kinds: The episodes by the dataset's name; a kind without a step has no dataset.
        folder: Appears with all of them, in one step, in the place of an earlier one.

    Returns:
        The steps of each dataset.

    Raises:
        UserError: An episode went another way than it did when it was recorded.
    """
    states = {start.name: start.data for start in task.load_starts()}
    env = GameEnv(task.game_dir, task.rom, task.milestone)
    steps = {}
    try:
        with folder_in_one_step(folder) as unfinished:
            for name, replays in kinds.items():
                played = [one for one in replays.episodes if one.acts]  # Minari knows no empty one
                if played:
                    path = unfinished / f"{name}-v0"
                    _write_episodes(path / DATA_FILE, env, played, states)
                    _write_metadata(path, env, f"{replays.milestone_id}/{path.name}", played)
                    steps[path.name] = sum(len(one.acts) for one in played)
    finally:
        env.close()
    return steps


def _write_episodes(
    path: Path, env: GameEnv, replays: Sequence[Replay], states: Mapping[str, bytes | None]
) -> None:
    path.parent.mkdir(parents=True)
    with h5py.File(path, "w") as file:
        for number, replay in enumerate(replays):
            group = file.create_group(f"episode_{number}")
            group.attrs.update(
                id=number,
                total_steps=len(replay.acts),
                seed=replay.seed,
                start_state=replay.start_state,
                outcome=replay.outcome,
                group=replay.group,
                iteration=replay.iteration,
                episode=replay.episode,
            )
            _write_frames(group, env, replay, states[replay.start_state])
            _write_choices(group, replay)


def _write_frames(group: h5py.Group, env: GameEnv, replay: Replay, state: bytes | None) -> None:
    """What the game gave: T + 1 screens, T rewards and ends."""
    steps, (height, *rest) = len(replay.acts), env.simulator.screen_shape
    block = (min(_BLOCK_STEPS, steps + 1), min(_BLOCK_ROWS, height), *rest)
    frames = group.create_dataset(
        "observations", (steps + 1, height, *rest), np.uint8, chunks=block, **_COMPRESSION
    )
    rewards, ends = np.zeros(steps + 1), np.zeros(steps + 1, bool)  # of the reset, too: none
    played, done = _play(env, replay, state), 0
    while part := list(islice(played, _BLOCK_STEPS)):
        now = slice(done, done + len(part))
        screens, rewards[now], ends[now] = zip(*part, strict=True)
        frames[now] = np.stack(screens)
        done += len(part)
    group["rewards"] = rewards[1:]
    group["terminations"] = ends[1:]
    group["truncations"] = np.arange(1, steps + 1) == (0 if ends[-1] else steps)


def _play(
    env: GameEnv, replay: Replay, state: bytes | None
) -> Iterator[tuple[np.ndarray, float, bool]]:
    """Screen, (H, W, 3) uint8, reward and whether it ended: after the reset and after each step."""
    screen, _ = env.reset(seed=replay.seed, options={"state": state})
    yield screen.copy(), 0.0, False
    frames = 0
    for act in replay.acts:
        screen, reward, terminated, _, info = env.step(act)
        frames += info["frames"]
        yield screen.copy(), reward, terminated
    is_end_right = replay.outcome == Outcome.ERROR or terminated == (replay.outcome in _ENDS)
    if frames != replay.frames or not is_end_right:
        raise UserError(
            f"dataset: {replay.group} {replay.episode} of iteration {replay.iteration} was "
            f"{replay.outcome} after {replay.frames} frames, and played again, after {frames}, has "
            f"{'ended' if terminated else 'not ended'}. "
            "Expected a game that goes the same way from equal states, seeds and actions: let the "
            "adapter save and load all that decides, or do without datasets (save_dataset: false)."
        )


def _write_choices(group: h5py.Group, replay: Replay) -> None:
    """T actions; and, as Minari has it for what belongs to observations, T + 1 of the others."""
    group["actions"] = np.array(replay.acts, np.int64)
    group["infos/expert_action"] = np.array([*replay.labels, NO_LABEL], np.int64)
    group["infos/actor"] = np.array([*replay.actors, -1], np.int8)


def _write_metadata(path: Path, env: GameEnv, name: str, replays: Sequence[Replay]) -> None:
    write_json(
        path / METADATA_FILE,
        {
            "dataset_id": name,
            "minari_version": MINARI_VERSION,
            "data_format": "hdf5",
            "jpeg_encoding": False,
            "total_episodes": len(replays),
            "total_steps": sum(len(one.acts) for one in replays),
            "dataset_size": round((path / DATA_FILE).stat().st_size / _MILLION, 1),  # in MB
            "observation_space": json.dumps(_describe_screen(env)),
            "action_space": json.dumps(_describe_actions(env)),
            "algorithm_name": "DAgger",
            "actions": list(env.game.actions),
            "actors": {actor.name.lower(): actor.value for actor in Actor},
        },
    )


def _describe_screen(env: GameEnv) -> dict[str, Any]:
    """As Minari writes a Box: with a bound for each number."""
    shape = env.simulator.screen_shape
    low, high = (np.full(shape, value).tolist() for value in (0, 255))
    return {"type": "Box", "dtype": "uint8", "shape": list(shape), "low": low, "high": high}


def _describe_actions(env: GameEnv) -> dict[str, Any]:
    return {"type": "Discrete", "dtype": "int64", "start": 0, "n": len(env.game.actions)}
