"""The student network and its file."""

import dataclasses
import io
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from autodagger.errors import UserError
from autodagger.student import policy
from autodagger.student.policy import (
    FORMAT,
    TRUNKS,
    GreedyPolicy,
    NetworkArgs,
    Student,
    choose_device,
    load_student,
    save_student,
)
from tests.grid import ACTIONS

ARGS = NetworkArgs("small", 16, (40, 60), 1, len(ACTIONS), False)
CPU = torch.device("cpu")


def make_student(seed: int = 0, **changes: Any) -> Student:
    torch.manual_seed(seed)
    return Student(dataclasses.replace(ARGS, **changes))


def to_bytes(student: Student, **changes: Any) -> bytes:
    values: dict[str, Any] = {
        "actions": ACTIONS,
        "milestone_id": "CURSOR",
        "grayscale": True,
        "digests": {"expert": "abc"},
        "scores": {"success_rate": 0.9, "interval": [0.5, 1.0]},
    }
    return save_student(student.state_dict(), student.args, **(values | changes))


def make_obs(count: int, args: NetworkArgs = ARGS, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.integers(256, size=(count, *args.frame_size, args.channels), dtype=np.uint8)


def logits(student: Student, obs: np.ndarray, prev: int = 0) -> torch.Tensor:
    prev_acts = torch.full((len(obs),), prev)
    with torch.inference_mode():
        return student.eval()(torch.from_numpy(obs), prev_acts)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", [(80, 120), (40, 60), (84, 84), (160, 240)])
@pytest.mark.parametrize("network", TRUNKS)
def test_every_network_takes_every_frame_size(
    network: str, size: tuple[int, int], channels: int
) -> None:
    student = make_student(network=network, frame_size=size, channels=channels)
    result = logits(student, make_obs(3, student.args))
    assert result.shape == (3, len(ACTIONS))
    assert bool(torch.isfinite(result).all())


@pytest.mark.parametrize("network", TRUNKS)
def test_file_gives_back_the_same_student(tmp_path: Path, network: str) -> None:
    student = make_student(network=network, previous_action=True)
    path = tmp_path / "m.pth"
    path.write_bytes(to_bytes(student))
    loaded, content = load_student(path)
    assert loaded.args == student.args
    obs = make_obs(5)
    assert torch.equal(logits(loaded, obs, 3), logits(student, obs, 3))
    assert content["actions"] == list(ACTIONS)
    assert content["milestone_id"] == "CURSOR"
    assert (content["frame_size"], content["grayscale"]) == ([40, 60], True)
    assert content["digests"] == {"expert": "abc"}
    assert content["scores"] == {"success_rate": 0.9, "interval": [0.5, 1.0]}


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
    buffer = io.BytesIO()
    torch.save(student.state_dict(), buffer)
    buffer.seek(0)
    other = make_student(9)
    other.load_state_dict(torch.load(buffer, weights_only=True))
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
    [({"weights": {}}, "None"), ({"format": 99}, "99"), ([1, 2], "list"), (5, "int")],
)
def test_foreign_file_is_refused(tmp_path: Path, content: Any, found: str) -> None:
    path = tmp_path / "m.pth"
    path.write_bytes(torch_bytes(content))
    with pytest.raises(UserError, match=f"found format '?{found}'?; expected {FORMAT}"):
        load_student(path)


def test_file_with_missing_parts_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.pth"
    content = torch.load(io.BytesIO(good_bytes()), weights_only=True)
    for key in ("network", "weights"):
        path.write_bytes(torch_bytes({name: content[name] for name in content if name != key}))
        with pytest.raises(UserError, match=f"incomplete .*{key}"):
            load_student(path)
    content["weights"].popitem()
    path.write_bytes(torch_bytes(content))
    with pytest.raises(UserError, match=r"(?s)incomplete .*head\.bias"):
        load_student(path)


def answer(student: Student, obs: np.ndarray, prev: int = 0) -> list[int]:
    acts = GreedyPolicy(student, CPU)(obs, np.full(len(obs), prev))
    assert acts.shape == (len(obs),)
    return [int(act) for act in acts]


