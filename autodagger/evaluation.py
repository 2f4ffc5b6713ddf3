"""Evaluates experts and students: episodes on fresh seeds, reports, trajectories to replay."""

import statistics
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from autodagger.errors import UserError
from autodagger.expert import ExpertError
from autodagger.files import sha1_file, sha256_file, write_bytes, write_json
from autodagger.game import load_game
from autodagger.milestone import Milestone
from autodagger.rollout import (
    Episode,
    EpisodePlan,
    Rollouts,
    RolloutSpec,
    expert_policy,
)
from autodagger.seeding import derive_seed
from autodagger.states import (
    StartState,
    load_start_states,
    recorded_with,
    save_start_states,
)
from autodagger.stats import wilson_interval
from autodagger.worker import NO_LABEL, Labels

Progress = Callable[[str], None]

LAST_SUCCESS = "last_success.zip"
"""States of the latest evaluation that succeeded, kept beside those of the latest evaluation."""


def plan_episodes(
    states: Sequence[StartState], count: int, seed: int, *purpose: str | int
) -> list[EpisodePlan]:
    """`count` episodes that go through all start states in turn, each with a seed of its own."""
    return [
        EpisodePlan(derive_seed(seed, *purpose, k), state.name, state.data)
        for k in range(count)
        for state in [states[k % len(states)]]
    ]


def evaluate_expert(
    *,
    game_dir: Path,
    rom_path: Path,
    milestone: Mapping[str, Any],
    expert_path: Path | None,
    missing_expert: str | None,
    tools_dir: Path | None,
    start_states: Path | None,
    missing_start: str | None,
    episodes: int,
    seed: int,
    num_envs: int,
    outputs: Mapping[str, Path],
    progress: Progress,
) -> dict[str, Any]:
    """Plays the expert and records the save state of each success: the next milestone's starts.

    What a user can expect to go wrong (no expert file, one that cannot be loaded, no start state)
    becomes a report with `status` "failed", `reason` and `error`, and empty states.

    Args:
        milestone: What `Milestone.to_params` gave.
        expert_path: The expert's file; None when there is none.
        missing_expert: Where it was looked for, if there is none.
        start_states: File for `load_start_states`; None is power-on.
        missing_start: Why there is no start state, if there is none.
        episodes: Number of episodes.
        num_envs: Environments playing side by side.
        outputs: Files to write: `report`, `trajectories`, `states`.

    Returns:
        The report, as written.
    """
    goal = Milestone(**milestone)
    played: list[Episode] = []
    reason, error = _find_obstacle(expert_path, missing_expert, start_states, missing_start)
    states = [] if reason else load_start_states(start_states)
    if reason is None:
        assert expert_path is not None
        spec = RolloutSpec(game_dir, rom_path, goal, expert_path, tools_dir, goal.max_steps)
        plans = plan_episodes(states, episodes, seed, goal.id, "expert_eval")
        try:
            with Rollouts(spec, min(num_envs, episodes)) as rollouts:
                played = rollouts.play(
                    plans,
                    expert_policy,
                    observe=False,
                    keep_state=True,
                    on_episode=_report_each(progress, episodes),
                )
        except ExpertError as load_error:
            reason, error = "expert cannot be loaded", f"{expert_path}: {load_error}"
        except UserError as start_error:
            reason, error = "episodes cannot be played", str(start_error)
    report = {
        "milestone_id": goal.id,
        "status": "failed" if reason else "evaluated",
        "reason": reason,
        "error": error,
        **summarize_episodes(played),
        "start_states": len(states),
        "recorded_states": sum(episode.success for episode in played),
    }
    _record_states(outputs["states"], played, rom_path, progress)
    write_trajectories(outputs["trajectories"], goal, game_dir, "expert_eval", played)
    write_json(outputs["report"], report)
    return report


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
    """
    import torch  # the evaluation of experts starts faster without it

    from autodagger.policy import GreedyPolicy, choose_device, load_student

    torch.set_num_threads(threads)
    goal = Milestone(**milestone)
    student, content = load_student(model)
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
            on_episode=_report_each(progress, episodes),
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


def agreement(played: Sequence[Episode]) -> float | None:
    """Share of the labelled states in which the student did what the expert says."""
    pairs = [
        act == label
        for episode in played
        for act, label in zip(episode.acts, episode.labels, strict=True)
        if label != NO_LABEL
    ]
    return round(sum(pairs) / len(pairs), 4) if pairs else None


def summarize_episodes(played: Sequence[Episode]) -> dict[str, Any]:
    """Rates, interval and a line an episode; steps are of the successful ones (None without any)."""
    steps = [episode.steps for episode in played if episode.success]
    return {
        "success_rate": len(steps) / len(played) if played else None,
        "successes": len(steps),
        "interval": list(wilson_interval(len(steps), len(played))) if played else None,
        "mean_steps": round(statistics.fmean(steps), 4) if steps else None,
        "std_steps": round(statistics.pstdev(steps), 4) if steps else None,
        "episodes": [
            {
                "episode": number,
                "seed": episode.plan.seed,
                "start_state": episode.plan.start_name,
                "success": episode.success,
                "outcome": episode.outcome.value,
                "steps": episode.steps,
                "frames": episode.frames,
                "error": episode.error,
                "log": episode.log[-5:],
            }
            for number, episode in enumerate(played, 1)
        ],
    }


def trajectory(name: str, episode: Episode) -> dict[str, Any]:
    """What it takes to play an episode again, frame for frame; `name` becomes the video's."""
    return {
        "name": name,
        "seed": episode.plan.seed,
        "start_state": episode.plan.start_name,
        "outcome": episode.outcome.value,
        "frames": episode.frames,
        "acts": episode.acts,
        "labels": episode.labels,
    }


