"""Fitting a student to a dataset: it learns, stops when nothing is left, and repeats exactly."""

import subprocess
import sys
from typing import Any

import numpy as np
import pytest
import torch

from autodagger.dagger.dataset import Dataset
from autodagger.dagger.learner import FitResult, _Adam, _draw_batches, fit
from autodagger.dagger.options import TrainingOptions
from autodagger.student.networks import Student
from autodagger.student.view import View
from tests.autodagger.dagger.helpers import hold
from tests.autodagger.student import helpers
from tests.autodagger.student.helpers import CPU
from tests.grid import ACTIONS, ROOT, take

VIEW = View((36, 36))
N_ACTIONS = len(ACTIONS)


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def make_frames(count: int, seed: int = 0) -> np.ndarray:
    """Frames of a bright block at one of 16 places over noise."""
    rng = np.random.default_rng(seed)
    frames = rng.integers(40, size=(count, *VIEW.shape), dtype=np.uint8)
    for k in range(count):
        row, column = divmod(k % 16, 4)
        frames[k, row * 9 : row * 9 + 9, column * 9 : column * 9 + 9] = 200
    return frames


def make_dataset(frames: np.ndarray, labels: list[int], previous_action: bool = False) -> Dataset:
    dataset = Dataset(View(VIEW.frame_size, previous_action=previous_action))
    dataset.add([hold(frames, labels)])
    return dataset


def separable(count: int = 96) -> Dataset:
    return make_dataset(make_frames(count), [k % 16 % N_ACTIONS for k in range(count)])


def make_student(previous_action: bool = False) -> Student:
    size = VIEW.frame_size
    return helpers.make_student(frame_size=size, hidden_dim=32, previous_action=previous_action)


def run(student: Student, dataset: Dataset, **changes: Any) -> FitResult:
    """A fit with `changes` of the options, the device or the seed."""
    values = {"batch_size": 32, "learning_rate": 1e-3, "train_steps_per_iter": 400, **changes}
    options = take(TrainingOptions, values)
    return fit(student, dataset, options, **{"device": CPU, "seed": 0, **values})


def answers(student: Student, frames: np.ndarray, prev_acts: Any = None) -> list[int]:
    prev = torch.zeros(len(frames), dtype=torch.int64)
    if prev_acts is not None:
        prev = torch.tensor(prev_acts)
    with torch.inference_mode():
        logits = student.cpu().eval()(torch.from_numpy(frames), prev)
    result: list[int] = logits.argmax(1).tolist()
    return result


def test_separable_labels_are_learnt_without_a_mistake(device: torch.device) -> None:
    student, dataset = make_student().to(device), separable()
    result = run(student, dataset, device=device)
    samples = dataset.samples()
    assert answers(student, dataset.frames[samples.frame]) == samples.label.tolist()
    assert result.accuracy == pytest.approx(1.0)
    assert result.learnt


def test_what_is_learnt_holds_on_new_noise() -> None:
    student = make_student()
    run(student, separable())
    expected = [k % 16 % N_ACTIONS for k in range(64)]
    found = answers(student, make_frames(64, seed=5))
    assert np.mean(np.array(found) == expected) > 0.9


def test_fit_ends_when_nothing_is_left_to_learn() -> None:
    student, dataset = make_student(), separable()
    first = run(student, dataset, train_steps_per_iter=2000)
    assert first.learnt
    assert first.train_steps < 400
    again = run(student, dataset, train_steps_per_iter=2000)
    assert again.learnt
    assert again.train_steps < first.train_steps


def test_without_early_stop_every_step_is_taken() -> None:
    result = run(make_student(), separable(), early_stop=False, train_steps_per_iter=150)
    assert (result.train_steps, result.learnt) == (150, False)


@pytest.mark.parametrize("steps", [1, 2, 3, 4, 7])
def test_steps_asked_for_are_kept_to_the_step(steps: int) -> None:
    student = make_student()
    before = {name: tensor.clone() for name, tensor in student.state_dict().items()}
    result = run(student, separable(), train_steps_per_iter=steps)
    assert (result.train_steps, result.learnt) == (steps, False)
    assert any(not torch.equal(before[n], t) for n, t in student.state_dict().items())


def test_equal_fits_give_equal_weights(device: torch.device) -> None:
    weights: list[dict[str, torch.Tensor]] = []
    results: list[FitResult] = []
    for _ in range(2):
        student = make_student().to(device)
        np.random.seed(0)
        torch.rand(len(weights))  # the global generator plays no part
        results.append(run(student, separable(), device=device, train_steps_per_iter=40))
        weights.append(student.state_dict())
    assert results[0] == results[1]
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])
    other = make_student().to(device)
    run(other, separable(), device=device, train_steps_per_iter=40, seed=1)
    assert any(not torch.equal(weights[0][n], t) for n, t in other.state_dict().items())


def with_conflicts(first: int, second: int) -> tuple[np.ndarray, list[int]]:
    """Frame 0 labelled 6 `first` times and 7 `second` times; 15 other frames labelled 1."""
    frames = make_frames(16)
    obs = np.concatenate([np.repeat(frames[:1], first + second, 0), frames[1:]])
    return obs, [6] * first + [7] * second + [1] * 15


