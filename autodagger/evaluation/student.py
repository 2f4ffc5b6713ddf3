"""Tests students on fresh episodes. Apart from the experts' evaluation, which needs no torch."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from autodagger.evaluation.episodes import (
    describe_repetition,
    leave_out_reached,
    report_last,
    summarize_episodes,
)
from autodagger.files import sha256_file, write_json
from autodagger.game.save_state import naming_state
from autodagger.rollout.episode import (
    Behaviour,
    OnExpertFailure,
    RolloutSpec,
    agreement,
    plan_episodes,
)
from autodagger.rollout.pool import Rollouts
from autodagger.rollout.replay import Replays, record_replays
from autodagger.student.device import choose_device, compute_repeatably, name_device
from autodagger.student.model_file import Expected, check_student, load_student
from autodagger.student.policy import GreedyPolicy
from autodagger.student.view import View
from autodagger.task import Budget, Machine, Progress, Task


def evaluate_student(
    task: Task,
    model: Path,
    budget: Budget,
    machine: Machine,
    *,
    episodes: int,
    outputs: Mapping[str, Path],
    progress: Progress,
    view: View | None = None,
) -> dict[str, Any]:
    """Plays a trained student on seeds and start states that training never used.

    Where only one start exists, training had it, too, and the report says so.

    The expert is asked along the way only to report how often the student agrees with it.

    Args:
        task: The milestone and its expert.
        model: The student's `.pth`.
        budget: The student's episodes.
        machine: What to compute on.
        episodes: Number of episodes.
        outputs: Files to write: `report`, `trajectories`.
        progress: Told how many episodes reached it.
        view: What the options let students see; None: whatever the model says.

    Returns:
        The report, as written.

    Raises:
        UserError: The model cannot be read, or is another one than belongs there.
    """
    torch.set_num_threads(machine.threads)
    compute_repeatably()
    student, content = load_student(model)
    game = task.load_game()
    expected = Expected(task.milestone.id, game.actions, view)
    check_student(model, student.args, content, expected)
    device = choose_device(machine.cuda)
    print(f"testing on {name_device(device)}", file=sys.stderr)  # to the log
    policy = GreedyPolicy(student.to(device), device)
    starts = task.load_test_starts()
    trained_on = {state.data for state in task.load_starts()}
    plans = plan_episodes(task, starts, episodes, "student_eval")
    view = student.args.view
    spec = RolloutSpec(task, budget.max_episode_steps, view, machine.unconfined_experts)
    behaviour = Behaviour(on_expert_failure=OnExpertFailure.GO_ON)
    pool = Rollouts(spec, min(machine.num_envs, episodes), progress=progress)
    with pool as rollouts, naming_state(task.test_starts):
        played = rollouts.play(plans, behaviour, policy, report_last(progress, episodes))
    played = leave_out_reached(played)
    if repetition := describe_repetition(played):
        progress(repetition)
    report = {
        "milestone_id": task.milestone.id,
        "model_sha256": sha256_file(model),
        **summarize_episodes(played),
        "starts_shared_with_training": any(state.data in trained_on for state in starts),
        "agreement": agreement(played),
    }
    replays = Replays(task.milestone.id, game.actions, record_replays(played, "student_eval"))
    replays.write(outputs["trajectories"])
    write_json(outputs["report"], report)
    return report
