"""Journeys: the judge by itself, and whole games in real workers on the real emulator."""

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autodagger.agent.agent import Agent
from autodagger.agent.chain import Chain
from autodagger.agent.evaluation import SwitchedStudents
from autodagger.agent.journey import (
    NO_BELIEF,
    RESCUE_LIMITS,
    Conduct,
    Driver,
    JourneyPlan,
    Judge,
)
from autodagger.agent.memory import Memory
from autodagger.agent.network import ON
from autodagger.expert.expert import ExpertError
from autodagger.game.milestone import Milestone, load_milestones
from autodagger.game.starts import StartState
from autodagger.rollout.episode import NO_LABEL, EpisodePlan, Outcome
from autodagger.student.view import View
from autodagger.task import Task
from tests.autodagger.agent.helpers import (
    CORNER,
    lean,
    make_chain,
    make_network,
    make_stubborn,
    make_wild,
    play,
    summary,
    write_world,
)
from tests.autodagger.student.helpers import CPU
from tests.grid import ACTIONS, CURSOR, NAMING, ROM, ROOT, GridStates

NO_OP, A, DOWN = (ACTIONS.index(name) for name in ("no_op", "a", "down"))

# ---- The judge ---------------------------------------------------------------------------------

PLAN = EpisodePlan(0)


def make_judge(count: int = 3, *, fail_when: str | None = None, limit: int = 4) -> Judge:
    """Milestone number k is reached where x > k."""
    milestones = [Milestone(f"M{k}", None, limit, f"x > `{k}`", fail_when) for k in range(count)]
    return Judge(milestones, [limit + k for k in range(count)])


def begin(judge: Judge, x: int = 0, plan: EpisodePlan = PLAN) -> Judge:
    judge.begin(plan, {"x": x})
    return judge


def test_milestones_come_due_one_after_another() -> None:
    judge = begin(make_judge())
    assert (judge.due, judge.judge({"x": 0}, False)) == (0, Outcome.RUNNING)
    assert (judge.judge({"x": 1}, False), judge.due, judge.steps) == (Outcome.RUNNING, 1, 0)
    assert (judge.judge({"x": 0}, False), judge.due, judge.steps) == (Outcome.RUNNING, 1, 1)
    assert (judge.judge({"x": 2}, False), judge.due) == (Outcome.RUNNING, 2)
    assert (judge.judge({"x": 3}, False), judge.due) == (Outcome.REACHED, 3)


def test_moves_over_what_is_reached_when_it_begins() -> None:
    assert begin(make_judge(), x=2).due == 2
    judge = begin(make_judge())
    assert (judge.judge({"x": 2}, False), judge.due) == (Outcome.RUNNING, 2)


def test_milestone_once_reached_stays_so() -> None:
    judge = begin(make_judge(), x=2)
    judge.judge({"x": 0}, False)
    assert judge.due == 2


def test_stuck_at_the_limit_of_the_milestone_that_is_due() -> None:
    judge = begin(make_judge())
    assert [judge.judge({"x": 0}, False) for _ in range(3)] == [Outcome.RUNNING] * 3
    judge.judge({"x": 1}, False)  # in its last step
    outcomes = [judge.judge({"x": 1}, False) for _ in range(5)]
    assert outcomes == [Outcome.RUNNING] * 4 + [Outcome.TIMEOUT]


def test_lost_by_fail_when_of_the_milestone_that_is_due() -> None:
    milestones = [Milestone("M0", None, 9, "x > `0`", "y"), Milestone("M1", "M0", 9, "x > `1`")]
    judge = Judge(milestones, [9, 9])
    begin(judge)
    assert judge.judge({"x": 1, "y": False}, False) is Outcome.RUNNING
    assert judge.judge({"x": 1, "y": True}, False) is Outcome.RUNNING  # M1 does not mind
    begin(judge)
    assert judge.judge({"x": 0, "y": True}, False) is Outcome.LOST


def test_reached_comes_before_lost() -> None:
    assert begin(make_judge(1, fail_when="y")).judge({"x": 1, "y": True}, True) is Outcome.REACHED


def test_lost_where_the_game_ends_by_itself() -> None:
    judge = begin(make_judge())
    assert judge.judge({"x": 1}, True) is Outcome.LOST
    assert judge.due == 1


