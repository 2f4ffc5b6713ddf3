"""Episodes that a policy plays by the screen alone, judged by the game's memory."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from autodagger.agent.journey import Judge
from autodagger.errors import UserError
from autodagger.game.env import GameEnv
from autodagger.game.milestone import Milestone
from autodagger.game.starts import StartState
from autodagger.player.policy import Policy
from autodagger.rollout.episode import EpisodePlan, Outcome
from autodagger.stats import wilson_interval

OnStep = Callable[[str, str], None]
"""Told, before each step, of the button and of the milestone that is played for."""


@dataclass(frozen=True)
class Goal:
    """What episodes are for.

    Attributes:
        milestones: To be reached one after another.
        limits: Steps after which an episode is stuck in each.
    """

    milestones: Sequence[Milestone]
    limits: Sequence[int]


@dataclass(frozen=True)
class Played:
    """One episode after it was played.

    Attributes:
        number: From 1.
        plan: Its seed and start.
        outcome: How it ended.
        steps: Taken.
        passed: Milestones reached.
    """

    number: int
    plan: EpisodePlan
    outcome: Outcome
    steps: int
    passed: int

    @property
    def success(self) -> bool:
        """Whether it reached the goal."""
        return self.outcome is Outcome.REACHED


class Table:
    """A policy before its game; use it in a `with` block.

    Args:
        policy: It.
        game_dir: The game's folder.
        rom: ROM file; None for a game without one.
        goal: What episodes are for.

    Raises:
        UserError: The game cannot be opened, or has other buttons than the policy.

    Attributes:
        env: The game; a process has room for one.
    """

    def __init__(self, policy: Policy, game_dir: Path, rom: Path | None, goal: Goal) -> None:
        self._policy, self._goal = policy, goal
        self._judge = Judge(goal.milestones, goal.limits)
        self.env = GameEnv(game_dir, rom)
        if (found := self.env.game.actions) != policy.actions:
            self.env.close()
            raise UserError(
                f"game {game_dir}: its buttons are {', '.join(found)}; the model knows "
                f"{', '.join(policy.actions)}. Name the model's own game with --game."
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.env.close()

    def begin(self, plan: EpisodePlan) -> None:
        """The episode's first screen."""
        self._plan = plan
        self._screen, info = self.env.reset(seed=plan.seed, options={"state": plan.start.data})
        self._policy.reset()
        self._outcome = self._judge.begin(plan, info["state"])
        if self._outcome is Outcome.REACHED:
            raise UserError(
                f"start {plan.start.name}: there {self._goal.milestones[-1].id} is reached "
                "already. Name another one with --start."
            )

    def play(self, number: int, on_step: OnStep) -> Played:
        """From the first screen to the end."""
        steps = 0
        while self._outcome is Outcome.RUNNING:
            button = self._policy.act(self._screen)
            on_step(button, self._policy.milestone)
            self._screen, *_, info = self.env.step(self.env.game.actions.index(button))
            steps += 1
            self._outcome = self._judge.judge(info["state"], self.env.simulator.has_ended)
        return Played(number, self._plan, self._outcome, steps, self._judge.due)


def plan_play(starts: Sequence[StartState], episodes: int, seed: int) -> list[EpisodePlan]:
    """Episodes with seeds one after another, from all starts in turn."""
    return [EpisodePlan(seed + k, starts[k % len(starts)]) for k in range(episodes)]


def describe(played: Played, goal: Goal) -> str:
    """An episode as a line."""
    ids = [milestone.id for milestone in goal.milestones]
    place = f"episode {played.number} (seed {played.plan.seed}, from {played.plan.start.name})"
    if played.success:
        return f"{place}: reached {ids[-1]} in {played.steps} steps"
    due = ids[played.passed]
    way = "lost" if played.outcome is Outcome.LOST else "stuck"
    passed = f", after {played.passed} of {len(ids)} milestones" if len(ids) > 1 else ""
    return f"{place}: {way} in {due} after {played.steps} steps{passed}"


def summarize(played: Sequence[Played]) -> str:
    """All episodes as a line, with Wilson's interval."""
    successes = sum(one.success for one in played)
    low, high = wilson_interval(successes, len(played))
    rate = successes / len(played) if played else 0.0
    return f"{successes} of {len(played)} reached: {rate:.2f} (95 %: {low:.2f} to {high:.2f})"
