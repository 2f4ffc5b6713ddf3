"""Tests students on fresh episodes. Apart from the experts' evaluation, which needs no torch."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from autodagger.errors import UserError
from autodagger.evaluation import (
    Progress,
    agreement,
    plan_episodes,
    report_last,
    summarize_episodes,
    write_trajectories,
)
from autodagger.files import sha256_file, write_json
from autodagger.game import Game, load_game
from autodagger.milestone import Milestone
from autodagger.policy import GreedyPolicy, choose_device, load_student
from autodagger.rollout import Rollouts, RolloutSpec
from autodagger.states import load_start_states
from autodagger.worker import Labels


def evaluate_student(
    *,
    game_dir: Path,
    rom_path: Path,
    milestone: Mapping[str, Any],
    expert_path: Path,
    tools_dir: Path | None,
    start_states: Path | None,
    model: Path,
    max_episode_steps: int,
    episodes: int,
    seed: int,
    num_envs: int,
    cuda: bool,
    threads: int,
    outputs: Mapping[str, Path],
    progress: Progress,
) -> dict[str, Any]:
    """Plays a trained student on seeds that training never used.

    The expert is asked along the way only to report how often the student agrees with it.

    Args:
        model: The student's `.pth`.
        max_episode_steps: The student's budget an episode, in steps.
        outputs: Files to write: `report`, `trajectories`.

    Returns:
        The report, as written.

    Raises:
        UserError: The model cannot be read, or was trained for other buttons.
    """
    torch.set_num_threads(threads)
    goal = Milestone(**milestone)
    student, content = load_student(model)
    _check_actions(model, content["actions"], load_game(game_dir))
    size = tuple(content["frame_size"])
    spec = RolloutSpec(
        game_dir,
        rom_path,
        goal,
        expert_path,
        tools_dir,
        max_episode_steps,
        size,
        content["grayscale"],
        student.args.previous_action,
    )
    device = choose_device(cuda)
    policy = GreedyPolicy(student.to(device), device)
    states = load_start_states(start_states)
    plans = plan_episodes(states, episodes, seed, goal.id, "student_eval")
    with Rollouts(spec, min(num_envs, episodes)) as rollouts:
        played = rollouts.play(
            plans,
            policy,
            labels=Labels.OPTIONAL,
            on_episode=report_last(progress, episodes),
        )
    report = {
        "milestone_id": goal.id,
        "model_sha256": sha256_file(model),
        **summarize_episodes(played),
        "agreement": agreement(played),
    }
    write_trajectories(outputs["trajectories"], goal, game_dir, "student_eval", played)
    write_json(outputs["report"], report)
    return report


def _check_actions(model: Path, found: Sequence[str], game: Game) -> None:
    if tuple(found) != game.actions:
        raise UserError(
            f"model {model}: its buttons are {', '.join(found)}; {game.name} has "
            f"{', '.join(game.actions)}. Train it again: delete the file and run Snakemake."
        )
