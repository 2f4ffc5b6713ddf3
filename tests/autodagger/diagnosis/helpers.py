"""Students that are trained and tested in a moment, on a strip of twelve places."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from autodagger.dagger.options import TrainingOptions
from autodagger.dagger.training import train_student
from autodagger.evaluation.student import evaluate_student
from autodagger.files import write_json
from autodagger.game.env import GameEnv
from autodagger.game.milestone import Milestone
from autodagger.game.starts import StartState, save_start_states
from autodagger.results.layout import Results
from autodagger.task import Budget, Machine, Task
from tests.grid import write_expert

NAME = "GOAL"
MACHINE = Machine(num_envs=2, cuda=False)
OPTIONS = TrainingOptions(
    dagger_iterations=2,
    episodes_per_iter=4,
    train_steps_per_iter=60,
    batch_size=16,
    learning_rate=3e-3,
    hidden_dim=16,
    frame_size=(32, 48),
    network="small",
    dart_noise=0.0,
)
WALK = """
def run(state):
    return "right" if state["x"] < 6 else "left"
"""
ADAPTER = """
from autodagger.game.gym import GymGame
class Strip(GymGame):
    name, env_id, actions = "Strip", "tests.envs.field:Field-v0", ("left", "right", "wait")
    env_kwargs = {{"timer": {timer}}}
    def read_env(self, env):
        return {{"x": env.x, "clock": env.clock, "ended": env.ended}}
"""


def make_world(
    folder: Path,
    expert: str = WALK,
    *,
    shown: Sequence[int],
    tested: Sequence[int] | None = None,
    done_when: str = "x == `6`",
    timer: bool = False,
) -> Task:
    """A task of the strip: its starts by the dot's place."""
    (folder / "adapter.py").write_text(ADAPTER.format(timer=timer), encoding="utf-8")
    write_expert(folder, expert, f"{NAME}.py")
    fail_when = "ended == 'lost'" if timer else None
    milestone = Milestone(NAME, None, 40, done_when, fail_when)
    task = Task(folder, None, milestone, folder / f"{NAME}.py")
    paths = folder / "starts.zip", folder / "test_starts.zip"
    for path, places in zip(paths, (shown, tested or shown), strict=True):
        save_start_states(path, find_starts(task, places), "strip")
    return Task(folder, None, milestone, task.expert, starts=paths[0], test_starts=paths[1])


def find_starts(task: Task, places: Sequence[int]) -> list[StartState]:
    """A save state for each of the places, each of another seed."""
    found: list[StartState] = []
    env = GameEnv(task.game_dir)
    try:
        for seed in range(1000):
            if len(found) == len(places):
                break
            _, info = env.reset(seed=seed)
            if info["state"]["x"] == places[len(found)]:
                found.append(StartState(f"at{places[len(found)]}_{seed}", env.simulator.save()))
    finally:
        env.close()
    return found


def run(task: Task, folder: Path, budget: int = 20, options: TrainingOptions = OPTIONS) -> Results:
    """Trains and tests a student, with the files where the workflow has them."""
    results = Results(folder / "results")
    limits = Budget(budget, 1.0)
    write_json(
        results.budget(NAME),
        {"decision": "train", "max_episode_steps": budget, "expert_success_rate": 1.0},
    )
    nothing: Callable[[str], None] = lambda line: None  # noqa: E731
    train_student(
        task,
        options,
        limits,
        MACHINE,
        checkpoint_dir=results.checkpoint(NAME),
        outputs={
            "best": results.best(NAME),
            "final": results.final(NAME),
            "training": results.training(NAME),
            "trajectories": results.rollouts(NAME),
            "demonstrations": results.demonstrations(NAME),
        },
        progress=nothing,
    )
    outputs = {
        "report": results.student_report(NAME),
        "trajectories": results.student_replays(NAME),
    }
    evaluate_student(
        task, results.best(NAME), limits, MACHINE, episodes=8, outputs=outputs, progress=nothing
    )
    return results


def read_kinds(diagnosis: dict[str, Any]) -> dict[str, Any]:
    """The findings' values by kind, with the number of failures of each."""
    return {
        finding["kind"]: finding["values"] | {"count": len(finding["episodes"])}
        for finding in diagnosis["findings"]
    }
