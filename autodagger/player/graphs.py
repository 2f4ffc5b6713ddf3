"""Players as pure functions, for export: screen and memory in, action and memory out."""

import copy
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch._higher_order_ops.while_loop import while_loop
from torch.func import functional_call

from autodagger.agent.memory import NEVER
from autodagger.agent.network import ON, STAY, AgentNetwork, Moments, Switcher
from autodagger.player.seeing import Seeing
from autodagger.student.networks import Student
from autodagger.student.view import View

State = dict[str, Tensor]
"""What is remembered from step to step, by name."""

Answer = tuple[Tensor, Tensor, State]
"""Logits (actions,) float32, the action's index () int64, what is remembered afterwards."""


class StudentGraph(nn.Module):
    """A student: what it presses, and what it remembers.

    Args:
        student: It.
        screen_size: Height and width of the screen.

    Attributes:
        start: What is remembered before the first step.
    """

    def __init__(self, student: Student, screen_size: tuple[int, int]) -> None:
        super().__init__()
        self.stack = _Stack(student.args.view, screen_size)
        self.net = _Net(student)
        self._sees_action = student.args.view.previous_action
        self.start = dict(self.stack.start)
        if self._sees_action:
            self.start["previous_action"] = torch.tensor(0)

    def forward(self, screen: Tensor, state: State) -> Answer:
        """One step, for a screen (H, W, 3) uint8."""
        obs, after = self.stack(screen, state)
        _, logits = self.net(obs, state.get("previous_action", torch.tensor(0)))
        action = logits.argmax()
        if self._sees_action:
            after["previous_action"] = action.clone()
        return logits, action, after


class AgentGraph(nn.Module):
    """An agent, as `Agent.decide`: students and switchers are asked as long as its belief changes.

    Args:
        network: Its network.
        screen_size: Height and width of the screen.

    Attributes:
        start: What is remembered before the first step.
    """

    def __init__(self, network: AgentNetwork, screen_size: tuple[int, int]) -> None:
        super().__init__()
        args = network.args
        self.stack = _Stack(args.view, screen_size)
        pairs = zip(network.students, network.switchers, strict=True)
        self.members = _Members([_Member(student, switcher) for student, switcher in pairs])  # type: ignore[arg-type]
        self._actions = len(args.actions)
        self.start = {
            **self.stack.start,
            "belief": torch.tensor(0),
            "steps": torch.tensor(0),
            "previous_action": torch.tensor(NEVER),
            "trace": torch.zeros(args.hidden_dim),
        }

    def forward(self, screen: Tensor, state: State) -> Answer:
        """One step, for a screen (H, W, 3) uint8."""
        obs, after = self.stack(screen, state)
        prev_act = state["previous_action"]

        def is_asking(asking: Tensor, *_: Tensor) -> Tensor:
            return asking.clone()  # what goes in may not come out

        def ask(
            _asking: Tensor,
            may_go_back: Tensor,
            may_go_on: Tensor,
            belief: Tensor,
            steps: Tensor,
            trace: Tensor,
            _logits: Tensor,
        ) -> tuple[Tensor, ...]:
            units, logits, say = self.members(belief, obs, prev_act, trace, steps)
            change = say - STAY
            to = belief + change
            allowed = ((change > 0) & may_go_on) | ((change < 0) & may_go_back)
            goes = allowed & (to >= 0) & (to < self.members.count)
            return (
                goes,
                may_go_back & ~goes,
                (goes & (say == ON)) | (~goes & may_go_on),
                torch.where(goes, to, belief),
                torch.where(goes, 0, steps),
                torch.where(goes, 0.0, torch.maximum(units, trace)),
                logits.clone(),
            )

        yes, zeros = torch.tensor(True), torch.zeros(self._actions)
        before = (state["belief"], state["steps"], state["trace"], zeros)
        result = while_loop(is_asking, ask, (yes, yes.clone(), yes.clone(), *before))
        belief, steps, trace, logits = result[3:]
        action = logits.argmax()
        own = {"belief": belief, "steps": steps + 1, "previous_action": action, "trace": trace}
        return logits, action.clone(), {**after, **own}


