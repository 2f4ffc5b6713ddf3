"""Success and cost of the whole game by network and frame size, so that the default is measured."""

import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.scaling import busy_seconds, run_pipeline

CANDIDATES = [
    ("small", (40, 60), True),
    ("small", (80, 120), True),
    ("nature", (40, 60), True),
    ("nature", (80, 120), True),
    ("nature", (80, 120), False),
    ("impala", (40, 60), True),
]
"""Network, frame size, gray; the cheapest to compute first."""

EPISODES = 50
SEEDS = (0, 1)


def measure(work: Path, tiny: bool) -> dict[str, Any]:
    """A row for each candidate and seed; half an hour or more, so no part of `make bench`."""
    rows = []
    for seed in SEEDS[: 1 if tiny else None]:
        for network, size, gray in CANDIDATES[: 1 if tiny else None]:
            choice = {"network": network, "frame_size": list(size), "grayscale": gray}
            rows.append({**choice, "seed": seed, **_play_through({**choice, "seed": seed}, tiny)})
            print(f"networks: {json.dumps(rows[-1])}", file=sys.stderr, flush=True)
    return {"episodes": EPISODES, "rows": rows}


def _play_through(choice: dict[str, Any], tiny: bool) -> dict[str, Any]:
    """The whole game through the pipeline: how good the students are, and what they cost."""
    options = {**choice, "student_eval_episodes": EPISODES, "record_video": False}
    if tiny:
        options |= {"student_eval_episodes": 2, "train_steps_per_iter": 20, "dagger_iterations": 1}
    begin, busy = time.perf_counter(), busy_seconds()
    rows = run_pipeline(options, 1 if tiny else None)
    seconds, busy = time.perf_counter() - begin, busy_seconds() - busy
    students = {row["milestone_id"]: row["dagger_final_success_rate"] for row in rows}
    of_expert = [students[row["milestone_id"]] / row["expert_success_rate"] for row in rows]
    return {
        "milestones": len(rows),
        "mean_of_expert": round(float(np.mean(of_expert)), 4),
        "weakest_of_expert": round(min(of_expert), 4),
        "below_one": {name: rate for name, rate in students.items() if rate < 1},
        "iterations": sum(row["iterations"] for row in rows),
        "expert_queries": sum(row["expert_queries"] for row in rows),
        "cpu_seconds": round(busy),
        "seconds": round(seconds),
    }
