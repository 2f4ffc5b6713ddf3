"""Tiny trainings on the letter grid. As a program (`python -m tests.grid.training FOLDER OPTIONS`)
it trains in a process of its own, which a test can kill."""

import json
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

from autodagger.dagger.options import TrainingOptions
from autodagger.dagger.training import train_student
from autodagger.task import Budget, Machine, Task
from tests.grid import make_task, take

OPTIONS: dict[str, Any] = {
    "dagger_iterations": 4,
    "episodes_per_iter": 4,
    "train_steps_per_iter": 25,
    "batch_size": 16,
    "learning_rate": 1e-3,
    "hidden_dim": 16,
    "frame_size": [40, 60],
    "grayscale": True,
    "network": "small",
    "previous_action": True,
    "beta_schedule": "linear",
    "early_stop": False,
    "dart_noise": 0.1,
}
"""Every source of randomness at work, and no early end."""

FILES = {
    "best": "dagger_CURSOR_best.pth",
    "final": "dagger_CURSOR_final.pth",
    "training": "training.json",
    "demonstrations": "demonstrations.json",
    "trajectories": "trajectories.json",
}


def train(folder: Path, world: Path, options: dict[str, Any] | None = None, **changes: Any) -> Any:
    """Trains into `folder` from `world`'s CURSOR.py and states.zip; returns training.json.

    `changes` are of the task, the budget, the machine, or arguments of `train_student`.
    """
    values: dict[str, Any] = {
        "starts": world / "states.zip",
        "max_episode_steps": 10,
        "expert_success_rate": 1.0,
        "cuda": False,
        "num_envs": 2,
        "checkpoint_dir": folder / "checkpoint",
        "outputs": {key: folder / "models" / name for key, name in FILES.items()},
        "progress": lambda line: None,
        **changes,
    }
    budget, machine = take(Budget, values), take(Machine, values)
    task_values = {"expert": world / "CURSOR.py"} | {
        one.name: values.pop(one.name) for one in fields(Task) if one.name in values
    }
    settings = TrainingOptions(**(OPTIONS | (options or {})))
    return train_student(make_task(**task_values), settings, budget, machine, **values)


def read_models(folder: Path) -> dict[str, bytes]:
    """The bytes of everything that a training writes."""
    return {key: (folder / "models" / name).read_bytes() for key, name in FILES.items()}


if __name__ == "__main__":
    folder, world, options = Path(sys.argv[1]), Path(sys.argv[2]), json.loads(sys.argv[3])
    train(folder, world, options, progress=lambda line: print(line, flush=True))