def test_plan_says_where_it_begins_and_ends() -> None:
    judge = begin(make_judge(), x=1, plan=JourneyPlan(0, first=1, end=2))
    assert judge.due == 1
    assert (judge.judge({"x": 9}, False), judge.due) == (Outcome.REACHED, 2)
    begin(judge, x=2, plan=JourneyPlan(0, first=2))
    assert (judge.judge({"x": 9}, False), judge.due) == (Outcome.REACHED, 3)


def test_grant_gives_the_milestones_limit_so_many_times_more() -> None:
    judge = begin(make_judge(), x=1)
    while judge.judge({"x": 1}, False) is Outcome.RUNNING:
        pass
    judge.grant(2)
    outcomes = [judge.judge({"x": 1}, False) for _ in range(10)]
    assert outcomes == [Outcome.RUNNING] * 9 + [Outcome.TIMEOUT]


# ---- Experts in one go -------------------------------------------------------------------------

EXPERTS = Conduct(Driver.EXPERTS, keep_obs=True)
AGENT = Conduct(Driver.AGENT, keep_obs=True)
RESCUED = dataclasses.replace(AGENT, rescue=True)


def make_mossbrook(count: int) -> Chain:
    """The first milestones of Mossbrook, with its own experts and tools."""
    game = ROOT / "games" / "mossbrook"
    tools = tuple(sorted((game / "tools").glob("*.py")))
    milestones = load_milestones(game / "milestone_config.json")[:count]
    experts = game / "experts"
    tasks = (Task(game, ROM, one, experts / f"{one.id}.py", tools) for one in milestones)
    return Chain(tuple(tasks), 0)


def test_experts_of_mossbrook_play_its_first_milestones_in_one_go() -> None:
    chain = make_mossbrook(3)
    assert chain.ids == ["GAME_RUNNING", "PLAYER_NAME_SET", "INTRO_CUTSCENE_COMPLETE"]
    for journey in play(chain, chain.plan_journeys(2, "test"), EXPERTS):
        assert journey.outcome is Outcome.REACHED
        assert (journey.passed, journey.rescued, journey.error) == (3, [], None)
        assert journey.due == sorted(journey.due)
        assert set(journey.due) == {0, 1, 2}
        assert journey.acts == journey.labels
        assert journey.beliefs == []
        assert journey.obs is not None
        assert len(journey.obs) == journey.steps == len(journey.due)


def test_judge_lets_no_limit_pass(world: Path) -> None:
    """Stuck where the experts need more steps; each milestone's count is its own."""
    chain = make_chain(world)
    plans = chain.plan_journeys(1, "test")
    (whole,) = play(chain, plans, EXPERTS)
    needed = [whole.due.count(k) for k in range(3)]
    (exact,) = play(chain, plans, EXPERTS, limits=[needed[0], needed[1], needed[2]])
    assert summary([exact]) == summary([whole])
    (short,) = play(chain, plans, EXPERTS, limits=[needed[0], needed[1] - 1, needed[2]])
    assert (short.outcome, short.passed) == (Outcome.TIMEOUT, 1)
    assert short.acts == whole.acts[: needed[0] + needed[1] - 1]


def test_noise_makes_detours_that_are_labelled(world: Path) -> None:
    chain = make_chain(world)
    plans = chain.plan_journeys(4, "test")
    noisy = dataclasses.replace(EXPERTS, noise=0.3)
    played = play(chain, plans, noisy, limits=[200] * 3)
    differing = [act != label for j in played for act, label in zip(j.acts, j.labels, strict=True)]
    assert 0.1 < np.mean(differing) < 0.5
    assert not any(label == NO_LABEL for j in played for label in j.labels)
    assert summary(played) == summary(play(chain, plans, noisy, num_envs=1, limits=[200] * 3))


def test_letter_entered_loses_the_cursor_milestone(tmp_path: Path, grid_states: GridStates) -> None:
    world = write_world(tmp_path, grid_states, CURSOR="def run(state): return 'a'")
    chain = make_chain(world)
    (journey,) = play(chain, chain.plan_journeys(1, "test"), EXPERTS)
    assert (journey.outcome, journey.passed) == (Outcome.LOST, 1)
    assert ACTIONS[journey.acts[-1]] == "a"


BROKEN = "def run(state): raise ValueError('lost my way')"


