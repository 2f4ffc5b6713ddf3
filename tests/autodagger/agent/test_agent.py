"""The player: what it believes and does, step by step, and the file it is kept in."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from autodagger.agent import agent as agent_module
from autodagger.agent.agent import FORMAT, Agent, load_agent, save_agent
from autodagger.agent.memory import Memory
from autodagger.agent.network import BACK, ON, STAY, AgentNetwork, Switcher
from autodagger.errors import UserError
from autodagger.student.model_file import save_student
from autodagger.student.view import Watcher
from tests.autodagger.agent.helpers import (
    lean,
    make_network,
    make_screens,
    make_stubborn,
    make_wild,
)
from tests.grid import ACTIONS

BUTTONS = ("a", "b", "up", "down")
IDS = ("FIRST", "SECOND", "THIRD", "FOURTH")


def step(agent: Agent, count: int) -> list[tuple[str, str]]:
    """The buttons of so many steps, with what it then believes in."""
    return [(agent.act(screen), agent.belief) for screen in make_screens(count)]


def make_agent(*says: int, buttons: Sequence[str] = BUTTONS) -> Agent:
    return Agent(make_network(buttons[: len(says)], says), IDS[: len(says)])


def believe(agent: Agent, belief: int) -> None:
    agent.memory = Memory(belief)


# ---- Beliefs ---------------------------------------------------------------------------------


def test_believes_in_the_first_milestone_at_power_on() -> None:
    assert step(make_agent(STAY, STAY), 3) == [("a", "FIRST")] * 3


def test_moves_on_at_once_and_acts_for_what_it_then_believes_in() -> None:
    assert step(make_agent(ON, STAY, STAY), 2) == [("b", "SECOND")] * 2


def test_moves_on_over_several_milestones_in_one_step() -> None:
    assert step(make_agent(ON, ON, ON, STAY), 1) == [("down", "FOURTH")]


def test_last_milestone_is_never_left() -> None:
    assert step(make_agent(ON, ON), 3) == [("b", "SECOND")] * 3


def test_first_milestone_has_none_before_it() -> None:
    assert step(make_agent(BACK, STAY), 3) == [("a", "FIRST")] * 3


def test_goes_back_one_milestone_a_step() -> None:
    agent = make_agent(STAY, BACK, BACK, BACK)
    believe(agent, 3)
    assert step(agent, 4) == [("up", "THIRD"), ("b", "SECOND"), ("a", "FIRST"), ("a", "FIRST")]


def test_does_not_move_on_again_in_the_step_in_which_it_goes_back() -> None:
    agent = make_agent(ON, BACK)
    believe(agent, 1)
    assert step(agent, 1) == [("a", "FIRST")]


def test_does_not_go_back_in_the_step_in_which_it_moves_on() -> None:
    """Two switchers that contradict each other cost a wrong belief, never a loop without end."""
    assert step(make_agent(ON, BACK), 3) == [("b", "SECOND"), ("a", "FIRST"), ("b", "SECOND")]


def test_moves_on_when_its_time_has_come() -> None:
    """Steps count from the moment at which it came to believe in a milestone."""
    network = make_network(BUTTONS[:3])
    for number in (0, 1):
        lean(network.switchers[number], ON, after=2)
    beliefs = [belief for _, belief in step(Agent(network, IDS[:3]), 6)]
    assert beliefs == ["FIRST", "FIRST", "SECOND", "SECOND", "THIRD", "THIRD"]


def test_memory_counts_steps_and_knows_the_last_button() -> None:
    agent = make_agent(STAY, STAY)
    step(agent, 5)
    assert (agent.memory.steps, agent.memory.prev_act) == (5, ACTIONS.index("a"))


def test_switcher_sees_the_highest_since_its_milestone_is_due(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looked: list[tuple[np.ndarray, np.ndarray]] = []
    look = Switcher.look

    def watch(switcher: Switcher, moments: Any) -> Any:
        looked.append((moments.units[0].numpy(), moments.trace[0].numpy()))
        return look(switcher, moments)

    monkeypatch.setattr(Switcher, "look", watch)
    network = make_wild(1)
    lean(network.switchers[0], STAY)
    step(Agent(network, IDS[:1]), 6)
    units, traces = (np.stack(part) for part in zip(*looked, strict=True))
    assert np.array_equal(traces, np.maximum.accumulate(units))
    assert not np.array_equal(traces, units)


def test_reset_forgets() -> None:
    agent = Agent(make_wild(4, frame_stack=2), IDS)
    first = step(agent, 12)
    memory = agent.memory
    assert step(agent, 12) != first  # it remembers
    agent.reset()
    assert agent.memory == Memory()
    assert step(agent, 12) == first
    assert agent.memory == memory


def test_agent_is_its_network_as_it_was() -> None:
    network = make_network(BUTTONS[:2], [STAY, STAY])
    agent = Agent(network, IDS[:2])
    network.load_state_dict(make_network(("up", "down"), [ON, ON]).state_dict())
    assert step(agent, 2) == [("a", "FIRST")] * 2


# ---- The same whoever asks ---------------------------------------------------------------------

VIEWS = [{}, {"previous_action": True}, {"frame_stack": 2}, {"grayscale": False}]


def walk(network: AgentNetwork, count: int = 16) -> tuple[np.ndarray, list[bytes], list[Any]]:
    """Observations of a walk, the memory before each, and the answers, asked one by one."""
    agent, watcher = Agent(network, IDS), Watcher(network.args.view)
    obs = np.stack([watcher.see(screen) for screen in make_screens(count)])
    memories, answers = [Memory().pack()], []
    for one in obs:
        answers += agent(one[None], memories[-1:])
        memories.append(answers[-1][1])
    return obs, memories[:-1], answers


@pytest.mark.parametrize("view", VIEWS)
def test_plays_as_the_policy_does(view: dict[str, Any]) -> None:
    network = make_wild(4, **view)
    agent = Agent(network, IDS)
    _, _, answers = walk(network)
    assert len({act for act, _ in answers}) > 1
    assert len({Memory.unpack(memory).belief for _, memory in answers}) > 1
    for screen, (act, memory) in zip(make_screens(16), answers, strict=True):
        assert agent.act(screen) == ACTIONS[act]
        assert agent.memory.pack() == memory


@pytest.mark.parametrize("view", VIEWS)
def test_answers_depend_neither_on_the_batch_nor_on_what_was_asked_before(
    view: dict[str, Any],
) -> None:
    network = make_wild(4, **view)
    obs, memories, answers = walk(network)
    assert Agent(network, IDS)(obs, memories) == answers
    agent = Agent(network, IDS)
    assert agent(obs[::-1], memories[::-1]) == answers[::-1]
    assert agent(obs[3:5], memories[3:5]) == answers[3:5]


def test_what_is_kept_of_looks_changes_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither where it overflows, nor where all was seen before."""
    network = make_wild(4, previous_action=True)
    obs, memories, answers = walk(network)
    monkeypatch.setattr(agent_module, "_LOOKS", 2)
    agent = Agent(network, IDS)
    assert [agent(obs, memories) for _ in range(2)] == [answers, answers]


