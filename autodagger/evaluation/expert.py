"""Evaluates experts, and records the save states in which they reach their milestone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autodagger.errors import UserError, suggest
from autodagger.evaluation.episodes import (
    describe_repetition,
    leave_out_reached,
    report_last,
    summarize_episodes,
    summarize_successes,
)
from autodagger.expert.expert import ExpertError
from autodagger.files import (
    DamagedFile,
    exists,
    read_bytes,
    write_bytes,
    write_json,
)
from autodagger.game.env import GameEnv
from autodagger.game.fields import describe_never_true
from autodagger.game.save_state import naming_state
from autodagger.game.starts import StartState, load_start_states, recorded_with, save_start_states
from autodagger.rollout.episode import Behaviour, Episode, Outcome, RolloutSpec, plan_episodes
from autodagger.rollout.pool import Rollouts
from autodagger.rollout.replay import Replays, record_replays
from autodagger.task import Machine, Progress, Task

_REPLAYED = 3  # episodes, when none reached the milestone

LAST_SUCCESS = "last_"
"""Before the name of a file of states: those of the latest evaluation that succeeded, kept beside
those of the latest evaluation."""


def evaluate_expert(
    task: Task,
    machine: Machine,
    *,
    episodes: int,
    recorded: int = 0,
    tested: int = 0,
    outputs: Mapping[str, Path],
    progress: Progress,
) -> dict[str, Any]:
    """Plays the expert and records the save state of each success: the next milestone's starts.

    A milestone that is reached wherever it starts passes through: nobody plays, its start states
    are its successor's, and `status` is "passed". Where it is so in some starts only, these are its
    successor's, too, and nothing is counted of them.

    Twice, along two chains that share nothing but power-on: from `task.starts` for training, from
    `task.test_starts` for tests.

    What a user can expect to go wrong (no expert file, one that cannot be loaded, no start state)
    becomes a report with `status` "failed", `reason` and `error`, and empty states.

    Args:
        task: The milestone and its expert.
        machine: What to play on.
        episodes: Number of episodes by which the expert is judged.
        recorded: Episodes to record training starts from, the former among them, once one of them
            has succeeded.
        tested: Episodes from the test starts: the measure of a student, and its successor's test
            starts.
        outputs: Files to write: `report`, `trajectories`, `states`, `test_states`.
        progress: Told how many episodes reached it.

    Returns:
        The report, as written.
    """
    played = _Played()
    if _passes_through(task):
        return _write_passed(task, outputs, progress)
    reason, error = _find_obstacle(task)
    starts = 0 if reason else len(task.load_starts())
    if reason is None:
        try:
            played = _play(task, machine, (episodes, recorded, tested), progress)
        except ExpertError as load_error:
            reason, error = "expert cannot be loaded", str(load_error)
            if str(task.expert) not in error:
                error = f"{task.expert}: {error}"
        except UserError as start_error:
            reason, error = "episodes cannot be played", str(start_error)
    if reason is None and played.judged:
        error = _explain_failure(task, played.judged)
    states, test_states = played.collect_states()
    judged, tests = leave_out_reached(played.judged), leave_out_reached(played.tests)
    report = {
        "milestone_id": task.milestone.id,
        "status": "failed" if reason else "evaluated",
        "reason": reason,
        "error": error,
        **summarize_episodes(judged),
        "start_states": starts,
        "recorded_states": len(states),
        "recorded_test_states": len(test_states),
        "test": {**summarize_successes(tests), "episodes": len(tests)},
        "confinement": played.layers,
    }
    _write(task, outputs, report, (states, test_states), judged, progress)
    return report


def _write(
    task: Task,
    outputs: Mapping[str, Path],
    report: dict[str, Any],
    states: tuple[Sequence[StartState], Sequence[StartState]],
    judged: Sequence[Episode],
    progress: Progress,
) -> None:
    game = task.load_game()
    identity = game.identify(task.rom)
    for name, recorded in zip(("states", "test_states"), states, strict=True):
        _record_states(outputs[name], recorded, identity, progress)
    replays = record_replays(judged, "expert_eval")
    Replays(task.milestone.id, game.actions, replays).write(outputs["trajectories"])
    write_json(outputs["report"], report)


def _passes_through(task: Task) -> bool:
    """Whether the milestone is reached in each of its start states; what fails is told later."""
    if task.starts is None:  # power-on: that `done_when` says nothing, and was refused
        return False
    env = None
    try:
        env = GameEnv(task.game_dir, task.rom, task.milestone)
        starts = [*task.load_starts(), *task.load_test_starts()]
        resets = (env.reset(seed=0, options={"state": start.data}) for start in starts)
        return bool(starts) and all(info["success"] for _, info in resets)
    except UserError:
        return False
    finally:
        if env is not None:
            env.close()


def _write_passed(task: Task, outputs: Mapping[str, Path], progress: Progress) -> dict[str, Any]:
    """The report of a milestone that passes through: its starts are its successor's."""
    starts, tests = task.load_starts(), task.load_test_starts() or task.load_starts()
    report = {
        "milestone_id": task.milestone.id,
        "status": "passed",
        "reason": "already reached wherever it starts, so there is nothing to learn",
        "error": None,
        **summarize_episodes([]),
        "start_states": len(starts),
        "recorded_states": len(starts),
        "recorded_test_states": len(tests),
        "test": {**summarize_successes([]), "episodes": 0},
        "confinement": {},
    }
    progress(f"already reached in all {len(starts)} start states, which pass through")
    _write(task, outputs, report, (starts, tests), [], progress)
    return report


