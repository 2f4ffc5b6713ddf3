"""The player: `reset()`, then `act(screen)` for each step, with nothing else from outside."""

import copy
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch

from autodagger.agent.memory import Memory
from autodagger.agent.network import STAY, AgentNetwork, Moments
from autodagger.student.device import get_computing_copy
from autodagger.student.model_file import (
    Origin,
    check_sizes,
    detach,
    from_builtins,
    load_weights,
    pack,
    read_model,
    to_builtins,
)
from autodagger.student.view import View, Watcher

FORMAT = "agent 1"

_LOOKS = 100_000  # kept at once, half a kilobyte each


class Agent:
    """Plays a whole game from pixels alone. Its memory is its own, and all that it has.

    Args:
        network: Its network; it is copied.
        milestones: Their ids, in the order that it reaches them.
        device: Where it computes.
        dtype: In which type the students do; None: the fastest there.

    Attributes:
        milestones: Likewise.
        buttons: Names of what it can press, in the order of the game's actions.
        memory: What it remembers now, see `Memory`.
    """

    def __init__(
        self,
        network: AgentNetwork,
        milestones: Sequence[str],
        device: torch.device = torch.device("cpu"),  # noqa: B008  a value, not a call's state
        dtype: torch.dtype | None = None,
    ) -> None:
        self.milestones, self.buttons = tuple(milestones), network.args.actions
        self._args, self._device = network.args, device
        self._students = [
            get_computing_copy(one, device, dtype).freeze()  # type: ignore[arg-type]
            for one in network.students
        ]
        self._looks: dict[tuple[int, int, bytes], tuple[np.ndarray, int]] = {}
        self._switchers = [copy.deepcopy(one).to(device).eval() for one in network.switchers]
        self.reset()

    @classmethod
    def load(cls, path: str | Path, device: torch.device = torch.device("cpu")) -> Self:  # noqa: B008
        """The agent of an `agent.pth`; no code of the file is run.

        Raises:
            UserError: The file is no agent of this program.
        """
        network, content = load_agent(Path(path))
        return cls(network, content["milestones"], device)

    def reset(self) -> None:
        """The game was switched on."""
        self.memory = Memory()
        self._watcher = Watcher(self._args.view)

    def act(self, screen: np.ndarray) -> str:
        """The button for a step.

        Args:
            screen: (H, W, 3) uint8 RGB, the game's whole screen.
        """
        act, self.memory = self.decide(self._watcher.see(screen), self.memory)
        return self.buttons[act]

    @property
    def belief(self) -> str:
        """The milestone that it believes to be due, as of the last `act`."""
        return self.milestones[self.memory.belief]

    def __call__(self, obs: np.ndarray, memories: Sequence[bytes]) -> list[tuple[int, bytes]]:
        """As a `Policy`: actions and memories afterwards, for observations (B, H, W, C)."""
        answers = [
            self.decide(one, Memory.unpack(memory))
            for one, memory in zip(obs, memories, strict=True)
        ]
        return [(act, memory.pack()) for act, memory in answers]

    @torch.inference_mode()
    def decide(self, obs: np.ndarray, memory: Memory) -> tuple[int, Memory]:
        """The action for an observation (H, W, C), and the memory afterwards.

        Looks first whether the believed milestone is due. Where it is reached, at the one after it,
        and so on; where another should come first, at the one before it, and no further: what is on
        the screen is seldom a reason to doubt more, and the next step can.
        """
        digest = View.digest(obs)
        allowed = {-1, 1}
        while True:
            units, act = self._look(memory, obs, digest)
            memory = memory.see(units)
            change = self._ask_switcher(memory, units) if allowed else 0
            belief = memory.belief + change
            if change not in allowed or not 0 <= belief < len(self._students):
                return act, memory.after(act)
            allowed = {1} if change > 0 else set()
            memory = memory.turn_to(belief)

    def _look(self, memory: Memory, obs: np.ndarray, digest: bytes) -> tuple[np.ndarray, int]:
        """The hidden units (U,) float16 of the believed milestone's student, and its action.

        Most screens come again, in this run or in another one: what was computed is kept.
        """
        act_before = max(0, memory.prev_act) if self._args.view.previous_action else 0
        key = (memory.belief, act_before, digest)
        if key not in self._looks:
            if len(self._looks) >= _LOOKS:
                self._looks.clear()
            self._looks[key] = self._compute(*key[:2], obs)
        return self._looks[key]

    def _compute(self, belief: int, prev_act: int, obs: np.ndarray) -> tuple[np.ndarray, int]:
        student = self._students[belief]
        one = torch.tensor(obs, device=self._device)[None]  # a copy: a picture is read-only
        before = torch.tensor([prev_act], device=self._device)
        units = student.hidden(student.extract(one, before)).relu_()
        return units[0].half().cpu().numpy(), int(student.head(units).argmax())

    def _ask_switcher(self, memory: Memory, units: np.ndarray) -> int:
        """By how much the belief changes: -1, 0 or 1."""
        trace = np.frombuffer(memory.trace, np.float16)
        both = torch.from_numpy(np.stack([units, trace]).astype(np.float32)).to(self._device)
        moments = Moments(
            both[:1],
            both[1:],
            torch.tensor([memory.steps], device=self._device),
            torch.tensor([memory.prev_act], device=self._device),
        )
        return int(self._switchers[memory.belief](moments).argmax()) - STAY


def save_agent(
    network: AgentNetwork,
    milestones: Sequence[str],
    digests: Mapping[str, str],
    scores: Mapping[str, Any],
    origin: Origin | None = None,
) -> bytes:
    """An `agent.pth`'s bytes: tensors and builtins only; equal input gives equal bytes.

    Args:
        network: Of the agent.
        milestones: Their ids, in its order.
        digests: Of what it was trained from.
        scores: Of its round.
        origin: The game that it plays.
    """
    content = {
        "format": FORMAT,
        "milestones": list(milestones),
        "network": to_builtins(network.args),
        "origin": origin and asdict(origin),
        "digests": dict(digests),
        "scores": dict(scores),
    }
    # Pickle writes a text that it has met before as a reference, if it is the same object: of a
    # training that was interrupted, it is not.
    content = json.loads(json.dumps(content))
    return pack(content | {"weights": detach(network.state_dict())})


def load_agent(path: Path) -> tuple[AgentNetwork, dict[str, Any]]:
    """An agent's network and the rest of its file's content; no code of the file is run.

    Raises:
        UserError: The file is no agent of this program.
    """
    content = read_model(path, "an agent", FORMAT)
    return build_agent(path, content), content


def build_agent(path: Path, content: Mapping[str, Any]) -> AgentNetwork:
    """The network of what `read_model` gave.

    Raises:
        UserError: The content is no agent's.
    """

    def build(weights: Mapping[str, torch.Tensor]) -> AgentNetwork:
        names = content["milestones"]
        if not names or not all(isinstance(name, str) for name in names):
            raise ValueError("it names no milestones")
        args = from_builtins(content["network"])
        for number in range(len(names)):
            check_sizes(args, weights, f"students.{number}.")
        return AgentNetwork(args, len(names))

    return load_weights(path, content, build)