def write_trajectories(
    path: Path, milestone: Milestone, game_dir: Path, prefix: str, played: Sequence[Episode]
) -> None:
    """Writes evaluation episodes for replay, named `{prefix}_ep1_success_steps45`."""
    named = [
        trajectory(
            f"{prefix}_ep{number}_{'success' if episode.success else 'fail'}_steps{episode.steps}",
            episode,
        )
        for number, episode in enumerate(played, 1)
    ]
    write_json(
        path,
        {
            "milestone_id": milestone.id,
            "actions": list(load_game(game_dir).actions),
            "episodes": named,
        },
    )


def _find_obstacle(
    expert_path: Path | None,
    missing_expert: str | None,
    start_states: Path | None,
    missing_start: str | None,
) -> tuple[str | None, str | None]:
    """What keeps an expert from being evaluated: (reason, details with the next step)."""
    if expert_path is None:
        return "no expert file", missing_expert
    try:
        compile(expert_path.read_text(encoding="utf-8"), str(expert_path), "exec")
    except SyntaxError as error:
        details = f"{expert_path}, line {error.lineno}: {error.msg}. Mend that line."
        return "expert cannot be loaded", details
    if start_states is not None and not load_start_states(start_states):
        return "no start state", missing_start
    return None, None


def _report_each(progress: Progress, total: int) -> Callable[[Episode], None]:
    counts = {"played": 0, "reached": 0}

    def report(episode: Episode) -> None:
        counts["played"] += 1
        counts["reached"] += episode.success
        if counts["played"] == total:
            progress(f"{counts['reached']}/{total} episodes reach it")

    return report


def _record_states(
    path: Path, played: Sequence[Episode], rom_path: Path, progress: Progress
) -> None:
    """Writes the states of the successes; without any, those of the last evaluation that had some.

    A broken expert thus fails its own milestone and not all that come after it.
    """
    states = [
        StartState(f"ep{number}.state", episode.state)
        for number, episode in enumerate(played, 1)
        if episode.success
    ]
    rom_sha1 = sha1_file(rom_path)
    kept = path.with_name(LAST_SUCCESS)
    if not states and recorded_with(kept, rom_sha1):
        states = load_start_states(kept)
        progress(
            f"no success: the next milestone starts from {len(states)} states of an earlier run"
        )
    save_start_states(path, states, rom_sha1)
    if states:
        write_bytes(kept, path.read_bytes())
