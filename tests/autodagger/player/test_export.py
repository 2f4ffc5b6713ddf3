"""Exported players: the same buttons as `act`, from the screen as the game gives it."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import autodagger
from autodagger.errors import UserError
from autodagger.player import export
from autodagger.player.export import KEY, NEXT, build_graph, describe, export_policy
from autodagger.player.policy import Policy
from tests.autodagger.agent.helpers import make_screens
from tests.autodagger.player.helpers import NETWORKS, write_agent, write_student
from tests.grid import ACTIONS

STACKED = {"frame_stack": 3, "previous_action": True}

Step = Callable[[np.ndarray], tuple[str, str]]
"""From a screen to a button and the milestone that it is for."""


def get_frames(count: int) -> Iterator[np.ndarray]:
    """Screens with squares, and screens of noise; some come again."""
    yield from make_screens(count // 2, seed=7)
    rng = np.random.default_rng(7)
    yield from rng.integers(256, size=(count // 4, 160, 240, 3), dtype=np.uint8)
    yield from make_screens(count - count // 2 - count // 4, seed=7)


def play_onnx(path: Path) -> Step:
    """As docs/policy.md shows it."""
    onnxruntime = pytest.importorskip("onnxruntime", reason="envs/requirements-export.txt has it")
    session = onnxruntime.InferenceSession(str(path))
    told = json.loads(session.get_modelmeta().custom_metadata_map[KEY])
    names = [output.name for output in session.get_outputs()]
    state = {
        name: np.full(one["shape"], one["start"], one["dtype"])
        for name, one in told["state"].items()
    }

    def step(screen: np.ndarray) -> tuple[str, str]:
        found = dict(zip(names, session.run(None, {"screen": screen, **state}), strict=True))
        assert found["logits"].argmax() == found["action"]
        for name in state:
            state[name] = found[f"{NEXT}{name}"]
        return name_answer(told, found["action"], state)

    return step


def play_pt2(path: Path) -> Step:
    files = {f"{KEY}.json": ""}
    module = torch.export.load(path, extra_files=files).module()
    told = json.loads(files[f"{KEY}.json"])
    state = {
        name: torch.full(one["shape"], one["start"], dtype=getattr(torch, one["dtype"]))
        for name, one in told["state"].items()
    }

    def step(screen: np.ndarray) -> tuple[str, str]:
        nonlocal state
        logits, action, state = module(torch.from_numpy(screen), state)
        assert logits.argmax() == action
        return name_answer(told, action, state)

    return step


def name_answer(told: dict[str, Any], action: Any, state: dict[str, Any]) -> tuple[str, str]:
    belief = int(state["belief"]) if "belief" in state else 0
    return told["actions"][int(action)], told["milestones"][belief]


PLAYERS = {"onnx": play_onnx, "pt2": play_pt2}


def count_equal(policy: Policy, step: Step, frames: int) -> tuple[int, int]:
    """How many steps are equal, and how many different answers there were."""
    policy.reset()
    pairs = [((policy.act(s), policy.milestone), step(s)) for s in get_frames(frames)]
    return sum(one == other for one, other in pairs), len({one for one, _ in pairs})


@pytest.fixture(params=PLAYERS)
def kind(request: pytest.FixtureRequest) -> str:
    """Each format in turn."""
    if request.param == "onnx":
        for package in ("onnx", "onnxscript", "onnxruntime"):
            pytest.importorskip(package, reason="envs/requirements-export.txt has it")
    return str(request.param)


def check_equal(path: Path, kind: str, frames: int) -> None:
    policy = autodagger.load(path)
    out = path.with_suffix(f".{kind}")
    export_policy(policy, out, kind)
    with torch.inference_mode():
        equal, answers = count_equal(policy, PLAYERS[kind](out), frames)
    assert equal == frames
    assert answers > 2


@pytest.mark.parametrize("view", [{}, {"grayscale": False, **STACKED}], ids=str)
def test_a_students_buttons_are_the_same(tmp_path: Path, view: dict[str, Any], kind: str) -> None:
    check_equal(write_student(tmp_path, **view), kind, 40)


@pytest.mark.parametrize("view", [{}, STACKED], ids=str)
def test_an_agents_buttons_and_beliefs_are_the_same(
    tmp_path: Path, view: dict[str, Any], kind: str
) -> None:
    check_equal(write_agent(tmp_path, **view), kind, 40)


@pytest.mark.slow
@pytest.mark.parametrize("network", [*NETWORKS, "agent"])
def test_a_thousand_frames_are_the_same(tmp_path: Path, network: str) -> None:
    pytest.importorskip("onnxruntime", reason="envs/requirements-export.txt has it")
    view = {"frame_size": (80, 120)} if network == "nature" else {}
    path = (
        write_agent(tmp_path)
        if network == "agent"
        else write_student(tmp_path, network=network, **view)
    )
    check_equal(path, "onnx", 1000)


def test_it_says_all_that_is_needed_to_play(tmp_path: Path) -> None:
    policy = autodagger.load(write_agent(tmp_path, frame_stack=2))
    told = describe(policy, build_graph(policy))
    assert json.loads(json.dumps(told)) == told
    assert told == {
        "actions": list(ACTIONS),
        "milestones": ["NAMING", "CURSOR", "CORNER"],
        "game": "grid",
        "screen": [160, 240, 3],
        "state": {
            "frames": {"shape": [40, 60, 1], "dtype": "uint8", "start": 0},
            "frames_seen": {"shape": [], "dtype": "int64", "start": 0},
            "belief": {"shape": [], "dtype": "int64", "start": 0},
            "steps": {"shape": [], "dtype": "int64", "start": 0},
            "previous_action": {"shape": [], "dtype": "int64", "start": -1},
            "trace": {"shape": [16], "dtype": "float32", "start": 0},
        },
    }


def test_what_is_exported_leaves_the_policy_as_it_was(tmp_path: Path) -> None:
    path = write_student(tmp_path)
    policy, other = autodagger.load(path), autodagger.load(path)
    export_policy(policy, tmp_path / "a.pt2", "pt2")
    export_policy(policy, tmp_path / "b.pt2", "pt2")
    step = play_pt2(tmp_path / "b.pt2")
    for screen in make_screens(20):
        assert policy.act(screen) == other.act(screen) == step(screen)[0]


def test_without_the_screens_size_there_is_nothing_to_export(tmp_path: Path) -> None:
    policy = autodagger.load(write_student(tmp_path, origin=None))
    with pytest.raises(UserError, match=r"does not say the size.* --screen"):
        export_policy(policy, tmp_path / "x.pt2", "pt2")


def test_a_missing_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "_OF_ONNX", ("onnx_that_nobody_has",))
    policy = autodagger.load(write_student(tmp_path))
    with pytest.raises(UserError, match=r"needs onnx_that_nobody_has.*requirements-export"):
        export_policy(policy, tmp_path / "x.onnx", "onnx")
    assert not (tmp_path / "x.onnx").exists()
