"""The file that a student is kept in: it comes back equal, and no code of it is run."""

import io
import pickle
from pathlib import Path
from typing import Any

import pytest
import torch

from autodagger.errors import UserError
from autodagger.student.model_file import (
    FORMAT,
    Expected,
    check_student,
    load_student,
    save_student,
)
from autodagger.student.networks import TRUNKS, Student
from autodagger.student.view import View
from tests.autodagger.student.helpers import answer, make_obs, make_student
from tests.grid import ACTIONS

SCORES = {"success_rate": 0.9, "interval": [0.5, 1.0]}


def to_bytes(student: Student, milestone_id: str = "CURSOR") -> bytes:
    return save_student(
        student.state_dict(),
        student.args,
        milestone_id=milestone_id,
        digests={"expert": "abc"},
        scores=SCORES,
    )


@pytest.mark.parametrize("network", TRUNKS)
def test_file_gives_back_the_same_student(tmp_path: Path, network: str) -> None:
    student = make_student(network=network, previous_action=True)
    path = tmp_path / "m.pth"
    path.write_bytes(to_bytes(student))
    loaded, content = load_student(path)
    assert loaded.args == student.args
    obs = make_obs(5, student.args.view)
    assert torch.equal(answer(loaded, obs, 3), answer(student, obs, 3))
    assert content["milestone_id"] == "CURSOR"
    assert content["network"] == {
        "network": network,
        "hidden_dim": 16,
        "view": {
            "frame_size": [40, 60],
            "grayscale": True,
            "previous_action": True,
            "frame_stack": 1,
        },
        "actions": list(ACTIONS),
    }
    assert content["digests"] == {"expert": "abc"}
    assert content["scores"] == SCORES


@pytest.mark.parametrize("grayscale", [True, False])
@pytest.mark.parametrize("previous_action", [True, False])
def test_file_gives_back_every_view(tmp_path: Path, grayscale: bool, previous_action: bool) -> None:
    view = {"grayscale": grayscale, "previous_action": previous_action, "frame_stack": 2}
    student = make_student(**view, hidden_dim=8)
    path = tmp_path / "m.pth"
    path.write_bytes(to_bytes(student))
    assert load_student(path)[0].args == student.args


def test_file_holds_tensors_and_builtins_alone(tmp_path: Path) -> None:
    path = tmp_path / "m.pth"
    path.write_bytes(to_bytes(make_student()))
    content = torch.load(path, weights_only=True)
    assert content["format"] == FORMAT
    assert all(type(tensor) is torch.Tensor for tensor in content["weights"].values())


def test_equal_students_give_equal_bytes() -> None:
    assert to_bytes(make_student(1)) == to_bytes(make_student(1))
    assert to_bytes(make_student(1)) != to_bytes(make_student(2))
    assert to_bytes(make_student(1)) != to_bytes(make_student(1), milestone_id="OTHER")


def test_restored_weights_give_the_same_bytes() -> None:
    """A training that continued from a checkpoint writes what it would have written."""
    student = make_student()
    other = make_student(9)
    restored = torch.load(io.BytesIO(torch_bytes(student.state_dict())), weights_only=True)
    other.load_state_dict(restored)
    assert to_bytes(other) == to_bytes(student)


class _Evil:
    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return exec, ("raise SystemExit('code of the file was run')",)


def good_bytes() -> bytes:
    return to_bytes(make_student())


