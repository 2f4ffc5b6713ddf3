"""Fitting an agent to made-up journeys, whose screens say at a glance what is due."""

from typing import Any

import numpy as np
import pytest
import torch

from autodagger.agent import fitting
from autodagger.agent.agent import Agent, save_agent
from autodagger.agent.dataset import JourneyDataset
from autodagger.agent.fitting import Fitted, fit_agent
from autodagger.agent.journey import Journey
from autodagger.agent.memory import Memory
from autodagger.agent.network import AgentNetwork
from autodagger.dagger.options import TrainingOptions
from autodagger.rollout.episode import NO_LABEL
from autodagger.student.view import View
from tests.autodagger.agent.helpers import make_journey
from tests.autodagger.student.helpers import CPU, make_student

IDS = ("FIRST", "SECOND", "THIRD")
STEPS = 10  # of a milestone
OPTIONS = TrainingOptions(
    train_steps_per_iter=300, batch_size=16, learning_rate=1e-3, hidden_dim=16, frame_size=(40, 60)
)


def make_clear(view: View, seed: int = 0) -> Journey:
    """Each milestone has a bright part of the screen of its own, and a button of its own."""
    rng = np.random.default_rng(seed)
    due = [k for k in range(len(IDS)) for _ in range(STEPS)]
    obs = rng.integers(20, size=(len(due), *view.shape), dtype=np.uint8)
    for step, number in enumerate(due):
        obs[step, :, 20 * number : 20 * (number + 1)] += 200
    return make_journey(due, acts=[1 + number for number in due], obs=obs)


def make_network(**view: Any) -> AgentNetwork:
    torch.manual_seed(0)
    return AgentNetwork.of([make_student(k, **view) for k in range(len(IDS))])


def fit(network: AgentNetwork, *journeys: Journey, seed: int = 0, threads: int = 1) -> list[Fitted]:
    dataset = JourneyDataset(network.args.view, len(IDS))
    dataset.add(journeys)
    return fit_agent(network, dataset, OPTIONS, CPU, seed, threads)


def to_bytes(network: AgentNetwork) -> bytes:
    return save_agent(network, IDS, {}, {})


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where how well it is learnt does not matter."""
    monkeypatch.setattr(fitting, "SWITCHER_STEPS", 20)


@pytest.mark.parametrize("view", [{}, {"previous_action": True}, {"frame_stack": 2}])
def test_learns_what_the_screens_say(view: dict[str, Any]) -> None:
    network = make_network(**view)
    journey = make_clear(network.args.view)
    fitted = fit(network, journey)
    assert [one.student_accuracy for one in fitted] == [1.0] * 3
    assert [one.switcher_accuracy for one in fitted] == [1.0] * 3
    assert [one.labels for one in fitted] == [STEPS] * 3
    assert all(one.moments > STEPS and one.student_steps > 0 for one in fitted)


def test_fitted_agent_plays_what_it_was_shown_and_what_is_like_it() -> None:
    network = make_network()
    fit(network, make_clear(network.args.view))
    agent = Agent(network, IDS)
    for seed in (0, 1):
        journey, memory = make_clear(network.args.view, seed), Memory()
        assert journey.obs is not None
        for obs, act, due in zip(journey.obs, journey.acts, journey.due, strict=True):
            answer, memory = agent.decide(obs, memory)
            assert (answer, memory.belief) == (act, due)


def test_wrong_beliefs_are_mended() -> None:
    """From any milestone, in as many steps as it is away."""
    network = make_network()
    fit(network, *(make_clear(network.args.view, seed) for seed in range(4)))
    agent, journey = Agent(network, IDS), make_clear(network.args.view, 9)
    assert journey.obs is not None
    for belief in range(3):
        memory = Memory(belief)
        for obs in journey.obs[:3]:
            _, memory = agent.decide(obs, memory)
        assert memory.belief == 0


@pytest.mark.usefixtures("short")
def test_threads_change_no_byte() -> None:
    networks = [make_network(), make_network()]
    reports = [
        fit(network, make_clear(network.args.view), threads=threads)
        for threads, network in zip((1, 2), networks, strict=True)
    ]
    assert reports[0] == reports[1]
    assert to_bytes(networks[0]) == to_bytes(networks[1])


@pytest.mark.usefixtures("short")
def test_equal_seeds_fit_equally_and_others_differ() -> None:
    fitted = []
    for seed in (5, 5, 6):
        network = make_network()
        fit(network, make_clear(network.args.view), seed=seed)
        fitted.append(to_bytes(network))
    assert fitted[0] == fitted[1] != fitted[2]


@pytest.mark.usefixtures("short")
def test_goes_on_from_what_it_had_learnt() -> None:
    """A student that answers everything needs no step more."""
    network = make_network()
    journey = make_clear(network.args.view)
    fit(network, journey)
    weights = {name: one.clone() for name, one in network.students.state_dict().items()}
    assert [one.student_steps for one in fit(network, journey)] == [0, 0, 0]
    assert all(torch.equal(weights[k], v) for k, v in network.students.state_dict().items())


@pytest.mark.usefixtures("short")
def test_milestone_that_nobody_came_to_stays_as_it_is() -> None:
    network = make_network()
    before = to_bytes(network)
    assert fit(network) == [Fitted(0, 1.0, 0, 0, 1.0)] * 3
    assert to_bytes(network) == before


@pytest.mark.usefixtures("short")
def test_milestone_without_a_label_teaches_its_switcher_alone() -> None:
    network = make_network()
    journey = make_clear(network.args.view)
    journey.labels = [NO_LABEL] * journey.steps
    students = {name: one.clone() for name, one in network.students.state_dict().items()}
    fitted = fit(network, journey)
    assert [one.labels for one in fitted] == [0, 0, 0]
    assert all(one.moments for one in fitted)
    assert all(torch.equal(students[k], v) for k, v in network.students.state_dict().items())


@torch.inference_mode()
def test_switcher_is_fitted_to_what_the_agent_will_see() -> None:
    """Its moments are those of an agent that plays with the student as it is then."""
    network = make_network(previous_action=True)
    journey = make_clear(network.args.view)
    dataset = JourneyDataset(network.args.view, len(IDS))
    dataset.add([journey])
    stretch = dataset.list_stretches(np.random.default_rng(0))[0][0]
    student = network.students[0]
    moments = fitting._gather(student, dataset.screens, [stretch], CPU)
    agent, memory = Agent(network, IDS), Memory()
    assert journey.obs is not None
    for step in range(len(stretch.labels)):
        units, _ = agent._look(memory, journey.obs[step], bytes([step]))
        memory = memory.see(units)
        trace = np.frombuffer(memory.trace, np.float16)
        assert np.allclose(moments.units[step], units, atol=0.01, rtol=0.01)
        assert np.allclose(moments.trace[step], trace, atol=0.01, rtol=0.01)
        assert moments.steps[step] == memory.steps
        assert moments.prev_act[step] == memory.prev_act
        memory = memory.after(journey.acts[step])