class _Stack(nn.Module):
    """The observation of now: as `Watcher`, with the frames before as its memory."""

    def __init__(self, view: View, screen_size: tuple[int, int]) -> None:
        super().__init__()
        self._see, self._before = Seeing(view, screen_size), view.frame_stack - 1
        height, width, channels = view.shape
        self._channels = channels // view.frame_stack
        self.start: State = {}
        if self._before:
            shape = (height, width, self._before * self._channels)
            self.start = {
                "frames": torch.zeros(shape, dtype=torch.uint8),
                "frames_seen": torch.tensor(0),
            }

    def forward(self, screen: Tensor, state: State) -> tuple[Tensor, State]:
        now = self._see(screen)
        if not self._before:
            return now, {}
        first = now.repeat(1, 1, self._before)
        before = torch.where(state["frames_seen"] > 0, state["frames"], first)
        obs = torch.cat([before, now], dim=2)
        seen = (state["frames_seen"] + 1).clamp(max=self._before)
        return obs, {"frames": obs[:, :, self._channels :].clone(), "frames_seen": seen}


class _Net(nn.Module):
    """A student's layers, one after another: `Student` computes the first one by blocks."""

    def __init__(self, student: Student) -> None:
        super().__init__()
        self.trunk, self.hidden, self.head = (
            copy.deepcopy(student.trunk),
            student.hidden,
            student.head,
        )
        self.center: Tensor
        self.register_buffer("center", student.center)
        with torch.no_grad():
            first: nn.Conv2d = self.trunk[0]  # type: ignore[assignment]
            first.weight /= student.scale  # a power of two: nothing is lost
        self._actions = len(student.args.actions) if student.args.view.previous_action else 0

    def forward(self, obs: Tensor, prev_act: Tensor) -> tuple[Tensor, Tensor]:
        """Hidden units (U,) and logits (actions,) for obs (H, W, C) uint8."""
        x = self.trunk((obs.float() - self.center).permute(2, 0, 1)[None])
        x = x.permute(0, 2, 3, 1).flatten(1)
        if self._actions:
            pressed = torch.arange(self._actions) == prev_act.clamp(min=0)
            x = torch.cat([x, pressed.float()[None]], dim=1)
        units = torch.relu(self.hidden(x))
        return units[0], self.head(units)[0]


class _Member(nn.Module):
    """What an agent has for one milestone."""

    def __init__(self, student: Student, switcher: Switcher) -> None:
        super().__init__()
        self.net, self.switcher = _Net(student), switcher

    def forward(
        self, obs: Tensor, prev_act: Tensor, trace: Tensor, steps: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Hidden units (U,), logits (actions,), and what the switcher says, () int64."""
        units, logits = self.net(obs, prev_act)
        units = units.half().float()  # as the memory keeps them
        trace = torch.maximum(units, trace)
        moments = Moments(units[None], trace[None], steps[None], prev_act[None])
        return units, logits, self.switcher(moments)[0].argmax()


class _Members(nn.Module):
    """Equal modules, of which one is asked: its weights are taken out of those of all."""

    def __init__(self, members: Sequence[_Member]) -> None:
        super().__init__()
        self.count = len(members)
        self._one = [members[0]]  # in a list, so that its weights are not this module's
        weights = [member.state_dict() for member in members]
        self._names = {name: name.replace(".", "_") for name in weights[0]}
        for name, own in self._names.items():
            self.register_buffer(own, torch.stack([one[name] for one in weights]))

    def forward(self, index: Tensor, *arguments: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        weights = {
            name: getattr(self, own).index_select(0, index[None])[0]
            for name, own in self._names.items()
        }
        answer: tuple[Tensor, Tensor, Tensor] = functional_call(self._one[0], weights, arguments)
        return answer
