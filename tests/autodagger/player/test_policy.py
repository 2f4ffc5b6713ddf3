"""`autodagger.load`: from a file to buttons."""

from pathlib import Path

import numpy as np
import pytest
import torch

import autodagger
from autodagger.agent.agent import Agent, load_agent
from autodagger.errors import UserError
from autodagger.student.model_file import load_student, pack
from autodagger.student.policy import GreedyPolicy
from autodagger.student.view import Watcher
from tests.autodagger.agent.helpers import make_screens
from tests.autodagger.player.helpers import ORIGIN, write_agent, write_student
from tests.grid import ACTIONS

VIEWS = [
    {},
    {"previous_action": True},
    {"frame_stack": 3},
    {"frame_stack": 2, "previous_action": True, "grayscale": False},
]


@pytest.mark.parametrize("view", VIEWS, ids=str)
def test_a_student_plays_as_it_is_tested(tmp_path: Path, view: dict[str, int]) -> None:
    path = write_student(tmp_path, **view)
    policy = autodagger.load(path)
    student, _ = load_student(path)
    tested = GreedyPolicy(student, torch.device("cpu"), torch.float32)
    sees_action = student.args.view.previous_action
    for seed in (1, 2):  # two episodes: nothing is left of the first one
        policy.reset()
        watcher, act = Watcher(student.args.view), 0
        for screen in make_screens(30, seed):
            [act] = tested(watcher.see(screen)[None], [act if sees_action else 0])
            assert policy.act(screen) == ACTIONS[act]


@pytest.mark.parametrize("view", VIEWS, ids=str)
def test_an_agent_plays_as_it_is_judged(tmp_path: Path, view: dict[str, int]) -> None:
    path = write_agent(tmp_path, **view)
    policy = autodagger.load(str(path))
    network, content = load_agent(path)
    agent = Agent(network, content["milestones"], dtype=torch.float32)
    seen = set()
    for seed in (1, 2):
        policy.reset()
        agent.reset()
        for screen in make_screens(30, seed):
            assert policy.act(screen) == agent.act(screen)
            assert policy.milestone == agent.belief
            seen.add(policy.milestone)
    assert len(seen) > 1


def test_the_previous_action_is_what_it_was(tmp_path: Path) -> None:
    """The same screen again and again: only the button before can change what comes."""
    policy = autodagger.load(write_student(tmp_path, previous_action=True, seed=3))
    with_action = [policy.act(screen) for screen in make_screens(40)]
    again = []
    for screen in make_screens(40):
        policy.reset()
        again.append(policy.act(screen))
    assert with_action != again


def test_it_says_what_it_is_for(tmp_path: Path) -> None:
    student = autodagger.load(write_student(tmp_path))
    assert isinstance(student, autodagger.Policy)
    assert (student.actions, student.milestones, student.milestone) == (
        ACTIONS,
        ("CURSOR",),
        "CURSOR",
    )
    assert (student.origin, student.screen_size) == (ORIGIN, (160, 240))
    agent = autodagger.load(write_agent(tmp_path))
    assert agent.milestones == ("NAMING", "CURSOR", "CORNER")
    assert agent.milestone == "NAMING"


def test_screens_of_another_size_are_refused(tmp_path: Path) -> None:
    policy = autodagger.load(write_student(tmp_path))
    with pytest.raises(UserError, match=r"80 rows and 120 columns.*\(160, 240, 3\)"):
        policy.act(make_screens(1)[0][::2, ::2])


def test_where_the_file_does_not_say_the_first_screen_decides(tmp_path: Path) -> None:
    policy = autodagger.load(write_student(tmp_path, origin=None))
    assert policy.screen_size is None
    policy.act(make_screens(1)[0])
    with pytest.raises(UserError, match=r"80 rows and 120 columns.*\(160, 240, 3\)"):
        policy.act(make_screens(1)[0][::2, ::2])


def test_a_refused_screen_leaves_no_trace(tmp_path: Path) -> None:
    path = write_student(tmp_path, frame_stack=2)
    policy, other = autodagger.load(path), autodagger.load(path)
    for screen in make_screens(20):
        with pytest.raises(UserError):
            policy.act(screen / 255)
        assert policy.act(screen) == other.act(screen)


@pytest.mark.parametrize(
    ("origin", "shown"),
    [
        ("grid", "'grid'"),
        ({"game": "grid"}, "grid"),
        ({"game": 7, "screen": [160, 240]}, "7"),
        ({"game": "grid", "screen": [160]}, "160"),
        ({"game": "grid", "screen": [0, 240]}, "240"),
        ({"game": "grid", "screen": ["a", "b"]}, "a"),
    ],
)
def test_a_damaged_origin_is_named(tmp_path: Path, origin: object, shown: str) -> None:
    path = write_student(tmp_path)
    content = torch.load(path, weights_only=True)
    path.write_bytes(pack(content | {"origin": origin}))
    with pytest.raises(UserError, match=rf"student\.pth: its origin is .*{shown}"):
        autodagger.load(path)


def test_what_is_neither_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.pth"
    path.write_bytes(pack({"format": "agent 7"}))
    with pytest.raises(UserError, match="found format 'agent 7'; expected 2 or agent 1"):
        autodagger.load(path)
    with pytest.raises(UserError, match="no such file"):
        autodagger.load(tmp_path / "y.pth")


def test_screens_that_are_views_of_others_are_seen_rightly(tmp_path: Path) -> None:
    policy = autodagger.load(write_student(tmp_path))
    for screen in make_screens(10):
        mirrored = screen[:, ::-1]
        assert policy.act(mirrored) == policy.act(np.ascontiguousarray(mirrored))