@pytest.mark.parametrize(("first", "second"), [(9, 4), (4, 9), (1, 2)])
def test_conflicting_labels_do_not_prevent_stopping(first: int, second: int) -> None:
    obs, labels = with_conflicts(first, second)
    student = make_student()
    result = run(student, make_dataset(obs, labels), train_steps_per_iter=3000)
    assert result.learnt
    assert answers(student, obs[:1]) == [6 if first > second else 7]


def test_evenly_conflicting_labels_do_not_prevent_stopping_either() -> None:
    obs, labels = with_conflicts(5, 5)
    student = make_student()
    result = run(student, make_dataset(obs, labels), train_steps_per_iter=3000)
    assert result.learnt
    assert answers(student, obs[:1])[0] in (6, 7)


def test_previous_action_tells_equal_frames_apart() -> None:
    frame = make_frames(1)
    obs, labels = np.repeat(frame, 40, 0), [2, 5] * 20
    student = make_student(previous_action=True)
    result = run(student, make_dataset(obs, labels, previous_action=True), learning_rate=1e-2)
    assert result.learnt
    assert answers(student, np.repeat(frame, 2, 0), [5, 2]) == [2, 5]


def test_rare_states_are_learnt_beside_frequent_ones() -> None:
    frames = make_frames(2)
    obs = np.concatenate([np.repeat(frames[:1], 500, 0), frames[1:]])
    student = make_student()
    result = run(student, make_dataset(obs, [0] * 500 + [3]), train_steps_per_iter=1000)
    assert result.learnt
    assert answers(student, frames) == [0, 3]


def test_a_row_weighs_the_square_root_of_its_count() -> None:
    frames = make_frames(2)
    obs = np.concatenate([np.repeat(frames[:1], 16, 0), frames[1:]])
    student = make_student()
    with torch.no_grad():
        student.head.weight.zero_()
        student.head.bias.zero_()
        student.head.bias[6] = 1.0  # right for the frequent frame, wrong for the other
    result = run(student, make_dataset(obs, [6] * 16 + [1]), train_steps_per_iter=1)
    assert result.accuracy == pytest.approx(4 / 5)


def test_result_is_plain_numbers() -> None:
    result = run(make_student(), separable(), train_steps_per_iter=5)
    assert type(result.loss) is float
    assert type(result.accuracy) is float
    assert 0 <= result.accuracy <= 1
    assert result.loss > 0


def test_steps_are_those_of_torchs_adam() -> None:
    """Which is not used, because it imports torch's compiler; see `_Adam`."""
    ours, theirs = (torch.nn.Parameter(torch.arange(6.0).reshape(2, 3)) for _ in range(2))
    adam = _Adam([ours], [ours], 0.01)
    reference = torch.optim.Adam([theirs], lr=0.01, fused=True)
    for step in range(5):
        for parameter in (ours, theirs):
            (parameter * torch.linspace(-1, step, 6).reshape(2, 3)).pow(2).sum().backward()
        adam.step()
        reference.step()
        reference.zero_grad()
        assert ours.grad is None
        assert torch.equal(ours, theirs)


def test_small_steps_add_up_where_gradients_are_bfloat16() -> None:
    """Steps of a ten-thousandth are below what bfloat16 can tell from 1."""
    parameter = torch.ones(3)
    computing = torch.nn.Parameter(parameter.to(torch.bfloat16))
    adam = _Adam([parameter], [computing], 1e-4)
    for _ in range(100):
        computing.sum().backward()
        adam.step()
    assert torch.allclose(parameter, torch.full((3,), 0.99), atol=1e-4)
    assert torch.equal(computing, parameter.to(torch.bfloat16))


def test_passes_are_whole_batches_with_all_that_is_not_learnt() -> None:
    excess = torch.zeros(1000)
    excess[:70] = 1.0
    batches = list(_draw_batches(excess, 32, 5, torch.Generator().manual_seed(0)))
    assert [len(rows) for rows in batches] == [32] * 5
    first_pass = torch.cat(batches)  # 70 and a tenth of 930: 163 rows, rounded to 5 batches
    assert len(first_pass.unique()) == 160
    assert int((first_pass < 70).sum()) == 70


def test_hard_rows_fill_a_pass_that_is_rounded_down() -> None:
    excess = torch.zeros(100)
    excess[:40] = 1.0  # with a tenth of the others 46 rows: one batch
    (rows,) = _draw_batches(excess, 32, 1, torch.Generator().manual_seed(0))
    assert len(rows) == 32
    assert int((rows < 40).sum()) == 32


def test_a_small_dataset_is_one_short_batch() -> None:
    for rows in _draw_batches(torch.zeros(9), 64, 3, torch.Generator().manual_seed(0)):
        assert sorted(rows.tolist()) == list(range(9))


FIT = """
import sys
from tests.autodagger.dagger.test_learner import make_student, run, separable
run(make_student(), separable(), train_steps_per_iter=2)
print("torch._dynamo" in sys.modules)
"""


def test_training_imports_no_compiler() -> None:
    """It would take two seconds of every training."""
    command = [sys.executable, "-c", FIT]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False"]
