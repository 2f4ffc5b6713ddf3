"""Testing students: fresh seeds, equal bytes, and what the report says."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
import torch

from autodagger.errors import UserError
from autodagger.evaluation.student import evaluate_student
from autodagger.files import sha1_file, sha256_file, write_bytes
from autodagger.game.starts import StartState, save_start_states
from autodagger.rollout.episode import plan_episodes
from autodagger.rollout.replay import Replays
from autodagger.stats import wilson_interval
from autodagger.student.model_file import save_student
from autodagger.student.networks import Student
from autodagger.task import Budget, Machine, Progress
from tests.autodagger.student.helpers import make_student
from tests.grid import ACTIONS, CURSOR, GO_THERE, ROM, GridStates, make_task, take, write_expert

DOWN_IS_ENOUGH = dataclasses.replace(CURSOR, done_when="player.position.y == `2`")


@pytest.fixture
def world(tmp_path: Path, start: Path) -> Path:
    """An expert, two start states and a student that always presses `down`."""
    write_expert(tmp_path, GO_THERE)
    write_student(tmp_path / "student.pth", make_stubborn("down"))
    return tmp_path


def make_stubborn(button: str) -> Student:
    """A student that sees nothing and always presses one button."""
    student = make_student(hidden_dim=8)
    with torch.no_grad():
        for parameter in student.head.parameters():
            parameter.zero_()
        student.head.bias[ACTIONS.index(button)] = 1.0
    return student


def write_student(path: Path, student: Student) -> None:
    plain: dict[str, Any] = {"milestone_id": "CURSOR", "digests": {}, "scores": {}}
    write_bytes(path, save_student(student.state_dict(), student.args, **plain))


def evaluate(
    world: Path, episodes: int = 4, progress: Progress = lambda line: None, **changes: Any
) -> Any:
    """Returns the report as it was written; `changes` are of the task, budget and machine."""
    outputs = {"report": world / "student_eval.json", "trajectories": world / "trajectories.json"}
    values: dict[str, Any] = {
        "starts": world / "start" / "completed_states.zip",
        "max_episode_steps": 5,
        "expert_success_rate": 1.0,
        "num_envs": 2,
        "cuda": False,
        **changes,
    }
    budget, machine = take(Budget, values), take(Machine, values)
    report = evaluate_student(
        make_task(world / "CURSOR.py", **values),
        world / "student.pth",
        budget,
        machine,
        episodes=episodes,
        outputs=outputs,
        progress=progress,
    )
    written = json.loads(outputs["report"].read_text())
    assert written == json.loads(json.dumps(report))
    return written


def test_report_says_how_the_student_did(world: Path) -> None:
    said: list[str] = []
    report = evaluate(world, progress=said.append)
    assert report["milestone_id"] == "CURSOR"
    assert report["model_sha256"] == sha256_file(world / "student.pth")
    assert (report["success_rate"], report["successes"]) == (0.0, 0)
    assert report["interval"] == list(wilson_interval(0, report["distinct_episodes"]))
    assert [e["steps"] for e in report["episodes"]] == [5, 5, 5, 5]
    assert {e["outcome"] for e in report["episodes"]} == {"timeout"}
    assert any("0/4" in line for line in said)


def test_successful_episodes_count(world: Path) -> None:
    report = evaluate(world, milestone=DOWN_IS_ENOUGH)
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
    begun = [e["start_state"] for e in report["episodes"]]
    assert sorted(begun[:2]) == sorted(begun[2:]) == ["ep1.state", "ep2.state"]
    assert report["distinct_starts"] == 2
    assert report["starts_shared_with_training"]  # there are no others here


def test_unseen_starts_are_told_from_those_of_training(
    world: Path, tmp_path: Path, grid_states: GridStates
) -> None:
    unseen = [StartState("test_ep1.state", grid_states.bottom)]
    save_start_states(tmp_path / "test_states.zip", unseen, sha1_file(ROM))
    report = evaluate(world, test_starts=tmp_path / "test_states.zip")
    assert {e["start_state"] for e in report["episodes"]} == {"test_ep1.state"}
    assert (report["distinct_starts"], report["starts_shared_with_training"]) == (1, False)


def test_seeds_are_those_of_the_students_test(world: Path) -> None:
    report = evaluate(world, seed=3)
    task = make_task(world / "CURSOR.py", starts=world / "start" / "completed_states.zip", seed=3)
    plans = plan_episodes(task, task.load_starts(), 4, "student_eval")
    assert [e["seed"] for e in report["episodes"]] == [plan.seed for plan in plans]
    assert [e["seed"] for e in evaluate(world)["episodes"]] != [plan.seed for plan in plans]


def test_every_episode_can_be_replayed(world: Path) -> None:
    report = evaluate(world)
    replays = Replays.read(world / "trajectories.json")
    assert (replays.milestone_id, replays.actions) == ("CURSOR", list(ACTIONS))
    places = [(replay.group, replay.iteration, replay.episode) for replay in replays.episodes]
    assert places == [("student_eval", None, k) for k in range(1, 5)]
    assert [replay.seed for replay in replays.episodes] == [e["seed"] for e in report["episodes"]]
    assert all(replay.acts == [ACTIONS.index("down")] * 5 for replay in replays.episodes)


def test_broken_expert_does_not_spoil_the_test(world: Path) -> None:
    """It is asked for the agreement alone."""
    write_expert(world, "def run(state): raise ValueError('lost')")
    report = evaluate(world, milestone=DOWN_IS_ENOUGH)
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
    foreign = make_student(hidden_dim=8, actions=("no_op", "jump", "duck"))
    write_student(world / "student.pth", foreign)
    with pytest.raises(UserError, match=r"student\.pth.*no_op, jump, duck.*no_op, a, b"):
        evaluate(world)


@pytest.mark.parametrize("changes", [{"grayscale": False}, {"frame_size": (80, 120)}])
def test_student_sees_what_its_file_says(world: Path, changes: dict[str, Any]) -> None:
    student = make_student(**changes)
    shapes = []
    write_student(world / "student.pth", student)
    with pytest.MonkeyPatch.context() as patch:
        forward = Student.forward

        def spy(self: Student, obs: torch.Tensor, prev_act: torch.Tensor) -> torch.Tensor:
            shapes.append(tuple(obs.shape[1:]))
            return forward(self, obs, prev_act)

        patch.setattr(Student, "forward", spy)
        evaluate(world, episodes=1)
    assert set(shapes) == {student.args.view.shape}


@pytest.mark.parametrize(("threads", "cuda"), [(2, True), (1, False)])
def test_threads_and_device_are_those_asked_for(
    world: Path, monkeypatch: pytest.MonkeyPatch, threads: int, cuda: bool
) -> None:
    asked = []

    def choose(cuda: bool) -> torch.device:
        asked.append(cuda)
        return torch.device("cpu")

    monkeypatch.setattr("autodagger.evaluation.student.choose_device", choose)
    torch.use_deterministic_algorithms(False)
    evaluate(world, episodes=1, threads=threads, cuda=cuda)
    assert torch.are_deterministic_algorithms_enabled()
    assert asked == [cuda]
    assert torch.get_num_threads() == threads