@pytest.mark.parametrize("noise", [0.0, 0.9])
def test_expert_that_raises_ends_its_own_journey(
    tmp_path: Path, grid_states: GridStates, noise: float
) -> None:
    """At once, whatever the noise would have pressed in its place."""
    chain = make_chain(write_world(tmp_path, grid_states, CURSOR=BROKEN))
    conduct = dataclasses.replace(EXPERTS, noise=noise)
    for journey in play(chain, chain.plan_journeys(2, "test"), conduct, limits=[500] * 3):
        assert journey.outcome is Outcome.ERROR
        assert journey.error is not None
        assert "lost my way" in journey.error
        assert journey.passed == 1
        assert set(journey.due) == {0}  # no step was taken where it should have played
        assert journey.steps == len(journey.labels) == len(journey.due)
        assert journey.obs is not None
        assert len(journey.obs) == journey.steps


def test_expert_that_raises_leaves_the_agents_journey_unlabelled(
    tmp_path: Path, grid_states: GridStates
) -> None:
    chain = make_chain(write_world(tmp_path, grid_states, NAMING=BROKEN))
    agent = Agent(make_network(["no_op"] * 3), chain.ids)
    (journey,) = play(chain, chain.plan_journeys(1, "test"), AGENT, agent, limits=[5] * 3)
    assert (journey.outcome, journey.steps) == (Outcome.TIMEOUT, 5)
    assert journey.labels == [NO_LABEL] * 5
    assert "lost my way" in str(journey.error)


def test_expert_that_raises_cannot_rescue(tmp_path: Path, grid_states: GridStates) -> None:
    chain = make_chain(write_world(tmp_path, grid_states, NAMING=BROKEN))
    agent = Agent(make_network(["no_op"] * 3), chain.ids)
    (journey,) = play(chain, chain.plan_journeys(1, "test"), RESCUED, agent, limits=[5] * 3)
    assert (journey.outcome, journey.rescued) == (Outcome.ERROR, [0])
    assert journey.steps == len(journey.labels) == len(journey.due) == len(journey.beliefs) == 5


def test_expert_that_does_not_load_is_told(tmp_path: Path, grid_states: GridStates) -> None:
    """By itself, though it is not opened before its milestone is due."""
    chain = make_chain(write_world(tmp_path, grid_states, CURSOR="def run(state)"))
    with pytest.raises(ExpertError, match=r"CURSOR.*line 1"):
        play(chain, chain.plan_journeys(1, "test"), EXPERTS)


# ---- The agent ---------------------------------------------------------------------------------


def test_agent_that_does_nothing_is_rescued_in_each_milestone(world: Path) -> None:
    chain = make_chain(world)
    limits = [20, 10, 10]
    network = make_network(["no_op"] * 3)
    asked: list[Memory] = []

    class Watched(Agent):
        def __call__(self, obs: Any, memories: Any) -> Any:
            asked.extend(map(Memory.unpack, memories))
            return super().__call__(obs, memories)

    agent = Watched(network, chain.ids)
    (journey,) = play(chain, chain.plan_journeys(1, "test"), RESCUED, agent, limits=limits)
    assert (journey.outcome, journey.passed) == (Outcome.REACHED, 3)
    assert journey.rescued == [0, 1, 2]
    assert journey.labels.count(NO_LABEL) == 0
    first = 0
    for number, limit in enumerate(limits):
        rest = journey.due.count(number) - limit  # the expert's
        assert rest > 0
        end = first + limit + rest
        assert journey.acts[first : first + limit] == [NO_OP] * limit
        assert journey.acts[first + limit : end] == journey.labels[first + limit : end]
        assert journey.beliefs[first:end] == [number] * limit + [NO_BELIEF] * rest
        first = end
    # It is told what is due, and what the expert pressed last; the rest it has to see for itself.
    told = [memory for memory in asked if memory.steps == 0]
    last_acts = [journey.acts[journey.due.index(number) - 1] for number in (1, 2)]
    assert told == [Memory(), Memory(1, 0, last_acts[0]), Memory(2, 0, last_acts[1])]


def test_rescue_is_without_noise(world: Path) -> None:
    """It is there to come on, and shows how."""
    chain = make_chain(world)
    agent = Agent(make_network(["no_op"] * 3), chain.ids)
    conduct = dataclasses.replace(RESCUED, noise=0.5)
    plans = chain.plan_journeys(4, "test")
    rescued = [
        act == label
        for journey in play(chain, plans, conduct, agent, limits=[4, 3, 3])
        for belief, act, label in zip(journey.beliefs, journey.acts, journey.labels, strict=True)
        if belief == NO_BELIEF
    ]
    assert all(rescued)
    assert len(rescued) > 10