def test_equal_screens_are_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A student's, that is: two students see the same screen each in its own way."""
    looked: list[int] = []
    compute = Agent._compute

    def watch(agent: Agent, belief: int, *rest: Any) -> Any:
        looked.append(belief)
        return compute(agent, belief, *rest)

    monkeypatch.setattr(Agent, "_compute", watch)
    agent = make_agent(ON, STAY)
    screen = make_screens(1)[0]
    for _ in range(3):
        agent.reset()
        assert [agent.act(screen), agent.act(screen)] == ["b", "b"]
    assert looked == [0, 1]


def test_students_see_the_action_before() -> None:
    """One that presses `b` after `a`, and `a` after anything else, takes turns."""
    network = make_network_with_turns()
    assert [button for button, _ in step(Agent(network, IDS[:1]), 5)] == ["a", "b", "a", "b", "a"]


def make_network_with_turns() -> AgentNetwork:
    student = make_stubborn("a", previous_action=True)
    with torch.no_grad():
        student.hidden.weight.zero_()
        student.hidden.weight[0, ACTIONS.index("a") - len(ACTIONS)] = 1.0
        student.head.weight[ACTIONS.index("b"), 0] = 2.0
    network = AgentNetwork.of([student])
    lean(network.switchers[0], STAY)
    return network


