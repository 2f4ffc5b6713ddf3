"""The aggregated dataset: equal frames once, counts, conflicts, checkpoints, memory."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence

import numpy as np
import pytest

from autodagger.dagger.dataset import Conflicts, Dataset
from autodagger.rollout.episode import NO_LABEL, Episode
from autodagger.student.view import View
from tests.autodagger.dagger.helpers import hold
from tests.grid import ROOT

VIEW = View((4, 6))
SHAPE = VIEW.shape


def make_episode(
    frames: Sequence[int], labels: Sequence[int], acts: Sequence[int] | None = None
) -> Episode:
    """An episode whose observations are frames of one gray each."""
    obs = np.zeros((len(frames), *SHAPE), np.uint8)
    obs[:] = np.array(frames, np.uint8).reshape(-1, 1, 1, 1)
    return hold(obs, labels, acts)


def make_dataset(*episodes: Episode, previous_action: bool = False) -> Dataset:
    dataset = Dataset(View(VIEW.frame_size, previous_action=previous_action))
    dataset.add(episodes)
    return dataset


def rows(dataset: Dataset) -> list[tuple[int, ...]]:
    """(gray of the frame, previous action, label, count, best label) of every row."""
    s = dataset.samples()
    grays = dataset.frames[s.frame][:, 0, 0, 0]
    return list(
        zip(*(a.tolist() for a in (grays, s.prev_act, s.label, s.count, s.best_label)), strict=True)
    )


def test_equal_frames_are_stored_once_and_counted() -> None:
    dataset = make_dataset(make_episode([10, 20, 10, 10], [1, 2, 1, 1]), make_episode([20], [2]))
    assert dataset.transitions == 5
    assert dataset.frames[:, 0, 0, 0].tolist() == [10, 20]
    assert dataset.frames.dtype == np.uint8
    assert rows(dataset) == [(10, 0, 1, 3, 1), (20, 0, 2, 2, 2)]


def test_frames_that_differ_in_one_pixel_are_two() -> None:
    episode = make_episode([10, 10], [1, 1])
    assert episode.distinct_obs is not None
    episode.distinct_obs[1, 3, 5, 0] = 11
    assert len(make_dataset(episode).frames) == 2


def test_unlabelled_states_are_left_out() -> None:
    dataset = make_dataset(make_episode([10, 20, 30], [1, NO_LABEL, 3], [1, 5, 3]))
    assert rows(dataset) == [(10, 0, 1, 1, 1), (30, 0, 3, 1, 3)]
    assert dataset.transitions == 2


def test_previous_action_is_the_one_taken_not_the_one_advised() -> None:
    episode = make_episode([10, 10, 10], [1, 2, 1], acts=[5, 6, 7])
    dataset = make_dataset(episode, previous_action=True)
    assert rows(dataset) == [(10, 0, 1, 1, 1), (10, 5, 2, 1, 2), (10, 6, 1, 1, 1)]
    assert rows(make_dataset(episode)) == [(10, 0, 1, 2, 1), (10, 0, 2, 1, 1)]


def test_previous_action_reaches_over_an_unlabelled_state() -> None:
    episode = make_episode([10, 20, 30], [1, NO_LABEL, 3], acts=[1, 5, 3])
    assert rows(make_dataset(episode, previous_action=True))[1] == (30, 5, 3, 1, 3)


def test_episodes_start_without_a_previous_action() -> None:
    episodes = [make_episode([10, 20], [3, 4])] * 2
    assert rows(make_dataset(*episodes, previous_action=True)) == [
        (10, 0, 3, 2, 3),
        (20, 3, 4, 2, 4),
    ]


def test_of_conflicting_labels_the_most_frequent_is_best() -> None:
    dataset = make_dataset(make_episode([10] * 5, [2, 1, 2, 1, 2]), make_episode([20, 20], [7, 3]))
    assert [row[2:] for row in rows(dataset)] == [(2, 3, 2), (1, 2, 2), (7, 1, 3), (3, 1, 3)]


def test_conflicts_give_the_ceiling_of_any_policy() -> None:
    dataset = make_dataset(make_episode([10] * 5, [2, 1, 2, 1, 2]), make_episode([20] * 5, [4] * 5))
    assert dataset.conflicts() == Conflicts(conflicting_frames=1, inputs=2, ceiling=0.8)


def test_previous_action_resolves_conflicts() -> None:
    episode = make_episode([10, 10], [1, 2])
    assert make_dataset(episode).conflicts().conflicting_frames == 1
    resolved = make_dataset(episode, previous_action=True).conflicts()
    assert resolved == Conflicts(conflicting_frames=0, inputs=2, ceiling=1.0)


def test_empty_dataset_has_no_conflicts() -> None:
    conflicts = make_dataset().conflicts()
    assert conflicts.conflicting_frames == conflicts.inputs == 0
    assert len(make_dataset().samples().label) == 0


def random_episodes(seed: int, count: int, length: int = 50) -> list[Episode]:
    rng = np.random.default_rng(seed)
    return [
        make_episode(
            rng.integers(256, size=length).tolist(),
            rng.integers(-1, 8, size=length).tolist(),
            rng.integers(8, size=length).tolist(),
        )
        for _ in range(count)
    ]


def assert_same(first: Dataset, second: Dataset) -> None:
    assert np.array_equal(first.frames, second.frames)
    assert first.transitions == second.transitions
    for name in ("frame", "prev_act", "label", "count", "best_label"):
        assert np.array_equal(getattr(first.samples(), name), getattr(second.samples(), name))
    assert first.conflicts() == second.conflicts()


@pytest.mark.parametrize("previous_action", [True, False])
def test_restoring_what_is_new_makes_the_same_dataset(previous_action: bool) -> None:
    original, restored = (make_dataset(previous_action=previous_action) for _ in range(2))
    for iteration in range(4):
        original.add(random_episodes(iteration, 3))
        restored.restore(original.take_new())
        assert_same(original, restored)
    both = random_episodes(9, 2)
    for dataset in (original, restored):
        dataset.add(both)
    assert_same(original, restored)
    first, second = original.take_new(), restored.take_new()
    assert all(np.array_equal(first[key], second[key]) for key in first)


def test_what_is_new_is_told_once() -> None:
    dataset = make_dataset(make_episode([10, 20], [1, 2]))
    assert len(dataset.take_new()["frames"]) == 2
    new = dataset.take_new()
    assert (len(new["frames"]), len(new["transitions"])) == (0, 0)
    dataset.add([make_episode([20, 30], [2, 3])])
    new = dataset.take_new()
    assert new["frames"][:, 0, 0, 0].tolist() == [30]
    assert len(new["transitions"]) == 2


def test_what_was_taken_does_not_change_afterwards() -> None:
    dataset = make_dataset(make_episode(range(100), [1] * 100))
    new = dataset.take_new()
    assert not np.shares_memory(dataset.frames, new["frames"])
    before = {key: array.copy() for key, array in new.items()}
    dataset.add([make_episode(range(100, 250), [1] * 150)])
    assert all(np.array_equal(before[key], new[key]) for key in new)


def test_growing_keeps_what_is_there() -> None:
    frames = [(k % 256, k // 256) for k in range(2000)]
    obs = np.zeros((2000, *SHAPE), np.uint8)
    obs[:, 0, 0, 0], obs[:, 0, 1, 0] = zip(*frames, strict=True)
    dataset = Dataset(VIEW)
    for k in range(0, 2000, 100):
        part = obs[k : k + 100]
        dataset.add([hold(part, [1] * 100)])
    assert np.array_equal(dataset.frames, obs)


MEASURE = """
import json, resource
import numpy as np
from autodagger.dagger.dataset import Dataset
from autodagger.rollout.episode import Episode, EpisodePlan
from autodagger.student.view import View

empty = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
rng = np.random.default_rng(0)
dataset = Dataset(View((80, 120)))
for _ in range(500):
    obs = rng.integers(256, size=(100, 80, 120, 1), dtype=np.uint8)
    acts = rng.integers(8, size=100).tolist()
    seen = {"distinct_obs": obs, "obs_index": range(100)}
    dataset.add([Episode(EpisodePlan(0), acts=acts, labels=acts, **seen)])
dataset.samples(), dataset.conflicts()
full = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps([dataset.transitions, len(dataset.frames), (full - empty) / 1024]))
"""


@pytest.mark.slow
def test_fifty_thousand_different_transitions_fit_in_memory() -> None:
    result = subprocess.run(
        [sys.executable, "-c", MEASURE],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    transitions, frames, megabytes = json.loads(result.stdout)
    assert (transitions, frames) == (50_000, 50_000)
    assert megabytes < 1200
