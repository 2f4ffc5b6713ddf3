"""The judge: whole runs from power-on, on seeds that training never used.

The same for experts played in one go and for students that the judge switches, so that acting and
switching can be told apart.
"""

import statistics
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from autodagger.agent.agent import Agent, load_agent
from autodagger.agent.chain import Chain
from autodagger.agent.journey import NO_BELIEF, Conduct, Driver, Journey, JourneyPlayer
from autodagger.errors import UserError
from autodagger.evaluation.episodes import describe_repetition, summarize_successes
from autodagger.files import read_object, reading, sha256_file, write_json
from autodagger.rollout.episode import Episode, Outcome
from autodagger.rollout.pool import Rollouts
from autodagger.student.device import choose_device, compute_repeatably
from autodagger.student.networks import Student
from autodagger.student.policy import GreedyPolicy
from autodagger.task import Machine, Progress

STUCK, EARLY, LATE, LOST, ERROR = (
    "stuck",
    "moved on too early",
    "moved on too late",
    "lost",
    "error",
)
ENDS = (STUCK, EARLY, LATE, LOST, ERROR)
"""Why a run ended before the last milestone."""

_WHAT, _ADVICE = "runs of the agent", "Delete that file and start the run again, which plays them."


@dataclass(frozen=True)
class Run:
    """A run of the agent's as it is kept, to be played again.

    Attributes:
        number: From 1.
        seed: Of the game's timing.
        success: Whether it reached the last milestone.
        acts: T action indices.
        due: T milestone indices, the one due before each step.
        beliefs: T indices, the one that the agent believed in when it acted.
    """

    number: int
    seed: int
    success: bool
    acts: Sequence[int]
    due: Sequence[int]
    beliefs: Sequence[int]


class SwitchedStudents:
    """The students, each where the judge says that its milestone is due: a `Policy`."""

    def __init__(self, students: Sequence[Student], device: torch.device) -> None:
        self._policies = [GreedyPolicy(student.to(device), device) for student in students]

    def __call__(self, obs: np.ndarray, contexts: Sequence[tuple[int, int]]) -> list[int]:
        """B action indices for observations (B, H, W, C), and a student and the action before."""
        return [
            self._policies[due](obs[k : k + 1], [prev_act])[0]
            for k, (due, prev_act) in enumerate(contexts)
        ]


def evaluate_agent(
    chain: Chain,
    agent_file: Path,
    students: Sequence[Student],
    machine: Machine,
    *,
    runs: int,
    gap: str | None,
    outputs: Mapping[str, Path],
    progress: Progress,
) -> dict[str, Any]:
    """Plays whole runs: the agent, the experts, and the students as the judge switches them.

    Args:
        chain: The milestones.
        agent_file: The agent's `.pth`.
        students: One for each milestone.
        machine: What to compute on.
        runs: Runs of each.
        gap: What stands behind the last milestone of the chain, if that is not the game's last.
        outputs: Files to write: `report`, `runs`.
        progress: Told how many runs reach the end.

    Returns:
        The report, as written.

    Raises:
        UserError: The agent cannot be read, or is another one than belongs there.
    """
    torch.set_num_threads(machine.threads)
    compute_repeatably()
    device = choose_device(machine.cuda)
    network, content = load_agent(agent_file)
    if content["milestones"] != chain.ids:
        raise UserError(
            f"model {agent_file}: found an agent of {len(content['milestones'])} other milestones; "
            f"expected {', '.join(chain.ids)}. Delete it and run Snakemake, which trains it again."
        )
    players = {
        Driver.AGENT: Agent(network, chain.ids, device),
        Driver.EXPERTS: None,
        Driver.STUDENTS: SwitchedStudents(students, device),
    }
    spec = chain.get_spec(chain.limits, network.args.view, machine.unconfined_experts)
    plans = chain.plan_journeys(runs, "judge")
    parts: dict[Driver, dict[str, Any]] = {}
    with Rollouts(spec, min(machine.num_envs, runs), JourneyPlayer, progress) as rollouts:
        for driver, player in players.items():
            report_one = _report_progress(progress, driver, runs)
            conduct = Conduct(driver, labelled=False)
            played: list[Any] = rollouts.play(plans, conduct, player, report_one)
            parts[driver] = summarize_runs(played, chain.ids)
            if driver is Driver.AGENT:
                kept = [_keep(number, journey) for number, journey in enumerate(played, 1)]
                if repetition := describe_repetition(played):
                    progress(repetition)
    experts = parts[Driver.EXPERTS]
    report = {
        "agent_sha256": sha256_file(agent_file),
        "gap": gap,
        **parts[Driver.AGENT],
        "steps_of_experts": _divide(parts[Driver.AGENT]["mean_steps"], experts["mean_steps"]),
        "experts": experts,
        "students": parts[Driver.STUDENTS],
    }
    actions = list(chain.actions)
    write_json(outputs["runs"], {"actions": actions, "runs": [asdict(run) for run in kept]})
    write_json(outputs["report"], report)
    return report


