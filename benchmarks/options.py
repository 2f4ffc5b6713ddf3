"""What beta schedules, noise and the previous action do to students, over several seeds."""

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.common import cpu_seconds, prepare, run_child, train, training_options
from benchmarks.policies import evaluate

MILESTONES = ("RIVAL_MET", "EXIT_RIVAL_HOUSE", "GYM_TRAINER_DEFEATED")
SEEDS = 3
EPISODES = 50
VARIANTS: dict[str, dict[str, Any]] = {
    "as shipped": {},
    "beta_schedule: linear": {"beta_schedule": "linear"},
    "beta_schedule: exponential": {"beta_schedule": "exponential"},
    "dart_noise: 0.1": {"dart_noise": 0.1},
    "dart_noise: 0.3": {"dart_noise": 0.3},
    "previous_action: true": {"previous_action": True},
}


def measure(work: Path, tiny: bool) -> dict[str, Any]:
    """A row for each milestone and variant; ten minutes or more, so no part of `make bench`."""
    rows = []
    for milestone in ("PLAYER_NAME_SET",) if tiny else MILESTONES:
        prepare(work, milestone)
        for name, changes in list(VARIANTS.items())[: 1 if tiny else None]:
            choice = {"work": str(work), "milestone": milestone, **changes}
            runs = [
                run_child(__name__, {**choice, "seed": seed})
                for seed in range(1 if tiny else SEEDS)
            ]
            rows.append({"milestone": milestone, "variant": name, **_summarize(runs)})
    return {"seeds": 1 if tiny else SEEDS, "episodes": EPISODES, "rows": rows}


def main(work: str, milestone: str, seed: int, **changes: Any) -> dict[str, Any]:
    """One training and its evaluation, for `run_child`."""
    task, budget = prepare(Path(work), milestone)
    folder = Path(work) / "options"
    begin, cpu = time.perf_counter(), cpu_seconds()
    options = replace(training_options(), **changes)
    report = train(replace(task, seed=seed), options, budget, folder)
    wall, cpu = time.perf_counter() - begin, cpu_seconds() - cpu
    torch.set_num_threads(1)
    return {
        "success_rate": evaluate(task, budget, folder / "best.pth", EPISODES),
        "first_success_rate": report["iterations"][0]["success_rate"],
        "iterations": len(report["iterations"]),
        "expert_queries": report["expert_queries"],
        "seconds": round(wall, 1),
        "learner_cpu_seconds": round(cpu, 1),
    }


def _summarize(runs: list[dict[str, Any]]) -> dict[str, Any]:
    def mean(key: str) -> float:
        return round(float(np.mean([run[key] for run in runs])), 3)

    return {
        "success_rates": [run["success_rate"] for run in runs],
        "success_rate": mean("success_rate"),
        "first_success_rate": mean("first_success_rate"),
        "iterations": mean("iterations"),
        "expert_queries": round(mean("expert_queries")),
        "learner_cpu_seconds": mean("learner_cpu_seconds"),
    }
