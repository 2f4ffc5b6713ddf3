"""DAgger over whole runs: the agent plays, and is told at each step which milestone is due.

After Le et al. 2018, "Hierarchical Imitation and Reinforcement Learning": an expert's button is a
lesson for the student of the milestone that is due, whatever the agent believes; and whether its
belief is before, at or after that milestone is one for the switchers, which end what Sutton, Precup
and Singh 1999, "Between MDPs and semi-MDPs", call an option. A run goes on after a wrong belief.
"""

import copy
import statistics
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from autodagger.agent.agent import Agent, save_agent
from autodagger.agent.chain import Chain
from autodagger.agent.dataset import JourneyDataset, pack_journeys, unpack_journeys
from autodagger.agent.fitting import Fitted, fit_agent
from autodagger.agent.journey import Conduct, Driver, Journey, JourneyPlan, JourneyPlayer
from autodagger.agent.network import AgentNetwork
from autodagger.agent.options import AgentOptions
from autodagger.dagger.checkpoint import Checkpoint
from autodagger.dagger.checkpoint import fingerprint as fingerprint_student
from autodagger.dagger.options import TrainingOptions
from autodagger.dagger.training import Tracker
from autodagger.files import digest_json, sha256_file, write_bytes, write_json
from autodagger.rollout.pool import Rollouts
from autodagger.sources import list_game_sources, list_sources
from autodagger.stats import wilson_interval
from autodagger.student.device import choose_device, compute_repeatably, name_device
from autodagger.student.model_file import Origin
from autodagger.student.networks import Student
from autodagger.task import Budget, Machine, Progress

PRACTISED = 2
"""Milestones of a practice run: the one that it starts at and the next: a belief changes in it."""


@dataclass(frozen=True)
class Round:
    """One round: what was learnt, and how the agent then played.

    Attributes:
        iteration: Number, from 0.
        journeys: Whole runs it played.
        successes: Those that reached the last milestone without help.
        interval: Wilson's 95 % interval of their share.
        helped: Those in which an expert had to finish a milestone.
        rescued: How often which one, by id.
        practice: Short runs it played, with noise.
        practice_successes: Those that reached their end.
        screens: Distinct screens it had learnt from.
        labels: Distinct labelled screens among them.
        student_accuracy: Mean over the milestones.
        switcher_accuracy: Likewise.
        train_steps: Gradient steps of all students.
    """

    iteration: int
    journeys: int
    successes: int
    interval: tuple[float, float]
    helped: int
    rescued: dict[str, int]
    practice: int
    practice_successes: int
    screens: int
    labels: int
    student_accuracy: float
    switcher_accuracy: float
    train_steps: int


def fingerprint(
    chain: Chain,
    models: Sequence[str | Path],
    budgets: Sequence[Budget],
    options: AgentOptions,
    training_options: TrainingOptions,
) -> dict[str, str]:
    """Digests of what an agent depends on, by name: equal ones train equal agents."""
    parts = [
        fingerprint_student(task, training_options, budget)
        for task, budget in zip(chain.tasks, budgets, strict=True)
    ]
    adapter = chain.tasks[0].game_dir / "adapter.py"
    program = [*list_sources("agent.training"), *list_game_sources(adapter)]
    return {
        **{name: digest_json([part[name] for part in parts]) for name in parts[0]},
        "students": digest_json([sha256_file(model) for model in models]),
        "agent_options": digest_json(asdict(options)),
        "program": digest_json([sha256_file(source) for source in program]),
    }