@dataclass
class _Played:
    judged: list[Episode] = field(default_factory=list)
    recorded: list[Episode] = field(default_factory=list)
    tests: list[Episode] = field(default_factory=list)
    layers: dict[str, str] = field(default_factory=dict)

    def collect_states(self) -> tuple[list[StartState], list[StartState]]:
        """The successor's starts for training, and for tests none that is among the former."""
        states = _get_ends([*self.judged, *self.recorded], "ep")
        seen = {state.data for state in states}
        unseen = [state for state in _get_ends(self.tests, "test_ep") if state.data not in seen]
        return states, unseen or states


def _get_ends(played: Sequence[Episode], prefix: str) -> list[StartState]:
    return [
        StartState(f"{prefix}{number}.state", episode.state)
        for number, episode in enumerate(played, 1)
        if episode.success
    ]


def _play(
    task: Task, machine: Machine, counts: tuple[int, int, int], progress: Progress
) -> _Played:
    """Judges the expert, and if it has any success, records training starts and plays the tests."""
    episodes, recorded, tested = counts
    starts, tests = task.load_starts(), task.load_test_starts() or task.load_starts()
    spec = RolloutSpec(task, task.milestone.max_steps, unconfined=machine.unconfined_experts)
    behaviour = Behaviour(keep_state=True)
    with Rollouts(spec, min(machine.num_envs, max(counts)), progress=progress) as rollouts:
        plans = plan_episodes(task, starts, episodes, "expert_eval")
        with naming_state(task.starts):
            judged = rollouts.play(plans, behaviour, on_episode=report_last(progress, episodes))
        if repetition := describe_repetition(judged):
            progress(repetition)
        if not any(episode.success for episode in judged):
            return _Played(judged, layers=rollouts.layers)
        plans = plan_episodes(task, starts, max(0, recorded - episodes), "expert_record")
        with naming_state(task.starts):
            more = rollouts.play(plans, behaviour)
        plans = plan_episodes(task, tests, tested, "expert_test")
        with naming_state(task.test_starts):
            return _Played(judged, more, rollouts.play(plans, behaviour), rollouts.layers)


def _explain_failure(task: Task, played: Sequence[Episode]) -> str | None:
    """Whether the expression may be to blame that no episode reached it; None where one did.

    Replays the first episodes, frame for frame, for the states that were seen in them.
    """
    whole = [episode for episode in played if episode.outcome in (Outcome.TIMEOUT, Outcome.LOST)]
    if any(episode.success for episode in played) or not whole:
        return None
    starts = {start.name: start.data for start in task.load_starts()}
    states = []
    env = GameEnv(task.game_dir, task.rom, task.milestone, task.milestone.max_steps)
    try:
        for episode in whole[:_REPLAYED]:
            start = starts[episode.plan.start.name]
            _, info = env.reset(seed=episode.plan.seed, options={"state": start})
            states.append(info["state"])
            states += [env.step(act)[-1]["state"] for act in episode.acts]
    finally:
        env.close()
    return describe_never_true(task.milestone, states)


def _find_obstacle(task: Task) -> tuple[str | None, str | None]:
    """What keeps an expert from being evaluated: (reason, details with the next step)."""
    if not exists(task.expert):
        return "no expert file", _describe_missing(task.expert)
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


def _record_states(
    path: Path, states: Sequence[StartState], identity: str, progress: Progress
) -> None:
    """Writes the states; without any, those of the last evaluation that had some.

    A broken expert thus fails its own milestone and not all that come after it.
    """
    kept = path.with_name(LAST_SUCCESS + path.name)
    try:
        if not states and recorded_with(kept, identity):
            states = load_start_states(kept)
            progress(
                f"no success: the next milestone starts from {len(states)} states of an earlier run"
            )
    except DamagedFile as error:
        progress(f"no success, and no states of an earlier run: {error}")
    save_start_states(path, states, identity)
    if states:
        write_bytes(kept, read_bytes(path))
