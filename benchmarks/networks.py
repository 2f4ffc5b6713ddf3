"""Success, iterations and seconds by network and frame size, so that the default is measured."""

import resource
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.common import cpu_seconds, prepare, run_child, train, training_options
from benchmarks.policies import evaluate
from benchmarks.scaling import run_pipeline

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
    whole_game = [_play_through(network, tiny) for network in ("nature", "small")]
    return {"episodes": EPISODES, "rows": rows, "whole_game": whole_game}


def _play_through(network: str, tiny: bool) -> dict[str, Any]:
    """The whole game through the pipeline: how good the students are, and what they cost."""
    options = {"network": network, "student_eval_episodes": EPISODES, "record_video": False}
    if tiny:
        options |= {"student_eval_episodes": 2, "train_steps_per_iter": 20, "dagger_iterations": 1}
    begin = _child_cpu_seconds()
    rows = run_pipeline(options, 1 if tiny else None)
    rates = [row["dagger_final_success_rate"] for row in rows]
    of_expert = [row["dagger_final_success_rate"] / row["expert_success_rate"] for row in rows]
    return {
        "network": network,
        "milestones": len(rows),
        "mean_of_expert": round(float(np.mean(of_expert)), 4),
        "weakest": min(rates),
        "iterations": sum(row["iterations"] for row in rows),
        "expert_queries": sum(row["expert_queries"] for row in rows),
        "cpu_seconds": round(_child_cpu_seconds() - begin),
    }


def _child_cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main(work: str, milestone: str, seed: int = 0, **choice: Any) -> dict[str, Any]:
    """One training and its evaluation, for `run_child`."""
    task = prepare(Path(work), milestone)
    folder = Path(work) / "networks"
    begin, cpu = time.perf_counter(), cpu_seconds()
    report = train(task, training_options() | choice, folder, seed=seed)
    wall, cpu = time.perf_counter() - begin, cpu_seconds() - cpu
    torch.set_num_threads(1)
    return {
        "success_rate": evaluate(task, folder / "best.pth", EPISODES),
        "first_success_rate": report["iterations"][0]["success_rate"],
        "iterations": len(report["iterations"]),
        "train_steps": sum(one["train_steps"] for one in report["iterations"]),
        "expert_queries": report["expert_queries"],
        "seconds": round(wall, 1),
        "learner_cpu_seconds": round(cpu, 1),
    }