def torch_bytes(content: Any) -> bytes:
    buffer = io.BytesIO()
    torch.save(content, buffer)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda: good_bytes()[:2000], id="cut short"),
        pytest.param(lambda: b"", id="empty"),
        pytest.param(lambda: b"no model at all", id="text"),
        pytest.param(lambda: pickle.dumps(_Evil(), 2), id="pickled code"),
        pytest.param(lambda: torch_bytes(_Evil()), id="code in a model"),
        pytest.param(lambda: torch_bytes({"format": FORMAT, "x": _Evil()}), id="code within"),
    ],
)
def test_damaged_or_dangerous_file_is_refused(tmp_path: Path, make: Any) -> None:
    path = tmp_path / "m.pth"
    path.write_bytes(make())
    with pytest.raises(UserError, match=r"m\.pth: cannot be read.*delete the file") as refusal:
        load_student(path)
    assert "weights_only" not in str(refusal.value)  # torch advises to run the file's code


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ({"weights": {}}, "None"),
        ({"format": FORMAT - 1}, str(FORMAT - 1)),
        ({"format": 99}, "99"),
        ([1, 2], "list"),
        (5, "int"),
    ],
)
def test_foreign_file_is_refused(tmp_path: Path, content: Any, found: str) -> None:
    path = tmp_path / "m.pth"
    path.write_bytes(torch_bytes(content))
    with pytest.raises(UserError, match=f"found format '?{found}'?; expected {FORMAT}"):
        load_student(path)


def test_file_with_missing_parts_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.pth"
    content = torch.load(io.BytesIO(good_bytes()), weights_only=True)

    def refuse(whole: dict[str, Any], match: str) -> None:
        path.write_bytes(torch_bytes(whole))
        with pytest.raises(UserError, match=match):
            load_student(path)

    for key in ("network", "weights"):
        refuse(without(content, key), f"incomplete .*{key}")
    for key in ("network", "hidden_dim", "view", "actions"):
        refuse(content | {"network": without(content["network"], key)}, f"incomplete .*{key}")
    content["weights"].popitem()
    refuse(content, r"(?s)incomplete .*head\.bias")


def without(content: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in content.items() if name != key}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"frame_size": [10_000_000, 10_000_000]}, r"incomplete \(center has the shape"),
        ({"frame_size": "wide"}, "incomplete"),
        ({"grayscale": False}, r"incomplete \(center has the shape"),
        ({"hidden_dim": 10**12}, r"incomplete \(hidden\.bias has the shape"),
        ({"actions": ["no_op"]}, r"incomplete \(head\.bias has the shape"),
        ({"network": "resnet"}, "incomplete"),
    ],
)
def test_weights_and_network_that_do_not_fit_are_refused(
    tmp_path: Path, change: dict[str, Any], expected: str
) -> None:
    content = torch.load(io.BytesIO(good_bytes()), weights_only=True)
    for place in (content["network"], content["network"]["view"]):
        place |= {key: value for key, value in change.items() if key in place}
    (tmp_path / "m.pth").write_bytes(torch_bytes(content))
    with pytest.raises(UserError, match=rf"m\.pth: {expected}"):
        load_student(tmp_path / "m.pth")


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_no_numbers_are_refused(tmp_path: Path, value: float) -> None:
    student = make_student()
    with torch.no_grad():
        student.head.bias[1] = value
    (tmp_path / "m.pth").write_bytes(to_bytes(student))
    with pytest.raises(UserError, match=r"what is no number \(NaN or infinity, in head\.bias\)"):
        load_student(tmp_path / "m.pth")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"milestone_id": "OTHER"}, r"found the one of milestone '.*'; expected that of OTHER"),
        ({"actions": ("no_op", "jump")}, "its buttons are .*; the game has no_op, jump"),
        (
            {"view": View((44, 60))},
            r"it was trained with frame_size \(.*\); expected \(44, 60\), as the",
        ),
        (
            {"view": View((40, 60), grayscale=False)},
            "it was trained with grayscale True; expected False",
        ),
    ],
)
def test_another_student_than_belongs_there_is_refused(
    tmp_path: Path, change: dict[str, Any], expected: str
) -> None:
    path = tmp_path / "m.pth"
    path.write_bytes(good_bytes())
    student, content = load_student(path)
    known = {"milestone_id": content["milestone_id"], "actions": student.args.actions}
    check_student(path, student.args, content, Expected(**known, view=student.args.view))
    with pytest.raises(UserError, match=rf"m\.pth: {expected}"):
        check_student(path, student.args, content, Expected(**known | change))
