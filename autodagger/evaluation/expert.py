"""Evaluates experts, and records the save states in which they reach their milestone."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from autodagger.errors import UserError, suggest
from autodagger.evaluation.episodes import report_last, summarize_episodes
from autodagger.expert.expert import ExpertError
from autodagger.files import sha1_file, write_bytes, write_json
from autodagger.game.starts import StartState, load_start_states, recorded_with, save_start_states
from autodagger.rollout.episode import Behaviour, Episode, RolloutSpec, plan_episodes
from autodagger.rollout.pool import Rollouts
from autodagger.rollout.replay import Replays, record_replays
from autodagger.task import Machine, Progress, Task

LAST_SUCCESS = "last_success.zip"
"""States of the latest evaluation that succeeded, kept beside those of the latest evaluation."""


def evaluate_expert(
    task: Task,
    machine: Machine,
    *,
    episodes: int,
    outputs: Mapping[str, Path],
    progress: Progress,
) -> dict[str, Any]:
    """Plays the expert and records the save state of each success: the next milestone's starts.

    What a user can expect to go wrong (no expert file, one that cannot be loaded, no start state)
    becomes a report with `status` "failed", `reason` and `error`, and empty states.

    Args:
        task: The milestone and its expert.
        machine: What to play on.
        episodes: Number of episodes.
        outputs: Files to write: `report`, `trajectories`, `states`.
        progress: Told how many episodes reached it.

    Returns:
        The report, as written.
    """
    milestone_id = task.milestone.id
    played: list[Episode] = []
    reason, error = _find_obstacle(task)
    starts = [] if reason else task.load_starts()
    if reason is None:
        plans = plan_episodes(task, starts, episodes, "expert_eval")
        spec = RolloutSpec(task, task.milestone.max_steps)
        try:
            with Rollouts(spec, min(machine.num_envs, episodes)) as rollouts:
                report_end = report_last(progress, episodes)
                played = rollouts.play(plans, Behaviour(keep_state=True), on_episode=report_end)
        except ExpertError as load_error:
            reason, error = "expert cannot be loaded", f"{task.expert}: {load_error}"
        except UserError as start_error:
            reason, error = "episodes cannot be played", str(start_error)
    report = {
        "milestone_id": milestone_id,
        "status": "failed" if reason else "evaluated",
        "reason": reason,
        "error": error,
        **summarize_episodes(played),
        "start_states": len(starts),
        "recorded_states": sum(episode.success for episode in played),
    }
    _record_states(outputs["states"], played, task.rom, progress)
    replays = Replays(milestone_id, task.load_game().actions, record_replays(played, "expert_eval"))
    replays.write(outputs["trajectories"])
    write_json(outputs["report"], report)
    return report


def _find_obstacle(task: Task) -> tuple[str | None, str | None]:
    """What keeps an expert from being evaluated: (reason, details with the next step)."""
    if not task.expert.is_file():
        return "no expert file", _describe_missing(task.expert)
    try:
        compile(task.expert.read_text(encoding="utf-8"), str(task.expert), "exec")
    except SyntaxError as error:
        details = f"{task.expert}, line {error.lineno}: {error.msg}. Mend that line."
        return "expert cannot be loaded", details
    except ValueError as error:  # not UTF-8
        return "expert cannot be loaded", f"{task.expert}: {error}. Save it as UTF-8 text."
    if not task.load_starts():
        previous = task.milestone.predecessor
        return "no start state", (
            f"the expert of {previous} never reached it, so {task.starts} holds no state. Mend "
            f"that expert, or put a save state {previous}_completed.state into the folder that "
            "the option state_dir names."
        )
    return None, None


def _describe_missing(expert: Path) -> str:
    nearest = suggest(expert.stem, [file.stem for file in expert.parent.glob("*.py")], "{}.py")
    return (
        f"{expert} does not exist{nearest}. Write it (run(state) -> button name), "
        "or name its folder with policy_dir."
    )


def _record_states(path: Path, played: Sequence[Episode], rom: Path, progress: Progress) -> None:
    """Writes the states of the successes; without any, those of the last evaluation that had some.

    A broken expert thus fails its own milestone and not all that come after it.
    """
    states = [
        StartState(f"ep{number}.state", episode.state)
        for number, episode in enumerate(played, 1)
        if episode.success
    ]
    rom_sha1 = sha1_file(rom)
    kept = path.with_name(LAST_SUCCESS)
    if not states and recorded_with(kept, rom_sha1):
        states = load_start_states(kept)
        progress(
            f"no success: the next milestone starts from {len(states)} states of an earlier run"
        )
    save_start_states(path, states, rom_sha1)
    if states:
        write_bytes(kept, path.read_bytes())
