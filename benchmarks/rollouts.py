"""Steps a second and core: the rollout engine with student and labels against the bare emulator."""

import time
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import torch

from autodagger.game.emulator import Emulator
from autodagger.evaluation.episodes import plan_episodes
from autodagger.game.contract import NO_OP, Game, load_game
from autodagger.student.policy import GreedyPolicy, choose_device, load_student
from autodagger.rollout.pool import Rollouts
from autodagger.rollout.worker import Episode
from benchmarks.common import (
    GAME_DIR,
    Task,
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
        rows.append(_measure_milestone(prepare(work, name), Path(model), tiny))
    return {"rows": rows}


def main(work: str, milestone: str, tiny: bool) -> str:
    """A student to roll out, for `run_child`; returns its file."""
    task, options = prepare(Path(work), milestone), training_options()
    if tiny:
        options |= {"train_steps_per_iter": 20, "dagger_iterations": 1}
    train(task, options, Path(work, milestone))
    return str(Path(work, milestone, "best.pth"))


def _measure_milestone(task: Task, model: Path, tiny: bool) -> dict[str, Any]:
    torch.set_num_threads(1)
    student, content = load_student(model)
    spec = task.spec(content["frame_size"], content["grayscale"], student.args.previous_action)
    plans = plan_episodes(task.start_states, 4 if tiny else 24, 0, "bench_rollouts")
    game = load_game(GAME_DIR)
    emulator = Emulator(spec.rom_path)
    with Rollouts(spec, 4) as rollouts:
        workers = psutil.Process().children(recursive=True)
        played: list[Episode] = []

        def engine() -> list[float]:
            begin, cpu = time.perf_counter(), cpu_seconds(workers)
            # A new one each time: the engine remembers the answers of the one it had.
            policy = GreedyPolicy(student, choose_device(False))
            played[:] = rollouts.play(plans, policy, keep_obs=True)
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
