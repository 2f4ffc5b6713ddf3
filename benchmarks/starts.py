"""Success on start states that training never saw, by how many it saw, and by noise."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from autodagger.files import sha1_file
from autodagger.game.starts import save_start_states
from autodagger.task import Task
from benchmarks.common import prepare, run_child, train, training_options
from benchmarks.policies import evaluate

MILESTONES = ("RIVAL_MET", "EXIT_RIVAL_HOUSE", "GYM_TRAINER_DEFEATED")
STARTS = (10, 25, 50, 100)
NOISE = (0.0, 0.2)
SEEDS = 3
EPISODES = 100


def measure(work: Path, tiny: bool) -> dict[str, Any]:
    """A row for each milestone, number of starts and noise; some ten minutes."""
    rows = []
    for milestone in ("PLAYER_NAME_SET",) if tiny else MILESTONES:
        prepare(work / "starts", milestone, recorded=max(STARTS), tested=EPISODES)
        for starts in STARTS[: 1 if tiny else None]:
            for noise in NOISE:
                choice = {"work": str(work / "starts"), "milestone": milestone}
                choice |= {"starts": starts, "noise": noise}
                seeds = range(1 if tiny else SEEDS)
                runs = [run_child(__name__, {**choice, "seed": seed}) for seed in seeds]
                rows.append({"milestone": milestone, **_summarize(starts, noise, runs)})
    return {"seeds": 1 if tiny else SEEDS, "episodes": EPISODES, "rows": rows}


def main(work: str, milestone: str, starts: int, noise: float, seed: int) -> dict[str, Any]:
    """One training and its test, for `run_child`."""
    task, budget = prepare(Path(work), milestone)
    folder = Path(work) / "student"
    options = replace(training_options(), dart_noise=noise)
    report = train(_limit(task, starts, folder, seed), options, budget, folder)
    return {
        "success_rate": evaluate(task, budget, folder / "best.pth", EPISODES),
        "iterations": len(report["iterations"]),
        "expert_queries": report["expert_queries"],
    }


def _limit(task: Task, starts: int, folder: Path, seed: int) -> Task:
    """The task with the first of its start states alone."""
    path = folder / "some_states.zip"
    save_start_states(path, task.load_starts()[:starts], sha1_file(task.rom))
    return replace(task, starts=path, seed=seed)


def _summarize(starts: int, noise: float, runs: list[dict[str, Any]]) -> dict[str, Any]:
    rates = [run["success_rate"] for run in runs]
    return {
        "starts": starts,
        "noise": noise,
        "success_rate": round(float(np.mean(rates)), 3),
        "success_rates": rates,
        "iterations": round(float(np.mean([run["iterations"] for run in runs])), 1),
        "expert_queries": round(float(np.mean([run["expert_queries"] for run in runs]))),
    }
