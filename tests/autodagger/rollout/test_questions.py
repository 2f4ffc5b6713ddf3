"""Experts that ask about the screen, in real workers on the real emulator."""

import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from autodagger.agent.chain import Chain
from autodagger.agent.journey import Conduct, Driver
from autodagger.errors import UserError
from autodagger.expert import vision_model
from autodagger.expert.vision import Vision
from autodagger.rollout import pool as rollout
from autodagger.rollout.episode import (
    Behaviour,
    Episode,
    EpisodePlan,
    OnExpertFailure,
    Outcome,
    RolloutSpec,
)
from autodagger.rollout.pool import Rollouts
from tests.autodagger.agent import helpers
from tests.grid import (
    ACTIONS,
    CURSOR,
    NAMING,
    GridStates,
    make_spec,
    open_env,
    play,
    write_expert,
)
from tests.vision import Stub, serving

RIGHT = ACTIONS.index("right")
GO_ON = OnExpertFailure.GO_ON

ASKING = """
add_to_state_schema("n", "How many?", int)
def run(state):
    log(state["n"])
    return ("right", "down", "left", "up")[state["n"] % 4]
"""
"""What it does is the model's whim."""


def make(folder: Path, stub: Stub | None = None, text: str = ASKING, **changes: Any) -> RolloutSpec:
    url = stub.url if stub else ""
    vision = Vision(folder / "answers.jsonl", "stub", url, 5.0)
    return make_spec(write_expert(folder, text), vision=vision, max_steps=12, **changes)


def summarize(played: list[Episode]) -> list[Any]:
    return [(e.outcome, e.frames, e.acts, e.labels, e.error, e.log) for e in played]


def press_right(obs: Any, _contexts: Any) -> list[int]:
    return [RIGHT] * len(obs)


@pytest.mark.parametrize("student", [None, press_right], ids=["expert acts", "student acts"])
def test_the_same_run_again_is_the_same_without_the_model(
    tmp_path: Path, grid_states: GridStates, student: Any
) -> None:
    """Though the model never answers the same twice, and two workers asked it at once."""
    behaviour = {"on_expert_failure": GO_ON} if student else {}
    plans, told = grid_states.plans(4), []
    with serving() as stub:
        spec = make(tmp_path, stub)
        with Rollouts(spec, 2, progress=told.append) as rollouts:
            first = rollouts.play(plans, Behaviour(**behaviour), student)
        asked = len(stub.asked)
        again = play(spec, plans, student, **behaviour)
        assert len(stub.asked) == asked
    with Rollouts(make(tmp_path), 1, progress=told.append) as rollouts:
        without = rollouts.play(plans, Behaviour(**behaviour), student)
    assert summarize(first) == summarize(again) == summarize(without)
    assert all(e.error is None and e.steps > 3 for e in first)
    assert len({tuple(e.labels) for e in first}) > 1
    answered = sum(sum(e.questions) for e in first)
    file = tmp_path / "answers.jsonl"
    assert told == [
        f"vision: {asked} questions asked, {answered - asked} answered from {file}",
        f"vision: 0 questions asked, {answered} answered from {file}",
    ]


def test_equal_states_of_two_workers_are_asked_once(
    tmp_path: Path, grid_states: GridStates
) -> None:
    """Both begin at the same moment with the same picture."""
    plans = [EpisodePlan(1, grid_states.plans(1)[0].start)] * 2
    with serving() as stub:
        stub.seconds = 0.1
        first, second = play(make(tmp_path, stub), plans)
    assert summarize([first]) == summarize([second])
    answers = (tmp_path / "answers.jsonl").read_text().splitlines()
    assert len(stub.asked) == len(answers) <= first.steps


def test_each_step_shows_its_own_screen(tmp_path: Path, grid_states: GridStates) -> None:
    text = """
import zlib
def run(state):
    log(f"{state['prev_action']} {zlib.crc32(state._screenshot.tobytes())}")
    return "a"
"""
    [plan] = grid_states.plans(1)
    spec = make(tmp_path, text=text)
    [episode] = play(spec, [plan], press_right, on_expert_failure=GO_ON)
    expected = []
    with open_env(CURSOR, max_steps=12) as env:
        screen, info = env.reset(seed=plan.seed, options={"state": plan.start.data})
        for act in episode.acts:
            widened = screen | screen >> 5
            expected.append(f"{info['state']['prev_action']} {zlib.crc32(widened.tobytes())}")
            screen, *_, info = env.step(act)
    assert episode.log == expected and len(set(expected)) > 5


def test_without_a_model_the_episode_fails_and_says_which_question(
    tmp_path: Path, grid_states: GridStates
) -> None:
    [episode] = play(make(tmp_path), grid_states.plans(1))
    assert (episode.outcome, episode.acts, episode.questions) == (Outcome.ERROR, [], (0, 0))
    assert episode.error and "CURSOR.py asks 'How many?' (int)" in episode.error
    assert str(tmp_path / "answers.jsonl") in episode.error


def test_a_model_that_cannot_be_asked_ends_the_job(
    tmp_path: Path, grid_states: GridStates, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No label is lost to it: the next run goes on with what is kept."""
    monkeypatch.setattr(vision_model, "_PAUSE", 0.0)
    with (
        serving(lambda number: str(number) if number < 1 else (404, "gone")) as stub,
        pytest.raises(UserError, match="HTTP 404, 'gone'"),
    ):
        play(make(tmp_path, stub), grid_states.plans(2))
    with serving() as stub:
        played = play(make(tmp_path, stub), grid_states.plans(2))
    assert all(episode.error is None for episode in played)
    assert (tmp_path / "answers.jsonl").read_text().count("\n") == 1 + len(stub.asked)


def test_a_slow_model_is_no_game_that_hangs(
    tmp_path: Path, grid_states: GridStates, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rollout, "HANG_SECONDS", 2.0)
    with serving() as stub:
        stub.seconds = 3.0
        spec = make(tmp_path, stub, ASKING.replace('state["n"] % 4', "state['n'] - state['n']"))
        with Rollouts(RolloutSpec(spec.task, 1, spec.view), 1) as rollouts:
            [episode] = rollouts.play(grid_states.plans(1), Behaviour())
    assert (episode.error, episode.acts, episode.questions) == (None, [RIGHT], (1, 0))


def test_experts_of_whole_runs_ask_their_own_files(tmp_path: Path, grid_states: GridStates) -> None:
    ask = "add_to_state_schema('n', '{}?', int)\n"
    go = "def run(state):\n    log(state['n'])\n    return find_path_action(state, 4, 2)\n"
    world = helpers.write_world(tmp_path, grid_states, CURSOR=ask.format("Where") + go)
    chain = helpers.make_chain(world, NAMING, CURSOR)
    files = [tmp_path / name / "answers.jsonl" for name in chain.ids]
    conduct = Conduct(Driver.EXPERTS)

    def play_chain(url: str) -> list[Any]:
        tasks = [
            replace(task, vision=Vision(file, "stub", url, 5.0))
            for task, file in zip(chain.tasks, files, strict=True)
        ]
        own = Chain(tuple(tasks), chain.seed)
        return helpers.play(own, own.plan_journeys(2), conduct)

    with serving() as stub:
        played = play_chain(stub.url)
    assert all(journey.success for journey in played)
    assert files[1].read_text().count("\n") == len(stub.asked) > 0 and not files[0].exists()
    assert helpers.summary(play_chain("")) == helpers.summary(played)