def test_greedy_policy_takes_the_likeliest_action(device: torch.device) -> None:
    """bfloat16, where the hardware has it, may decide between two that are nearly as likely."""
    student = make_student()
    obs = make_obs(40)
    expected = logits(student, obs)
    acts = GreedyPolicy(student, device)(obs, np.zeros(40, np.int64))
    chosen = expected[torch.arange(40), acts]
    assert bool((expected.max(1).values - chosen < 0.05).all())


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize("network", TRUNKS)
def test_answer_does_not_depend_on_what_else_is_asked(
    monkeypatch: pytest.MonkeyPatch, device: torch.device, network: str, rows: int
) -> None:
    """To the last bit, in groups of any size, though float32 sums depend on it."""
    monkeypatch.setattr(policy, "prefers_bfloat16", lambda _device: False)
    monkeypatch.setattr(policy, "_ROWS", {device.type: rows})
    student = make_student(network=network, frame_size=(80, 120))
    greedy = LogitsOf(student, device)
    obs = make_obs(8, student.args)
    together = greedy.ask(obs)
    assert torch.equal(greedy.ask(np.ascontiguousarray(obs[::-1])), together.flip(0))
    for count in (1, 2, 3, 5):
        assert torch.equal(greedy.ask(obs[:count]), together[:count])


class LogitsOf(GreedyPolicy):
    """Shows what the policy takes the greatest of."""

    def __init__(self, student: Student, device: torch.device) -> None:
        super().__init__(student, device)
        self._student.head.register_forward_hook(self._take)

    def _take(self, _module: Any, _inputs: Any, logits: torch.Tensor) -> None:
        self._logits.append(logits.clone())

    def ask(self, obs: np.ndarray) -> torch.Tensor:
        self._logits: list[torch.Tensor] = []
        self(obs, np.zeros(len(obs), np.int64))
        return torch.cat(self._logits)[: len(obs)]


def test_policy_is_the_student_as_it_was() -> None:
    student = make_student()
    obs = make_obs(6)
    greedy = GreedyPolicy(student, CPU)
    before = greedy(obs, np.zeros(6, np.int64)).tolist()
    torch.nn.init.zeros_(student.head.weight)
    assert greedy(obs, np.zeros(6, np.int64)).tolist() == before
    assert student.head.weight.dtype is torch.float32


@pytest.mark.parametrize("previous_action", [True, False])
def test_previous_action_counts_only_where_configured(previous_action: bool) -> None:
    student = make_student(previous_action=previous_action)
    obs = make_obs(4)
    same = torch.equal(logits(student, obs, 0), logits(student, obs, 5))
    assert same != previous_action


def test_rows_and_columns_are_not_mixed_up() -> None:
    """A bright spot moves the answer by where it is, not by its index in memory."""
    student = make_student(frame_size=(36, 36))
    obs = make_obs(1, student.args)
    assert not torch.equal(
        logits(student, obs), logits(student, np.ascontiguousarray(obs.transpose(0, 2, 1, 3)))
    )


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", [(80, 120), (50, 70), (85, 91)])
@pytest.mark.parametrize("network", TRUNKS)
def test_first_layer_over_blocks_is_the_layer_itself(
    network: str, size: tuple[int, int], channels: int
) -> None:
    """Of sizes, too, that are no multiple of the stride."""
    student = make_student(network=network, frame_size=size, channels=channels)
    obs = make_obs(2, student.args)
    student.center_on(make_obs(9, student.args, seed=1))
    x = (torch.from_numpy(obs).float() - student.center) / student.scale
    with torch.inference_mode():
        features = student.trunk(x.permute(0, 3, 1, 2)).permute(0, 2, 3, 1).flatten(1)
        expected = student.head(student.hidden(features).relu())
    assert torch.allclose(logits(student, obs), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("wanted", "there", "chosen"),
    [(True, True, "cuda"), (True, False, "cpu"), (False, True, "cpu"), (False, False, "cpu")],
)
def test_gpu_is_chosen_where_wanted_and_there(
    monkeypatch: pytest.MonkeyPatch, wanted: bool, there: bool, chosen: str
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: there)
    assert choose_device(wanted).type == chosen


@pytest.mark.parametrize(
    ("capabilities", "preferred"),
    [
        ({"amx_bf16": True, "avx512_bf16": True, "cpu_name": "Intel Xeon"}, True),
        ({"avx512_bf16": True, "cpu_name": "Intel Xeon"}, False),
        ({"avx512_bf16": True, "cpu_name": "AMD Zen 4"}, True),
        ({"avx2": True, "cpu_name": "AMD Zen 3"}, False),
        ({"architecture": "aarch64"}, False),
    ],
)
def test_bfloat16_is_preferred_where_it_was_measured_to_be_faster(
    monkeypatch: pytest.MonkeyPatch, capabilities: dict[str, Any], preferred: bool
) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: capabilities)
    assert policy.prefers_bfloat16(CPU) is preferred
