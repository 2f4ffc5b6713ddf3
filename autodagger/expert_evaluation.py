"""Evaluates experts, and records the save states in which they reach their milestone."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from autodagger.errors import UserError
from autodagger.evaluation import (
    Progress,
    plan_episodes,
    report_last,
    summarize_episodes,
    write_trajectories,
)
from autodagger.expert import ExpertError
from autodagger.files import sha1_file, write_bytes, write_json
from autodagger.milestone import Milestone
from autodagger.rollout import Episode, Rollouts, RolloutSpec
from autodagger.states import StartState, load_start_states, recorded_with, save_start_states

LAST_SUCCESS = "last_success.zip"
"""States of the latest evaluation that succeeded, kept beside those of the latest evaluation."""


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
                    keep_state=True,
                    on_episode=report_last(progress, episodes),
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
    except ValueError as error:  # not UTF-8
        return "expert cannot be loaded", f"{expert_path}: {error}. Save it as UTF-8 text."
    if start_states is not None and not load_start_states(start_states):
        return "no start state", missing_start
    return None, None


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
