"""What beta schedules, noise and the previous action do to students, over several seeds."""

from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.common import prepare, run_child

MILESTONES = ("RIVAL_MET", "EXIT_RIVAL_HOUSE", "GYM_TRAINER_DEFEATED")
SEEDS = 3
VARIANTS: dict[str, dict[str, Any]] = {
    "as shipped": {},
    "beta_schedule: linear": {"beta_schedule": "linear"},
    "beta_schedule: exponential": {"beta_schedule": "exponential"},
    "dart_noise: 0.1": {"dart_noise": 0.1},
    "dart_noise: 0.3": {"dart_noise": 0.3},
    "previous_action: true": {"previous_action": True},
}


def measure(work: Path, tiny: bool) -> dict[str, Any]:
    """A row for each milestone and variant; a quarter of an hour, so no part of `make bench`."""
    rows = []
    for milestone in ("PLAYER_NAME_SET",) if tiny else MILESTONES:
        prepare(work, milestone)
        for name, changes in list(VARIANTS.items())[: 1 if tiny else None]:
            choice = {"work": str(work), "milestone": milestone, **changes}
            runs = [
                run_child("benchmarks.networks", {**choice, "seed": seed})
                for seed in range(1 if tiny else SEEDS)
            ]
            rows.append({"milestone": milestone, "variant": name, **_summarize(runs)})
    return {"seeds": 1 if tiny else SEEDS, "rows": rows}


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