def train_agent(
    chain: Chain,
    students: Sequence[Student],
    budgets: Sequence[Budget],
    options: AgentOptions,
    training_options: TrainingOptions,
    machine: Machine,
    depends_on: Mapping[str, str],
    *,
    checkpoint_dir: Path,
    outputs: Mapping[str, Path],
    progress: Progress,
    tracker: Tracker | None = None,
) -> dict[str, Any]:
    """Makes one player of all students, continuing after a kill where it stood.

    Args:
        chain: The milestones.
        students: Their students, one each.
        budgets: What each of them was given; past those steps a run is stuck in training.
        options: See config.yaml.
        training_options: Of the students' training; the agent's students go on with them.
        machine: What to compute on.
        depends_on: Digests of all that it is made from; checkpoints of others are not used.
        checkpoint_dir: Holds the training's state until it completes.
        outputs: Files to write: `agent`, `training`.
        progress: Told of each round.
        tracker: Gets each round's metrics.

    Returns:
        The content of training.json.

    Raises:
        ExpertError: An expert fails to load.
    """
    torch.set_num_threads(1)  # milestones side by side are faster
    compute_repeatably()
    checkpoint = Checkpoint(checkpoint_dir, depends_on, progress)
    device = choose_device(machine.cuda)
    print(f"training on {name_device(device)}", file=sys.stderr)  # to the log
    limits = [budget.max_episode_steps for budget in budgets]
    spec = chain.get_spec(limits, students[0].args.view, machine.unconfined_experts)
    with Rollouts(spec, machine.num_envs, JourneyPlayer, progress) as rollouts:
        training = _Training(
            chain, options, training_options, rollouts, device, machine.threads, progress
        )
        training.run(students, checkpoint, tracker)
    report = training.write(outputs, depends_on)
    checkpoint.finish()
    return report