# ---- The file ----------------------------------------------------------------------------------


def to_bytes(network: AgentNetwork, ids: Sequence[str] = IDS) -> bytes:
    return save_agent(network, ids, {"expert": "abc"}, {"successes": 3})


def torch_bytes(content: Any) -> bytes:
    buffer = io.BytesIO()
    torch.save(content, buffer)
    return buffer.getvalue()


@pytest.mark.parametrize("view", VIEWS)
def test_file_gives_back_the_same_agent(tmp_path: Path, view: dict[str, Any]) -> None:
    network = make_wild(4, **view)
    path = tmp_path / "agent.pth"
    path.write_bytes(to_bytes(network))
    loaded, content = load_agent(path)
    assert loaded.args == network.args
    assert walk(loaded)[2] == walk(network)[2]
    assert content["milestones"] == list(IDS)
    assert (content["digests"], content["scores"]) == ({"expert": "abc"}, {"successes": 3})
    agent = Agent.load(path)
    assert agent.milestones == IDS
    assert step(agent, 12) == step(Agent(network, IDS), 12)


def test_equal_agents_give_equal_bytes(tmp_path: Path) -> None:
    data = to_bytes(make_wild(4))
    assert data == to_bytes(make_wild(4))
    assert data != to_bytes(make_wild(4, seed=1))
    assert data != to_bytes(make_wild(4), [*IDS[:3], "LAST"])
    (tmp_path / "agent.pth").write_bytes(data)
    assert to_bytes(load_agent(tmp_path / "agent.pth")[0]) == data


def refuse(path: Path, data: bytes, match: str) -> None:
    path.write_bytes(data)
    with pytest.raises(UserError, match=rf"(?s){path.name}: .*{match}"):
        Agent.load(path)


@pytest.mark.parametrize(
    ("data", "match"),
    [
        (b"", "cannot be read"),
        (b"no model at all", "cannot be read"),
        (torch_bytes({"weights": {}}), f"found format None; expected {FORMAT}"),
        (torch_bytes([1]), f"found format 'list'; expected {FORMAT}"),
    ],
)
def test_foreign_file_is_refused(tmp_path: Path, data: bytes, match: str) -> None:
    refuse(tmp_path / "agent.pth", data, match)


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"agent\.pth.*Expected an agent"):
        Agent.load(tmp_path / "agent.pth")


def test_damaged_file_is_refused(tmp_path: Path) -> None:
    refuse(tmp_path / "agent.pth", to_bytes(make_wild(2), IDS[:2])[:3000], "cannot be read")


def test_student_is_no_agent(tmp_path: Path) -> None:
    student = make_stubborn("a")
    names: dict[str, Any] = {"milestone_id": "FIRST", "digests": {}, "scores": {}}
    data = save_student(student.state_dict(), student.args, **names)
    refuse(tmp_path / "agent.pth", data, f"found format 2; expected {FORMAT}")


@pytest.mark.parametrize(
    "change",
    [
        {"milestones": []},
        {"milestones": [1, 2]},
        {"milestones": list(IDS)},  # more than there are networks
        {"milestones": list(IDS[:1])},
        {"network": None},
        {"weights": {}},
    ],
)
def test_file_whose_parts_do_not_fit_is_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    whole = torch.load(io.BytesIO(to_bytes(make_wild(2), IDS[:2])), weights_only=True)
    refuse(tmp_path / "agent.pth", torch_bytes(whole | change), "incomplete")


@pytest.mark.parametrize("name", ["students.1.head.bias", "switchers.0.head.bias"])
def test_weights_that_are_no_numbers_are_refused(tmp_path: Path, name: str) -> None:
    network = make_wild(2)
    network.state_dict()[name][1] = float("nan")
    refuse(tmp_path / "agent.pth", to_bytes(network, IDS[:2]), rf"no number .*{name}")