def summarize_runs(played: Sequence[Journey], ids: Sequence[str]) -> dict[str, Any]:
    """What is known of all runs together, and where they ended and why."""
    reached = [journey.frames for journey in played if journey.success]
    ends = [(journey.passed, describe_end(journey)) for journey in played if not journey.success]
    return {
        "runs": len(played),
        **summarize_successes(played),
        "mean_frames": round(statistics.fmean(reached), 4) if reached else None,
        "milestones": [
            {
                "milestone_id": name,
                "passed": sum(journey.passed > number for journey in played),
                "ended": sum(place == number for place, _ in ends),
                "why": dict(Counter(why for place, why in ends if place == number)),
            }
            for number, name in enumerate(ids)
        ],
        "errors": sorted({journey.error for journey in played if journey.error}),
    }


def describe_end(journey: Journey) -> str:
    """Why a run ended before the last milestone."""
    if journey.outcome is Outcome.LOST:
        return LOST
    if journey.outcome is Outcome.ERROR:
        return ERROR
    belief = journey.beliefs[-1] if journey.beliefs else NO_BELIEF
    if belief in (NO_BELIEF, journey.passed):
        return STUCK
    return EARLY if belief > journey.passed else LATE


def read_runs(path: Path, milestones: int) -> tuple[list[str], list[Run]]:
    """The actions' names and the runs that `evaluate_agent` kept.

    Args:
        path: The file.
        milestones: How many the agent has.

    Raises:
        DamagedFile: They cannot be read.
    """
    content: dict[str, Any] = read_object(path, _WHAT, _ADVICE)
    with reading(_WHAT, path, _ADVICE):
        runs = [Run(**one) for one in content["runs"]]
        known = range(len(content["actions"]))
        for run in runs:
            if not {*run.acts} <= {*known} or not len(run.acts) == len(run.due) == len(run.beliefs):
                raise ValueError(f"found run {run.number} with steps that do not fit together")
            if not {*run.due, *run.beliefs} <= {*range(milestones)}:
                raise ValueError(f"found run {run.number} with milestones that are not there")
        return content["actions"], runs


def _keep(number: int, journey: Journey) -> Run:
    lists = (list(part) for part in (journey.acts, journey.due, journey.beliefs[: journey.steps]))
    return Run(number, journey.plan.seed, journey.success, *lists)


def _divide(own: float | None, experts: float | None) -> float | None:
    return round(own / experts, 4) if own is not None and experts else None


def _report_progress(progress: Progress, driver: Driver, total: int) -> Callable[[Episode], None]:
    """Tells of each fifth of the runs, and of the last."""
    names = {
        Driver.AGENT: "the agent",
        Driver.EXPERTS: "the experts in one go",
        Driver.STUDENTS: "the students, switched by the judge",
    }
    every = max(1, total // 5)
    counts: Counter[str] = Counter()

    def report(episode: Episode) -> None:
        counts["played"] += 1
        counts["reached"] += episode.success
        if counts["played"] % every == 0 or counts["played"] == total:
            done = f"{counts['reached']} of {counts['played']}"
            progress(f"{names[driver]}: {done} runs reach the end ({total} to play)")

    return report
