"""What every job is about, and the machine it runs on."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from autodagger.errors import show
from autodagger.expert.desk import ASKING, mentions
from autodagger.expert.vision import Vision
from autodagger.files import read_object, reading
from autodagger.game.contract import Game, load_game
from autodagger.game.milestone import Milestone
from autodagger.game.starts import StartState, load_start_states
from autodagger.seeding import derive_seed

Progress = Callable[[str], None]
"""Takes one event as a line of text, e.g. "iteration 2/10: 9/10 episodes reach it"."""

DECISIONS = ("train", "pass", "fail")
"""Of a milestone's budget: a student is trained, or there is nothing, or nobody, to learn from."""

PROGRESS_NOTE = "progress.json"
"""Where a training, in its checkpoint's folder, says how far it is."""


@dataclass(frozen=True)
class Task:
    """One milestone of a game, with all that its results depend on.

    Attributes:
        game_dir: The game's folder.
        rom: ROM file; None for a game without one.
        milestone: What the episodes are for.
        expert: The expert's file, whether it is there or not.
        tools: Files of functions that experts may call.
        starts: File of start states for evaluating the expert and for training, see
            `load_start_states`; None is power-on.
        test_starts: Likewise, for testing: states that nothing of the training has seen. Where only
            one start exists it is the same.
        seed: The run's seed.
        vision: Who answers the expert's questions about the screen; None: nobody.
    """

    game_dir: Path
    rom: Path | None
    milestone: Milestone
    expert: Path
    tools: tuple[Path, ...] = ()
    starts: Path | None = None
    test_starts: Path | None = None
    seed: int = 0
    vision: Vision | None = None

    @property
    def vision_model(self) -> str:
        """The vision model that its results depend on; "" where no expert or tool asks any."""
        asks = self.vision is not None and mentions((self.expert, *self.tools), ASKING)
        return self.vision.model if self.vision and asks else ""

    def load_game(self) -> Game:
        """The game's adapter."""
        return load_game(self.game_dir)

    def load_starts(self) -> list[StartState]:
        """Where episodes begin; nowhere, if the evaluation that recorded them had no success."""
        return load_start_states(self.starts)

    def load_test_starts(self) -> list[StartState]:
        """Where tests begin."""
        return load_start_states(self.test_starts)

    def derive_seed(self, *purpose: str | int) -> int:
        """A seed for one purpose within this milestone."""
        return derive_seed(self.seed, self.milestone.id, *purpose)


@dataclass(frozen=True)
class Machine:
    """What a job may use; it changes no result.

    Attributes:
        num_envs: Games played at once, each in a process.
        threads: CPU threads of the network.
        cuda: Whether to compute on a GPU where there is one.
        unconfined_experts: Whether experts may run where they cannot be confined.
    """

    num_envs: int = 4
    threads: int = 1
    cuda: bool = True
    unconfined_experts: bool = False


@dataclass(frozen=True)
class Budget:
    """What a student is given, from its expert's evaluation.

    Attributes:
        max_episode_steps: Longest episode, in steps.
        expert_success_rate: What it is measured against.
    """

    max_episode_steps: int
    expert_success_rate: float

    @classmethod
    def read(cls, path: str | Path) -> "Budget":
        """What a budget.json with the decision to train says.

        Raises:
            DamagedFile: It cannot be read, or says nothing of that kind.
        """
        plan = read_object(path, "budget")
        with reading("budget", path):
            steps, rate = plan["max_episode_steps"], plan["expert_success_rate"]
            if not isinstance(steps, int) or steps < 1 or not 0 <= rate <= 1:
                raise ValueError(f"found {show(steps)} steps, expert_success_rate {show(rate)}")
        return cls(steps, rate)
