"""Seconds to a policy of at least 0.95 success: AutoDAgger, the seed's procedure, `imitation`."""

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from autodagger.dagger.options import TrainingOptions
from autodagger.rollout.episode import Behaviour, OnExpertFailure, RolloutSpec, plan_episodes
from autodagger.rollout.pool import Rollouts
from autodagger.student.device import choose_device, compute_repeatably
from autodagger.student.model_file import load_student
from autodagger.student.policy import GreedyPolicy
from autodagger.task import Budget, Task
from benchmarks.common import ROOT, Stopwatch, prepare, run_child, train, training_options

MILESTONES = {
    "PLAYER_NAME_SET": "a menu",
    "CLOCK_SET": "a dialogue with a clock",
    "RIVAL_HOUSE": "a way that a villager blocks",
    "LAB_VISITED": "a long walk over two maps",
}
TARGET = 0.95
EVALUATION_EPISODES = 40
CAP_SECONDS = 120
IMPALA_CAP_SECONDS = 30
IMITATION_PYTHON = ROOT / "benchmarks" / "imitation" / ".venv" / "bin" / "python"


def measure(work: Path, tiny: bool) -> dict[str, Any]:
    """A row a milestone: seconds and success of each procedure."""
    options = training_options()
    rows = []
    for name in list(MILESTONES)[: 1 if tiny else None]:
        arguments = _arguments(work, name, options, tiny)
        row: dict[str, Any] = {"milestone": name, "kind": MILESTONES[name]}
        row["autodagger"] = run_child(__name__, arguments)
        row["seed_same_network"] = run_child("benchmarks.baseline_seed", arguments)
        row["imitation"] = _run_imitation(arguments)
        if not rows:  # its speed is the same on every milestone
            row["seed_impala"] = run_child("benchmarks.baseline_seed", arguments | _impala(tiny))
        print(f"policies: {json.dumps(row)}", file=sys.stderr, flush=True)
        rows.append(row | {"ratios": _ratios(row)})
    return {
        "target": TARGET,
        "evaluation_episodes": arguments["episodes"],
        "cap_seconds": arguments["cap_seconds"],
        "impala_cap_seconds": IMPALA_CAP_SECONDS,
        "network": options.network,
        "frame_size": options.frame_size,
        "grayscale": options.grayscale,
        "rows": rows,
    }


def _arguments(work: Path, name: str, options: TrainingOptions, tiny: bool) -> dict[str, Any]:
    prepare(work, name)
    return {
        "work": str(work),
        "milestone": name,
        "network": options.network,
        "frame_size": options.frame_size,
        "grayscale": options.grayscale,
        "train_steps": 20 if tiny else 2000,
        "episodes": 4 if tiny else EVALUATION_EPISODES,
        "cap_seconds": 4 if tiny else CAP_SECONDS,
        "target": TARGET,
    }


def _impala(tiny: bool) -> dict[str, Any]:
    """What the design gives as the original's network, on frames of its size."""
    cap = 2 if tiny else IMPALA_CAP_SECONDS
    return {"network": "impala", "grayscale": False, "frame_size": [84, 84], "cap_seconds": cap}


def _run_imitation(arguments: dict[str, Any]) -> dict[str, Any] | None:
    """None where its environment is not set up, see `make bench`."""
    if not IMITATION_PYTHON.is_file():
        return None
    log = Path(arguments["work"], "imitation.log")
    print(f"policies: imitation reports to {log}", file=sys.stderr, flush=True)
    result: dict[str, Any] = run_child(
        "benchmarks.imitation.dagger", arguments, str(IMITATION_PYTHON), log
    )
    return result


def _ratios(row: dict[str, Any]) -> dict[str, float]:
    """How many times longer the others take; what stopped at its cap takes longer still."""
    ours = row["autodagger"]["seconds"]
    ratios = {
        f"{name}_first": row[name]["seconds"] / ours
        for name in ("seed_same_network", "imitation")
        if row[name]
    }
    for name in ("seed_same_network", "seed_impala"):
        if name in row:
            ratios[f"{name}_full_projected"] = row[name]["projected_full_seconds"] / ours
    return {name: round(ratio, 1) for name, ratio in ratios.items()}


def main(**arguments: Any) -> dict[str, Any]:
    """AutoDAgger itself, for `run_child`: from nothing to its own decision to stop."""
    task, budget = prepare(Path(arguments["work"]), arguments["milestone"])
    clock = Stopwatch()
    with tempfile.TemporaryDirectory() as folder:
        report = train(task, training_options(), budget, Path(folder), threads=2)
        seconds = clock.seconds
        success = evaluate(task, budget, Path(folder, "best.pth"), arguments["episodes"])
    return {
        "seconds": round(seconds, 2),
        "reached": success >= arguments["target"],
        "success_rate": success,
        "iterations": len(report["iterations"]),
    }


def evaluate(task: Task, budget: Budget, model: Path, episodes: int) -> float:
    """Success over fresh episodes from starts that training never saw, the same ones for all."""
    compute_repeatably()
    student, _ = load_student(model)
    spec = RolloutSpec(task, budget.max_episode_steps, student.args.view)
    plans = plan_episodes(task, task.load_test_starts(), episodes, "baseline", "evaluation")
    policy = GreedyPolicy(student, choose_device(False))
    behaviour = Behaviour(on_expert_failure=OnExpertFailure.GO_ON)
    with Rollouts(spec, 4) as rollouts:
        played = rollouts.play(plans, behaviour, policy)
    return sum(episode.success for episode in played) / len(played)
