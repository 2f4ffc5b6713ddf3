"""What the measurements share: the game, start states, work done in other processes, medians."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import torch
import yaml

from autodagger.dagger.options import TrainingOptions
from autodagger.dagger.training import train_student
from autodagger.evaluation.expert import evaluate_expert
from autodagger.files import read_json, write_json
from autodagger.game.contract import load_game
from autodagger.game.milestone import Milestone, load_milestones
from autodagger.student.device import prefers_bfloat16
from autodagger.task import Budget, Machine, Task

ROOT = Path(__file__).parents[1]
GAME_DIR = ROOT / "games" / "mossbrook"
RESULTS = ROOT / "benchmarks" / "results"


def training_options() -> TrainingOptions:
    """The training options of the shipped config.yaml."""
    config = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
    return TrainingOptions(**{one.name: config[one.name] for one in fields(TrainingOptions)})


def prepare(
    work: Path, milestone_id: str, episodes: int = 10, *, recorded: int = 50, tested: int = 50
) -> tuple[Task, Budget]:
    """Plays the experts up to a milestone, once a folder `work`, so that it has start states.

    The numbers are those of the shipped config.yaml, see `evaluate_expert`.
    """
    milestones = load_milestones(GAME_DIR / "milestone_config.json")
    wanted = next(m for m in milestones if m.id == milestone_id)
    for milestone in milestones[: wanted.index + 1]:
        task = _make_task(work, milestone)
        report = _evaluate_once(work / milestone.id, task, (episodes, recorded, tested))
    steps = int(report["mean_steps"] * 2)  # step_multiplier's default
    return task, Budget(steps, report["success_rate"])


def _make_task(work: Path, milestone: Milestone) -> Task:
    """A milestone that starts where the expert before it, evaluated in `work`, has ended."""
    before = milestone.predecessor
    return Task(
        game_dir=GAME_DIR,
        rom=GAME_DIR / load_game(GAME_DIR).rom,
        milestone=milestone,
        expert=GAME_DIR / "experts" / f"{milestone.id}.py",
        tools=tuple(sorted((GAME_DIR / "tools").glob("*.py"))),
        starts=work / before / "states.zip" if before else None,
        test_starts=work / before / "test_states.zip" if before else None,
        seed=0,
    )


def _evaluate_once(folder: Path, task: Task, counts: tuple[int, int, int]) -> dict[str, Any]:
    episodes, recorded, tested = counts
    report = folder / "report.json"
    if not report.is_file():
        names = ("report.json", "trajectories.json", "states.zip", "test_states.zip")
        evaluate_expert(
            task,
            Machine(num_envs=2),
            episodes=episodes,
            recorded=recorded,
            tested=tested,
            outputs={Path(name).stem: folder / name for name in names},
            progress=lambda _message: None,
        )
    return dict(read_json(report))


def train(
    task: Task, options: TrainingOptions, budget: Budget, folder: Path, threads: int = 1
) -> dict[str, Any]:
    """Trains as the pipeline does, from nothing, to `folder`/best.pth; returns the report."""
    names = {"best": "pth", "final": "pth"}
    names |= dict.fromkeys(("training", "demonstrations", "trajectories"), "json")
    return train_student(
        task,
        options,
        budget,
        Machine(num_envs=4, threads=threads, cuda=False),
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