def test_rescue_has_its_limits(tmp_path: Path, grid_states: GridStates) -> None:
    """An expert that does not find the way either ends the journey."""
    chain = make_chain(write_world(tmp_path, grid_states, NAMING="def run(state): return 'no_op'"))
    agent = Agent(make_network(["no_op"] * 3), chain.ids)
    (journey,) = play(chain, chain.plan_journeys(1, "test"), RESCUED, agent, limits=[5] * 3)
    assert (journey.outcome, journey.passed, journey.rescued) == (Outcome.TIMEOUT, 0, [0])
    assert journey.steps == 5 * (1 + RESCUE_LIMITS)


def test_stuck_without_rescue(world: Path) -> None:
    chain = make_chain(world)
    agent = Agent(make_network(["no_op"] * 3), chain.ids)
    (journey,) = play(chain, chain.plan_journeys(1, "test"), AGENT, agent)
    assert (journey.outcome, journey.passed) == (Outcome.TIMEOUT, 0)
    assert journey.steps == NAMING.max_steps
    assert set(journey.beliefs) == {0}


def test_wrong_belief_changes_neither_what_is_due_nor_the_labels(world: Path) -> None:
    """It moves on at once: its student is another one, its label the due milestone's expert's."""
    chain = make_chain(world)
    agent = Agent(make_network(["a", "b", "down"], [ON, ON, ON]), chain.ids)
    (journey,) = play(chain, chain.plan_journeys(1, "test"), AGENT, agent, limits=[8] * 3)
    assert journey.beliefs == [2] * 8
    assert journey.acts == [DOWN] * 8
    assert journey.due == [0] * 8
    assert {ACTIONS[label] for label in journey.labels} <= {"no_op", "a", "start"}


@pytest.mark.parametrize("view", [{}, {"previous_action": True}, {"frame_stack": 2}])
def test_journeys_do_not_depend_on_the_number_of_environments(
    world: Path, view: dict[str, Any]
) -> None:
    chain = make_chain(world)
    plans = chain.plan_journeys(4, "test")
    network = make_wild(3, **view)
    for number in (0, 1):
        lean(network.switchers[number], ON, after=4)
    conduct = dataclasses.replace(RESCUED, noise=0.1)
    settings: dict[str, Any] = {"limits": [9] * 3, "view": View((40, 60), **view)}
    one, three = (
        play(chain, plans, conduct, Agent(network, chain.ids), num_envs=n, **settings)
        for n in (1, 3)
    )
    assert summary(one) == summary(three)
    beliefs = {belief for journey in one for belief in journey.beliefs}
    assert len(beliefs - {NO_BELIEF}) == 3
    assert all(journey.due == sorted(journey.due) for journey in one)


def test_agent_in_a_worker_plays_as_it_does_by_itself(world: Path) -> None:
    """With nothing but the screens that it saw there."""
    chain = make_chain(world)
    network = make_wild(3, frame_stack=2)
    view = network.args.view
    plans = chain.plan_journeys(1, "test")
    agent = Agent(network, chain.ids)
    (journey,) = play(chain, plans, AGENT, agent, limits=[30] * 3, view=view)
    assert journey.obs is not None
    memory = Memory()
    for seen, act, belief in zip(journey.obs, journey.acts, journey.beliefs, strict=True):
        answer, memory = agent.decide(seen, memory)
        assert (answer, memory.belief) == (act, belief)


def test_agent_remembers_the_button_that_noise_pressed(world: Path) -> None:
    """The memory that it is asked with next names what was done, not what it wanted."""
    chain = make_chain(world)
    asked: list[Memory] = []

    class Watched(Agent):
        def __call__(self, obs: Any, memories: Any) -> Any:
            asked.extend(map(Memory.unpack, memories))
            return super().__call__(obs, memories)

    agent = Watched(make_network(["no_op"] * 3), chain.ids)
    conduct = dataclasses.replace(AGENT, noise=0.5)
    (journey,) = play(chain, chain.plan_journeys(1, "test"), conduct, agent, limits=[20] * 3)
    assert len(set(journey.acts)) > 2
    by_step = {memory.steps: memory.prev_act for memory in asked}
    assert journey.due == [0] * 20
    assert by_step == dict(enumerate([-1, *journey.acts[:-1]]))


def test_unlabelled_journey_asks_no_expert(tmp_path: Path, grid_states: GridStates) -> None:
    chain = make_chain(write_world(tmp_path, grid_states, NAMING=BROKEN))
    agent = Agent(make_network(["no_op"] * 3), chain.ids)
    conduct = Conduct(Driver.AGENT, labelled=False)
    (journey,) = play(chain, chain.plan_journeys(1, "test"), conduct, agent, limits=[5] * 3)
    assert (journey.labels, journey.error) == ([NO_LABEL] * 5, None)
    assert journey.obs is None


