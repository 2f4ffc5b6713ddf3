"""The milestones that an agent plays, one after another from power-on."""

from collections.abc import Sequence
from dataclasses import dataclass

from autodagger.agent.journey import JourneySpec
from autodagger.rollout.episode import EpisodePlan
from autodagger.seeding import derive_seed
from autodagger.student.view import View
from autodagger.task import Task


@dataclass(frozen=True)
class Chain:
    """All milestones of an agent.

    Attributes:
        tasks: In their order; the first one starts at power-on.
        seed: The run's seed.
    """

    tasks: tuple[Task, ...]
    seed: int

    @property
    def ids(self) -> list[str]:
        """The milestones' ids."""
        return [task.milestone.id for task in self.tasks]

    @property
    def actions(self) -> tuple[str, ...]:
        """The game's."""
        return self.tasks[0].load_game().actions

    @property
    def limits(self) -> tuple[int, ...]:
        """Steps that the judge gives each milestone: those of the milestone file."""
        return tuple(task.milestone.max_steps for task in self.tasks)

    def get_spec(self, limits: Sequence[int], view: View, unconfined: bool) -> JourneySpec:
        """What workers need to play it."""
        return JourneySpec(self.tasks, tuple(limits), view, unconfined)

    def derive_seed(self, *purpose: str | int) -> int:
        """A seed for one purpose of the agent's."""
        return derive_seed(self.seed, "agent", *purpose)

    def plan_journeys(self, count: int, *purpose: str | int) -> list[EpisodePlan]:
        """Whole runs from power-on, each with a seed of its own."""
        return [EpisodePlan(self.derive_seed(*purpose, k)) for k in range(count)]
