"""What the measurements share: the game, start states, work done in other processes, medians."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import torch
import yaml

from autodagger.dagger.training import TrainingOptions, train_student
from autodagger.evaluation.expert import evaluate_expert
from autodagger.files import read_json, write_json
from autodagger.game.contract import load_game
from autodagger.game.milestone import Milestone, load_milestones
from autodagger.student.policy import prefers_bfloat16
from autodagger.game.starts import StartState, load_start_states
from autodagger.rollout.worker import RolloutSpec

ROOT = Path(__file__).parents[1]
GAME_DIR = ROOT / "games" / "mossbrook"
RESULTS = ROOT / "benchmarks" / "results"


@dataclass(frozen=True)
class Task:
    """One milestone ready to be learnt.

    Attributes:
        milestone: The goal.
        states: File of start states; None is power-on.
        max_episode_steps: The student's budget an episode, in steps.
        expert_success_rate: Of the expert's evaluation.
    """

    milestone: Milestone
    states: Path | None
    max_episode_steps: int
    expert_success_rate: float

    @property
    def start_states(self) -> list[StartState]:
        """Where episodes begin."""
        return load_start_states(self.states)

    def game(self) -> dict[str, Any]:
        """What every evaluation and training takes, as keyword arguments."""
        return {
            "game_dir": GAME_DIR,
            "rom_path": GAME_DIR / load_game(GAME_DIR).rom,
            "milestone": self.milestone.to_params(),
            "expert_path": GAME_DIR / "experts" / f"{self.milestone.id}.py",
            "tools_dir": GAME_DIR / "tools",
            "start_states": self.states,
        }

    def spec(
        self, frame_size: Sequence[int], grayscale: bool, previous_action: bool
    ) -> RolloutSpec:
        """What a worker of the rollout engine needs."""
        game = self.game()
        height, width = frame_size
        return RolloutSpec(
            GAME_DIR,
            game["rom_path"],
            self.milestone,
            game["expert_path"],
            game["tools_dir"],
            self.max_episode_steps,
            (height, width),
            grayscale,
            previous_action,
        )


def training_options() -> dict[str, Any]:
    """The training options of the shipped config.yaml."""
    config = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
    return {name: config[name] for name in TrainingOptions.__dataclass_fields__}


def prepare(work: Path, milestone_id: str, episodes: int = 10) -> Task:
    """Plays the experts up to a milestone, once a folder `work`, so that it has start states."""
    milestones = load_milestones(GAME_DIR / "milestone_config.json")
    wanted = next(m for m in milestones if m.id == milestone_id)
    task = Task(wanted, None, wanted.max_steps, 1.0)
    for milestone in milestones[: wanted.index + 1]:
        before = work / str(milestone.predecessor) / "states.zip"
        task = Task(milestone, before if milestone.predecessor else None, 0, 1.0)
        report = _evaluate_once(work / milestone.id, task, episodes)
        steps = int(report["mean_steps"] * 2)  # step_multiplier's default
        task = Task(milestone, task.states, steps, report["success_rate"])
    return task


def _evaluate_once(folder: Path, task: Task, episodes: int) -> dict[str, Any]:
    report = folder / "report.json"
    if not report.is_file():
        outputs = {
            "report": report,
            "trajectories": folder / "trajectories.json",
            "states": folder / "states.zip",
        }
        evaluate_expert(
            **task.game(),
            missing_expert=None,
            missing_start="no state",
            episodes=episodes,
            seed=0,
            num_envs=2,
            outputs=outputs,
            progress=lambda _message: None,
        )
    return dict(read_json(report))


def train(
    task: Task, options: Mapping[str, Any], folder: Path, threads: int = 1, seed: int = 0
) -> dict[str, Any]:
    """Trains as the pipeline does, from nothing, to `folder`/best.pth; returns the report."""
    names = {"best": "pth", "final": "pth", "training": "json", "trajectories": "json"}
    return train_student(
        **task.game(),
        max_episode_steps=task.max_episode_steps,
        expert_success_rate=task.expert_success_rate,
        options=options,
        seed=seed,
        cuda=False,
        threads=threads,
        num_envs=4,
        checkpoint_dir=folder / "checkpoint",
        outputs={name: folder / f"{name}.{suffix}" for name, suffix in names.items()},
        progress=lambda _message: None,
    )


def run_child(
    module: str,
    arguments: Mapping[str, Any],
    python: str = sys.executable,
    log: Path | None = None,
) -> Any:
    """Calls `main(**arguments)` of a module in a process of its own; returns what it returned.

    A process holds one emulator only, and a fresh one shows what its work alone costs. What it says
    besides goes into `log`, if one is named.
    """
    code = (
        "import importlib, json, sys; "
        f"result = importlib.import_module({module!r}).main(**json.loads(sys.argv[1])); "
        "print(json.dumps(result))"
    )
    command = [python, "-c", code, json.dumps(arguments)]
    with log.open("a") if log else nullcontext() as said:
        done = subprocess.run(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=said, text=True, check=True
        )
    return json.loads(done.stdout.splitlines()[-1])


def cpu_seconds(others: Sequence[psutil.Process] = ()) -> float:
    """CPU seconds, user and system, of this process and of `others` so far."""
    processes = [psutil.Process(), *others]
    return sum(sum(process.cpu_times()[:2]) for process in processes)


class Stopwatch:
    """Wall-clock and CPU seconds, without what happens while it is paused."""

    def __init__(self) -> None:
        self._begin = np.array([time.perf_counter(), time.process_time()])

    @property
    def seconds(self) -> float:
        """Wall-clock seconds that counted so far."""
        return time.perf_counter() - float(self._begin[0])

    @property
    def cpu_seconds(self) -> float:
        """CPU seconds of this process that counted so far."""
        return time.process_time() - float(self._begin[1])

    @contextmanager
    def paused(self) -> Any:
        """What happens within does not count."""
        seconds, cpu_seconds = self.seconds, self.cpu_seconds
        yield
        self._begin += np.array([self.seconds - seconds, self.cpu_seconds - cpu_seconds])


def alternate(ways: Mapping[str, Callable[[], Any]], rounds: int) -> dict[str, list[Any]]:
    """Runs every way once a round, in turn, so that all meet the same machine; their figures."""
    figures: dict[str, list[Any]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            figures[name].append(way())
    return figures


def describe(device: torch.device) -> str:
    """What computes, and by which of the units that matter here."""
    if device.type == "cuda":
        return str(torch.cuda.get_device_name(device))
    if torch.cpu.get_capabilities().get("amx_bf16"):
        return "CPU with AMX"
    return "CPU with AVX512-BF16" if prefers_bfloat16(device) else "CPU in float32"


def median(values: Sequence[float]) -> float:
    """The median, rounded to four significant digits."""
    return float(f"{float(np.median(values)):.4g}")


def write_result(name: str, result: Mapping[str, Any], tiny: bool, folder: Path = RESULTS) -> None:
    """Keeps a measurement, with what it was measured on; the tiny ones are marked."""
    machine = f"{psutil.cpu_count()} cores, {describe(torch.device('cpu'))}"
    write_json(folder / f"{name}.json", {"tiny": tiny, "machine": machine, **result})