class _Training:
    def __init__(
        self,
        chain: Chain,
        options: AgentOptions,
        training_options: TrainingOptions,
        rollouts: Rollouts,
        device: torch.device,
        threads: int,
        progress: Progress,
    ) -> None:
        self._chain, self._options, self._training_options = chain, options, training_options
        self._rollouts, self._device, self._progress = rollouts, device, progress
        self._threads = threads
        self._rounds: list[dict[str, Any]] = []

    def run(
        self, students: Sequence[Student], checkpoint: Checkpoint, tracker: Tracker | None
    ) -> None:
        """All rounds.

        What a checkpoint holds is not played again; what came of it is learnt once more, which
        gives the same.
        """
        rounds = self._options.agent_rounds
        saved = list(checkpoint.load())
        torch.manual_seed(self._chain.derive_seed("network"))
        network = AgentNetwork.of(students).to(self._device)
        dataset = JourneyDataset(students[0].args.view, len(students))
        for number in range(rounds + 1):  # 0 is the experts'
            fitted = self._fit(network, dataset, number) if number else []
            if number < len(saved):
                played = unpack_journeys(saved[number])
                report = saved[number]["round"]
            else:
                played = self._play(network, number) if number else self._demonstrate()
                report = self._describe(number, played, fitted, dataset) if number else None
                checkpoint.save(number, {"round": report, **pack_journeys(played)})
                self._tell(checkpoint, report)
            dataset.add(played)
            if report:
                self._keep(report, network)
                if tracker:
                    tracker.log(report)

    def _demonstrate(self) -> list[Any]:
        """Whole runs of the experts, half of them with noise."""
        count = self._options.agent_demonstrations
        plans = self._chain.plan_journeys(count, "demonstrations")
        noisy = (count + 1) // 2
        played = self._rollouts.play(
            plans[:noisy],
            Conduct(Driver.EXPERTS, self._training_options.dart_noise, rescue=True, keep_obs=True),
        )
        played += self._rollouts.play(
            plans[noisy:], Conduct(Driver.EXPERTS, rescue=True, keep_obs=True)
        )
        reached = sum(one.success for one in played)
        self._progress(f"{reached}/{count} runs of the experts reach the end, {noisy} with noise")
        return played

    def _fit(self, network: AgentNetwork, dataset: JourneyDataset, number: int) -> list[Fitted]:
        seed = self._chain.derive_seed("fit", number)
        return fit_agent(
            network, dataset, self._training_options, self._device, seed, self._threads
        )

    def _play(self, network: AgentNetwork, number: int) -> list[Any]:
        """Whole runs first, as the agent is; then short ones with noise.

        In these it sees what it would not come across by itself, from every milestone's start.
        """
        agent = Agent(network, self._chain.ids, self._device)
        plans = self._chain.plan_journeys(self._options.agent_journeys, "journeys", number)
        conduct = Conduct(Driver.AGENT, rescue=True, keep_obs=True)
        played = self._rollouts.play(plans, conduct, agent)
        if number == self._options.agent_rounds:  # nobody learns from these any more
            return played
        noise = self._training_options.dart_noise
        practice = Conduct(Driver.AGENT, noise, keep_obs=True)
        return played + self._rollouts.play(self._plan_practice(number), practice, agent)

    def _plan_practice(self, number: int) -> list[JourneyPlan]:
        plans = []
        for first, task in enumerate(self._chain.tasks):
            starts = task.load_starts()
            rng = np.random.default_rng(self._chain.derive_seed("starts", number, first))
            for k in range(self._options.agent_practice):
                start = starts[rng.integers(len(starts))]
                seed = self._chain.derive_seed("practice", number, first, k)
                end = min(first + PRACTISED, len(self._chain.tasks))
                plans.append(JourneyPlan(seed, start, first, end))
        return plans

    def _describe(
        self,
        number: int,
        played: Sequence[Journey],
        fitted: Sequence[Fitted],
        dataset: JourneyDataset,
    ) -> dict[str, Any]:
        whole = played[: self._options.agent_journeys]
        practice = played[self._options.agent_journeys :]
        successes = sum(one.success and not one.rescued for one in whole)
        rescued = [self._chain.ids[due] for one in whole for due in one.rescued]
        report = Round(
            iteration=number - 1,
            journeys=len(whole),
            successes=successes,
            interval=wilson_interval(successes, len(whole)),
            helped=sum(bool(one.rescued) for one in whole),
            rescued={name: rescued.count(name) for name in dict.fromkeys(rescued)},
            practice=len(practice),
            practice_successes=sum(one.success for one in practice),
            screens=len(dataset.screens),
            labels=sum(one.labels for one in fitted),
            student_accuracy=_mean(one.student_accuracy for one in fitted),
            switcher_accuracy=_mean(one.switcher_accuracy for one in fitted),
            train_steps=sum(one.student_steps for one in fitted),
        )
        return asdict(report) | {"interval": list(report.interval)}

    def _tell(self, checkpoint: Checkpoint, report: Mapping[str, Any] | None) -> None:
        if report is None:
            return
        done, rounds = report["iteration"] + 1, self._options.agent_rounds
        short = f", {report['practice_successes']}/{report['practice']} short ones with noise"
        self._progress(
            f"round {done}/{rounds}: {report['successes']}/{report['journeys']} whole runs reach "
            f"the end{short if report['practice'] else ''}"
        )
        checkpoint.tell(done, rounds, report["successes"] / report["journeys"])

    def _keep(self, report: dict[str, Any], network: AgentNetwork) -> None:
        """Of equally good agents the later one has learnt more.

        Who needed no help lost by chance, as experts do, who do not always win.
        """
        self._rounds.append(report)
        if report["helped"] <= min(one["helped"] for one in self._rounds):
            self._best, self._best_round = copy.deepcopy(network).cpu(), report

    def write(self, outputs: Mapping[str, Path], digests: Mapping[str, str]) -> dict[str, Any]:
        """Writes the agent and the metrics."""
        game = self._chain.tasks[0].game_dir.resolve().name
        origin = Origin(game, self._rollouts.screen_size)
        content = save_agent(self._best, self._chain.ids, digests, self._best_round, origin)
        write_bytes(outputs["agent"], content)
        report = {
            "milestones": self._chain.ids,
            "rounds": self._rounds,
            "best_round": self._best_round["iteration"],
            "device": name_device(self._device),
            "agent_sha256": sha256_file(outputs["agent"]),
            "digests": dict(digests),
        }
        write_json(outputs["training"], report)
        return report


def _mean(values: Iterable[float]) -> float:
    return round(statistics.fmean(values), 4)