# ---- Students, switched by the judge -----------------------------------------------------------


def test_student_of_the_due_milestone_acts(world: Path) -> None:
    chain = make_chain(world)
    buttons = ("start", "down", "up")
    students = SwitchedStudents([make_stubborn(button) for button in buttons], CPU)
    conduct = Conduct(Driver.STUDENTS, noise=0.0)
    plan = JourneyPlan(0, chain.tasks[1].load_starts()[0], first=1)
    first, practised = play(
        chain, [chain.plan_journeys(1, "test")[0], plan], conduct, students, limits=[6] * 3
    )
    assert {ACTIONS[act] for act in first.acts} == {"start"}
    assert {ACTIONS[act] for act in practised.acts} == {"down"}
    assert (first.beliefs, practised.beliefs) == ([], [])


def test_journey_without_anybody_who_acts_is_refused(world: Path) -> None:
    chain = make_chain(world)
    with pytest.raises(ValueError, match="nobody acts"):
        play(chain, chain.plan_journeys(1, "test"), AGENT)


# ---- Practice ----------------------------------------------------------------------------------


def test_practice_starts_in_a_state_and_ends_before_a_milestone(world: Path) -> None:
    chain = make_chain(world)
    (start, *_) = chain.tasks[1].load_starts()
    plans = [JourneyPlan(0, start, 1, 2), JourneyPlan(0, start, 1)]
    short, whole = play(chain, plans, EXPERTS)
    assert (short.outcome, short.passed, set(short.due)) == (Outcome.REACHED, 2, {1})
    assert (whole.outcome, whole.passed, set(whole.due)) == (Outcome.REACHED, 3, {1, 2})
    assert whole.acts[: short.steps] == short.acts
    assert short.plan == plans[0]


def test_practising_agent_is_told_where_it_starts(world: Path) -> None:
    chain = make_chain(world)
    agent = Agent(make_network(["no_op"] * 3), chain.ids)
    plans = [JourneyPlan(0, chain.tasks[first].load_starts()[0], first) for first in (1, 2)]
    for first, journey in zip((1, 2), play(chain, plans, AGENT, agent), strict=True):
        assert set(journey.beliefs) == {first}
        assert (journey.outcome, journey.passed) == (Outcome.TIMEOUT, first)


def test_practice_begins_behind_what_its_start_state_has_reached(
    world: Path, grid_states: GridStates
) -> None:
    """NAMING is reached in it, so CURSOR is due, and its expert is asked."""
    chain = make_chain(world)
    plan = JourneyPlan(0, StartState("later", grid_states.top_left), first=0)
    (journey,) = play(chain, [plan], EXPERTS)
    assert (journey.outcome, set(journey.due)) == (Outcome.REACHED, {1, 2})


@pytest.mark.parametrize("end", [1, None])
def test_practice_without_anything_left_to_reach_is_over_at_once(
    world: Path, grid_states: GridStates, end: int | None
) -> None:
    chain = make_chain(world, NAMING) if end is None else make_chain(world)
    agent = Agent(make_network(["no_op"] * len(chain.ids)), chain.ids)
    plan = JourneyPlan(0, StartState("later", grid_states.top_left), 0, end)
    (journey,) = play(chain, [plan], AGENT, agent)
    assert (journey.outcome, journey.passed, journey.steps) == (Outcome.REACHED, 1, 0)
    assert journey.obs is not None
    assert len(journey.obs) == 0


# ---- The chain ---------------------------------------------------------------------------------


def test_chain_knows_its_milestones(world: Path) -> None:
    chain = make_chain(world)
    assert chain.ids == ["NAMING", "CURSOR", "CORNER"]
    assert chain.actions == ACTIONS
    assert chain.limits == (NAMING.max_steps, CURSOR.max_steps, CORNER.max_steps)


def test_journeys_of_another_purpose_or_run_have_other_seeds(world: Path) -> None:
    chain, other = make_chain(world), make_chain(world, seed=1)
    plans = [
        *chain.plan_journeys(5, "judge"),
        *chain.plan_journeys(5, "journeys", 1),
        *chain.plan_journeys(5, "journeys", 2),
        *other.plan_journeys(5, "judge"),
    ]
    assert len({plan.seed for plan in plans}) == 20
    assert chain.plan_journeys(3, "judge") == plans[:3]
    assert {plan.start.data for plan in plans} == {None}
