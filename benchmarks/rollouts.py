"""Steps a second and core: the rollout engine with student and labels against the bare emulator."""

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import torch

from autodagger.game.contract import NO_OP
from autodagger.game.emulator import Emulator
from autodagger.game.gba import GbaGame
from autodagger.rollout.episode import Behaviour, Episode, RolloutSpec, plan_episodes
from autodagger.rollout.pool import Rollouts
from autodagger.student.device import choose_device, compute_repeatably
from autodagger.student.model_file import load_student
from autodagger.student.policy import GreedyPolicy
from autodagger.task import Budget, Task
from benchmarks.common import (
    alternate,
    cpu_seconds,
    median,
    prepare,
    run_child,
    train,
    training_options,
)

MILESTONES = ("RIVAL_HOUSE", "LAB_VISITED", "FIRST_BATTLE_WON")


def measure(work: Path, tiny: bool) -> dict[str, Any]:
    """Rows by milestone; see docs/benchmarks.md."""
    rows = []
    for name in ("PLAYER_NAME_SET",) if tiny else MILESTONES:
        model = run_child(__name__, {"work": str(work), "milestone": name, "tiny": tiny})
        rows.append(_measure_milestone(*prepare(work, name), Path(model), tiny))
    return {"rows": rows}


def main(work: str, milestone: str, tiny: bool) -> str:
    """A student to roll out, for `run_child`; returns its file."""
    task, budget = prepare(Path(work), milestone)
    options = training_options()
    if tiny:
        options = replace(options, train_steps_per_iter=20, dagger_iterations=1)
    train(task, options, budget, Path(work, milestone))
    return str(Path(work, milestone, "best.pth"))


def _measure_milestone(task: Task, budget: Budget, model: Path, tiny: bool) -> dict[str, Any]:
    torch.set_num_threads(1)
    compute_repeatably()
    student, _ = load_student(model)
    spec = RolloutSpec(task, budget.max_episode_steps, student.args.view)
    plans = plan_episodes(task, task.load_starts(), 4 if tiny else 24, "bench_rollouts")
    game, emulator = task.load_game(), Emulator(task.rom)
    assert isinstance(game, GbaGame)
    with Rollouts(spec, 4) as rollouts:
        workers = psutil.Process().children(recursive=True)
        played: list[Episode] = []

        def engine() -> list[float]:
            begin, cpu = time.perf_counter(), cpu_seconds(workers)
            # A new one each time: the engine remembers the answers of the one it had.
            policy = GreedyPolicy(student, choose_device(False))
            played[:] = rollouts.play(plans, Behaviour(keep_obs=True), policy)
            return [cpu_seconds(workers) - cpu, time.perf_counter() - begin]

        def bare() -> list[float]:
            begin, cpu = time.perf_counter(), cpu_seconds()
            for episode in played:
                replay(emulator, game, episode)
            return [cpu_seconds() - cpu, time.perf_counter() - begin]

        engine()  # the first one warms up
        figures = alternate({"engine": engine, "bare": bare}, 1 if tiny else 9)
    emulator.close()
    steps = sum(episode.steps for episode in played)
    rates = {
        f"{name}_{kind}": [steps / max(1e-9, run[place]) for run in runs]
        for name, runs in figures.items()
        for place, kind in enumerate(("per_core", "wall"))
    }
    ratios = np.divide(rates["engine_per_core"], rates["bare_per_core"])
    return {
        "milestone": task.milestone.id,
        "steps": steps,
        "frames": sum(episode.frames for episode in played),
        "success_rate": sum(episode.success for episode in played) / len(played),
        "distinct_frames": len({obs.tobytes() for e in played for obs in e.distinct_obs}),
        **{name: median(values) for name, values in rates.items()},
        "ratio_per_core": median(ratios.tolist()),
        "ratios": [round(float(ratio), 2) for ratio in ratios],
    }


def replay(emulator: Emulator, game: GbaGame, episode: Episode) -> None:
    """The same frames with the same buttons, and nothing else."""
    rng = np.random.default_rng(episode.plan.seed)
    fewest, most = game.release_frames
    if episode.plan.start.data is None:
        emulator.power_on()
    else:
        emulator.load_state(episode.plan.start.data)
    emulator.run(1)  # as the simulator does
    for act in episode.acts:
        name = game.actions[act]
        emulator.run(game.hold_frames, () if name == NO_OP else (name,))
        emulator.run(int(rng.integers(fewest, most + 1)))
