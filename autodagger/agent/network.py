"""The agent's network: for each milestone a student, and a switcher that says whether it is due."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from autodagger.agent.memory import NEVER
from autodagger.student.networks import NetworkArgs, Student

BACK, STAY, ON = 0, 1, 2
"""What a switcher can say of the milestone it belongs to: another before it is due; it is due; it
is reached. The place of each among its logits; minus one, the change of the belief."""

_WIDTH = 64
_STEPS = torch.tensor([2**k for k in range(10)])  # the borders of eleven kinds of time
_EPSILON = 1e-6


@dataclass(frozen=True)
class Moments:
    """What switchers look at, N moments of them.

    Attributes:
        units: (N, U) float32, the hidden layer of the student for the screen of now.
        trace: (N, U) float32, the highest of each unit since the milestone is believed to be due.
        steps: (N,) int64, steps since then.
        prev_act: (N,) int64, the action before, or `NEVER`.
    """

    units: Tensor
    trace: Tensor
    steps: Tensor
    prev_act: Tensor


class Switcher(nn.Module):
    """Whether a milestone is due, from what its student sees and has seen: three logits."""

    def __init__(self, units: int, actions: int) -> None:
        super().__init__()
        self._actions = actions
        self.hidden = nn.Linear(2 * units + len(_STEPS) + 1 + actions + 1, _WIDTH)
        self.head = nn.Linear(_WIDTH, 3)
        self.scale: Tensor  # () float32
        self.register_buffer("scale", torch.ones(()))

    def scale_to(self, units: Tensor) -> None:
        """From now on, sees units in multiples of what these (N, U) are in the mean."""
        self.scale.copy_(units.square().mean().sqrt() + _EPSILON)

    def forward(self, moments: Moments) -> Tensor:
        """Logits (N, 3) float32."""
        return self.answer(self.look(moments))

    def look(self, moments: Moments) -> Tensor:
        """What its layers see of them, (N, features) float32."""
        kind = torch.bucketize(moments.steps, _STEPS.to(moments.steps.device), right=True)
        return torch.cat(
            [
                moments.units / self.scale,
                moments.trace / self.scale,
                functional.one_hot(kind, len(_STEPS) + 1).float(),
                functional.one_hot(moments.prev_act - NEVER, self._actions + 1).float(),
            ],
            dim=1,
        )

    def answer(self, features: Tensor) -> Tensor:
        """Logits (N, 3) float32 for what `look` gave."""
        logits: Tensor = self.head(self.hidden(features).relu_())
        return logits


class AgentNetwork(nn.Module):
    """A student and a switcher for each milestone, in their order.

    Args:
        args: The students'.
        milestones: How many there are.
    """

    def __init__(self, args: NetworkArgs, milestones: int) -> None:
        super().__init__()
        self.args = args
        actions = len(args.actions)
        self.students = nn.ModuleList(Student(args) for _ in range(milestones))
        self.switchers = nn.ModuleList(
            Switcher(args.hidden_dim, actions) for _ in range(milestones)
        )

    @classmethod
    def of(cls, students: Sequence[Student]) -> "AgentNetwork":
        """With the students of all milestones as they are, and switchers that know nothing."""
        network = cls(students[0].args, len(students))
        for own, student in zip(network.students, students, strict=True):
            own.load_state_dict(student.state_dict())
        return network
