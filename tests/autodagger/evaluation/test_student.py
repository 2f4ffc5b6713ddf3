"""Testing students: fresh seeds, equal bytes, and what the report says."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from autodagger.errors import UserError
from autodagger.evaluation.episodes import plan_episodes
from autodagger.evaluation.student import evaluate_student
from autodagger.files import sha1_file, sha256_file, write_bytes
from autodagger.game.starts import StartState, load_start_states, save_start_states
from autodagger.student.policy import NetworkArgs, Student, save_student
from tests.grid import ACTIONS, CURSOR, GAME_DIR, GO_THERE, ROM, GridStates, write_expert


@pytest.fixture
def world(tmp_path: Path, grid_states: GridStates) -> Path:
    """An expert, two start states and a student that always presses `down`, then `right`."""
    write_expert(tmp_path, GO_THERE)
    states = [
        StartState("ep1.state", grid_states.top_left),
        StartState("ep2.state", grid_states.top_right),
    ]
    save_start_states(tmp_path / "states.zip", states, sha1_file(ROM))
    write_student(tmp_path / "student.pth", "down")
    return tmp_path


def write_student(path: Path, button: str) -> None:
    """A student that sees nothing and always presses one button."""
    args = NetworkArgs("small", 8, (40, 60), 1, len(ACTIONS), False)
    student = Student(args)
    with torch.no_grad():
        for parameter in student.head.parameters():
            parameter.zero_()
        student.head.bias[ACTIONS.index(button)] = 1.0
    content = save_student(
        student.state_dict(),
        args,
        actions=ACTIONS,
        milestone_id="CURSOR",
        grayscale=True,
        digests={},
        scores={},
    )
    write_bytes(path, content)


def evaluate(world: Path, **changes: Any) -> Any:
    """Returns the report as it was written."""
    outputs = {"report": world / "student_eval.json", "trajectories": world / "trajectories.json"}
    values: dict[str, Any] = {
        "game_dir": GAME_DIR,
        "rom_path": ROM,
        "milestone": CURSOR.to_params(),
        "expert_path": world / "CURSOR.py",
        "tools_dir": None,
        "start_states": world / "states.zip",
        "model": world / "student.pth",
        "max_episode_steps": 5,
        "episodes": 4,
        "seed": 0,
        "num_envs": 2,
        "cuda": False,
        "threads": 1,
        "outputs": outputs,
        "progress": lambda line: None,
    }
    report = evaluate_student(**(values | changes))
    written = json.loads(outputs["report"].read_text())
    assert written == json.loads(json.dumps(report))
    return written


def test_report_says_how_the_student_did(world: Path) -> None:
    said: list[str] = []
    report = evaluate(world, progress=said.append)
    assert report["milestone_id"] == "CURSOR"
    assert report["model_sha256"] == sha256_file(world / "student.pth")
    assert (report["success_rate"], report["successes"]) == (0.0, 0)
    assert report["interval"] == [0.0, 0.4899]
    assert [e["steps"] for e in report["episodes"]] == [5, 5, 5, 5]
    assert {e["outcome"] for e in report["episodes"]} == {"timeout"}
    assert any("0/4" in line for line in said)


def test_successful_episodes_count(world: Path) -> None:
    milestone = CURSOR.to_params() | {"done_when": "player.position.y == `2`"}
    report = evaluate(world, milestone=milestone)
    assert report["success_rate"] == 1.0
    assert (report["mean_steps"], report["std_steps"]) == (2.0, 0.0)


def test_agreement_is_the_share_of_the_experts_answers(world: Path) -> None:
    """The expert says down twice, then right along the row; at the bottom it goes up."""
    report = evaluate(world, episodes=1, max_episode_steps=2)
    assert report["agreement"] == 1.0
    report = evaluate(world, episodes=1, max_episode_steps=4)
    assert report["agreement"] == 0.5


def test_budget_is_the_students_not_the_milestones(world: Path) -> None:
    report = evaluate(world, max_episode_steps=9, episodes=2)
    assert [e["steps"] for e in report["episodes"]] == [9, 9]


def test_all_start_states_are_tested(world: Path) -> None:
    report = evaluate(world)
    assert [e["start_state"] for e in report["episodes"]] == ["ep1.state", "ep2.state"] * 2


def test_seeds_are_those_of_the_students_test(world: Path) -> None:
    report = evaluate(world)
    states = load_start_states(world / "states.zip")
    plans = plan_episodes(states, 4, 0, "CURSOR", "student_eval")
    assert [e["seed"] for e in report["episodes"]] == [plan.seed for plan in plans]


def test_broken_expert_does_not_spoil_the_test(world: Path) -> None:
    """It is asked for the agreement alone."""
    write_expert(world, "def run(state): raise ValueError('lost')")
    milestone = CURSOR.to_params() | {"done_when": "player.position.y == `2`"}
    report = evaluate(world, milestone=milestone)
    assert report["success_rate"] == 1.0
    assert report["agreement"] is None


@pytest.mark.parametrize("num_envs", [1, 3, 8])
def test_equal_tests_write_equal_bytes(world: Path, num_envs: int) -> None:
    files = ("student_eval.json", "trajectories.json")
    evaluate(world)
    first = [(world / name).read_bytes() for name in files]
    evaluate(world, num_envs=num_envs)
    assert [(world / name).read_bytes() for name in files] == first


def test_damaged_model_is_refused(world: Path) -> None:
    (world / "student.pth").write_bytes(b"no model")
    with pytest.raises(UserError, match=r"student\.pth"):
        evaluate(world)


def test_model_of_another_game_is_refused(world: Path) -> None:
    args = NetworkArgs("small", 8, (40, 60), 1, 3, False)
    content = save_student(
        Student(args).state_dict(),
        args,
        actions=("no_op", "jump", "duck"),
        milestone_id="CURSOR",
        grayscale=True,
        digests={},
        scores={},
    )
    write_bytes(world / "student.pth", content)
    with pytest.raises(UserError, match=r"student\.pth.*no_op, jump, duck.*no_op, a, b"):
        evaluate(world)
