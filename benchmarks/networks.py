"""Success, iterations and seconds by network and frame size, so that the default is measured."""

import time
from pathlib import Path
from typing import Any

import torch

from benchmarks.common import cpu_seconds, prepare, run_child, train, training_options
from benchmarks.policies import evaluate

MILESTONES = ("BADGE_WON", "GYM_TRAINER_DEFEATED", "NEXT_TOWN", "RIVAL_MET")
CANDIDATES = [
    (network, size, gray)
    for network in ("small", "nature", "impala")
    for size in ((80, 120), (40, 60))
    for gray in (True, False)
]
EPISODES = 50


def measure(work: Path, tiny: bool) -> dict[str, Any]:
    """A row for each candidate and milestone; hours for all of them, so no part of `make bench`."""
    milestones = ("PLAYER_NAME_SET",) if tiny else MILESTONES
    candidates = [("small", (40, 60), True)] if tiny else CANDIDATES
    rows = []
    for milestone in milestones:
        prepare(work, milestone)
        for network, size, gray in candidates:
            choice = {"network": network, "frame_size": list(size), "grayscale": gray}
            found = run_child(__name__, {"work": str(work), "milestone": milestone, **choice})
            rows.append({"milestone": milestone, **choice, **found})
    return {"episodes": EPISODES, "rows": rows}


def main(work: str, milestone: str, **choice: Any) -> dict[str, Any]:
    """One training and its evaluation, for `run_child`."""
    task = prepare(Path(work), milestone)
    folder = Path(work) / "networks"
    begin, cpu = time.perf_counter(), cpu_seconds()
    report = train(task, training_options() | choice, folder)
    wall, cpu = time.perf_counter() - begin, cpu_seconds() - cpu
    torch.set_num_threads(1)
    return {
        "success_rate": evaluate(task, folder / "best.pth", EPISODES),
        "iterations": len(report["iterations"]),
        "train_steps": sum(one["train_steps"] for one in report["iterations"]),
        "expert_queries": report["expert_queries"],
        "seconds": round(wall, 1),
        "learner_cpu_seconds": round(cpu, 1),
    }
