"""`autodagger.load`: a trained file as a player, with nothing else around it.

Needs torch, numpy and Pillow alone: no emulator, no Gymnasium, no workflow.
"""

from pathlib import Path
from typing import Protocol

import numpy as np
import torch

from autodagger.agent.agent import FORMAT as AGENT_FORMAT
from autodagger.agent.agent import Agent, build_agent
from autodagger.agent.network import AgentNetwork
from autodagger.player.screen import check_screen
from autodagger.student.model_file import FORMAT, Origin, build_student, read_model, read_origin
from autodagger.student.networks import Student
from autodagger.student.policy import GreedyPolicy
from autodagger.student.view import Watcher

_CPU = torch.device("cpu")


class Brain(Protocol):
    """Who decides: an agent, or a student with what it remembers.

    Attributes:
        milestones: What it was trained for.
        buttons: What it can press.
    """

    milestones: tuple[str, ...]
    buttons: tuple[str, ...]

    @property
    def belief(self) -> str:
        """The milestone that it plays for."""

    def reset(self) -> None:
        """An episode begins."""

    def act(self, screen: np.ndarray) -> str:
        """The button for a step, from (H, W, 3) uint8 RGB."""


class Policy:
    """Plays from the screen alone; what it has to remember, it keeps by itself.

    It computes in float32 on the CPU, on every machine, so that what is exported does the same.

    Args:
        brain: Who decides.
        network: What it consists of, as its file holds it.
        origin: The game that it was trained for; None of files that do not say.

    Attributes:
        actions: Names of what it can press, in the order of the game's actions.
        milestones: What it was trained for: a student's one, the agent's all, in their order.
        network: Likewise.
        origin: Likewise.
        screen_size: Height and width that `act` expects, in pixels. Where the file does not say,
            those of the first screen, and None before it.
    """

    def __init__(
        self, brain: Brain, network: Student | AgentNetwork, origin: Origin | None = None
    ) -> None:
        self._brain, self.network, self.origin = brain, network, origin
        self.actions, self.milestones = brain.buttons, brain.milestones
        self.screen_size = origin.screen if origin else None

    @property
    def milestone(self) -> str:
        """What it plays for now: a student's own, of the agent the one that it believes due."""
        return self._brain.belief

    def reset(self) -> None:
        """An episode begins: of a student at a start state, of the agent at power-on."""
        self._brain.reset()

    def act(self, screen: np.ndarray) -> str:
        """The button for a step.

        Args:
            screen: (H, W, 3) uint8 RGB, 0 to 255, the game's whole screen as the console gives it.

        Returns:
            One of `actions`.

        Raises:
            UserError: It is no such screen; says what was found, and what to do.
        """
        check_screen(screen, self.screen_size)
        self.screen_size = screen.shape[:2]
        return self._brain.act(screen)


def load(path: str | Path) -> Policy:
    """The player of a student's `.pth` or of an `agent.pth`; no code of the file is run.

    Raises:
        UserError: The file is neither, or damaged.
    """
    path = Path(path)
    content = read_model(path, "a student or an agent", FORMAT, AGENT_FORMAT)
    origin = read_origin(path, content)
    if content["format"] == AGENT_FORMAT:
        network = build_agent(path, content)
        agent = Agent(network, content["milestones"], _CPU, torch.float32)
        return Policy(agent, network, origin)
    student = build_student(path, content)
    return Policy(StudentPlayer(student, str(content.get("milestone_id"))), student, origin)


class StudentPlayer:
    """A student with what it remembers: the screens and the button before.

    Args:
        student: It is copied.
        milestone: What it was trained for.
    """

    def __init__(self, student: Student, milestone: str) -> None:
        self.milestones: tuple[str, ...] = (milestone,)
        self.buttons = student.args.actions
        self._view = student.args.view
        self._policy = GreedyPolicy(student, _CPU, torch.float32)
        self.reset()

    @property
    def belief(self) -> str:
        """Its milestone."""
        return self.milestones[0]

    def reset(self) -> None:
        """An episode begins."""
        self._watcher, self._prev_act = Watcher(self._view), 0

    def act(self, screen: np.ndarray) -> str:
        """The button for a step, from (H, W, 3) uint8 RGB."""
        [act] = self._policy(self._watcher.see(screen)[None], [self._prev_act])
        self._prev_act = act if self._view.previous_action else 0
        return self.buttons[act]
