"""Steps a second and core: the rollout engine with student and labels against the bare emulator."""

import time
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import torch

from autodagger.emulator import Emulator
from autodagger.evaluation import plan_episodes
from autodagger.game import NO_OP, Game, load_game
from autodagger.policy import GreedyPolicy, NetworkArgs, Student
from autodagger.rollout import Episode, Rollouts
from benchmarks.common import (
    GAME_DIR,
    Task,
    alternate,
    cpu_seconds,
    median,
    prepare,
    training_options,
)

MILESTONES = ("RIVAL_HOUSE", "LAB_VISITED", "FIRST_BATTLE_WON")


def measure(work: Path, tiny: bool) -> dict[str, Any]:
    """Rows by milestone; see docs/benchmarks.md."""
    milestones = ("PLAYER_NAME_SET",) if tiny else MILESTONES
    return {"rows": [_measure_milestone(prepare(work, name), tiny) for name in milestones]}


def _measure_milestone(task: Task, tiny: bool) -> dict[str, Any]:
    torch.set_num_threads(1)
    options = training_options()
    spec = task.spec(options["frame_size"], options["grayscale"])
    plans = plan_episodes(task.start_states, 4 if tiny else 24, 0, "bench_rollouts")
    game = load_game(GAME_DIR)
    network = NetworkArgs(
        options["network"],
        options["hidden_dim"],
        spec.frame_size,
        spec.obs_shape[2],
        len(game.actions),
        options["previous_action"],
    )
    torch.manual_seed(0)
    student = GreedyPolicy(Student(network), torch.device("cpu"))
    emulator = Emulator(spec.rom_path)
    with Rollouts(spec, 4) as rollouts:
        workers = psutil.Process().children(recursive=True)
        rollouts.play(plans, _FollowLabels(student))  # the first one warms up
        played: list[Episode] = []

        def engine() -> list[float]:
            begin, cpu = time.perf_counter(), cpu_seconds(workers)
            played[:] = rollouts.play(plans, _FollowLabels(student), keep_obs=True)
            return [cpu_seconds(workers) - cpu, time.perf_counter() - begin]

        def bare() -> list[float]:
            begin, cpu = time.perf_counter(), cpu_seconds()
            for episode in played:
                replay(emulator, game, episode)
            return [cpu_seconds() - cpu, time.perf_counter() - begin]

        figures = alternate({"engine": engine, "bare": bare}, 1 if tiny else 7)
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
        **{name: median(values) for name, values in rates.items()},
        "ratio_per_core": median(ratios.tolist()),
    }


class _FollowLabels:
    """Pays for the student's answer, then acts as the expert says: a student that has learnt."""

    def __init__(self, student: GreedyPolicy) -> None:
        self._student = student

    def __call__(self, batch: Any) -> np.ndarray:
        answers = self._student(batch)
        return np.where(batch.labels >= 0, batch.labels, answers)


def replay(emulator: Emulator, game: Game, episode: Episode) -> None:
    """The same frames with the same buttons, and nothing else."""
    rng = np.random.default_rng(episode.plan.seed)
    fewest, most = game.release_frames
    if episode.plan.start is None:
        emulator.power_on()
        emulator.run(1)
    else:
        emulator.load_state(episode.plan.start)
    for act in episode.acts:
        name = game.actions[act]
        emulator.run(game.hold_frames, () if name == NO_OP else (name,))
        emulator.run(int(rng.integers(fewest, most + 1)))


def main(work: str, tiny: bool) -> dict[str, Any]:
    """For `run_child`."""
    return measure(Path(work), tiny)
