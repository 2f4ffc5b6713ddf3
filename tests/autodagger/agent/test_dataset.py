"""What journeys teach whom."""

from collections.abc import Sequence

import numpy as np
import pytest

from autodagger.agent.dataset import (
    EARLY_STEPS,
    FAR,
    FAR_STEPS,
    LATE_STEPS,
    JourneyDataset,
    pack_journeys,
    unpack_journeys,
)
from autodagger.agent.journey import NO_BELIEF, Journey
from autodagger.agent.memory import NEVER
from autodagger.agent.network import BACK, ON, STAY
from autodagger.rollout.episode import NO_LABEL
from autodagger.student.view import View
from tests.autodagger.agent.helpers import VIEW, make_journey, make_obs

Moments = list[tuple[int, int, int]]
"""Screen, action before and label of each."""


def teach(*journeys: Journey, milestones: int = 3, view: View = VIEW) -> JourneyDataset:
    dataset = JourneyDataset(view, milestones)
    dataset.add(journeys)
    return dataset


def list_moments(*journeys: Journey, milestones: int = 3, seed: int = 0) -> list[list[Moments]]:
    """Of each milestone's switcher, the stretches."""
    stretches = teach(*journeys, milestones=milestones).list_stretches(np.random.default_rng(seed))
    return [
        [
            list(zip(one.frames.tolist(), one.prev_acts.tolist(), one.labels.tolist(), strict=True))
            for one in own
        ]
        for own in stretches
    ]


def label(due: int, belief: int) -> int:
    return BACK if due < belief else ON if due > belief else STAY


def expect(journey: Journey, belief: int, first: int, end: int) -> Moments:
    """A stretch of a journey whose screens all differ, in which that switcher is asked."""
    before = [NEVER, *journey.acts]
    return [(k, before[k], label(journey.due[k], belief)) for k in range(first, end)]


# ---- Switchers ---------------------------------------------------------------------------------


def test_switchers_learn_from_the_time_in_which_they_should_be_asked_and_a_little_longer() -> None:
    due = [0] * 5 + [1] * 20 + [2] * 3
    journey = make_journey(due, acts=[k % 8 for k in range(28)])
    first, second, third = list_moments(journey)
    assert expect(journey, 0, 0, 5 + LATE_STEPS) in first
    assert expect(journey, 1, 5, 28) in second  # the journey ends
    assert expect(journey, 2, 25, 28) in third


@pytest.mark.parametrize("seed", range(5))
def test_labels_say_where_the_due_milestone_is(seed: int) -> None:
    due = [0] * 6 + [1] * 9 + [2] * 7 + [3] * 8
    journey = make_journey(due, acts=[k % 8 for k in range(30)])
    moments = list_moments(journey, milestones=5, seed=seed)
    before = [NEVER, *journey.acts]
    for belief, stretches in enumerate(moments):
        for stretch in stretches:
            assert stretch == [(k, before[k], label(due[k], belief)) for k, _, _ in stretch]
            steps = [k for k, _, _ in stretch]
            assert steps == list(range(steps[0], steps[0] + len(steps)))
    told = {
        belief: {one for stretch in own for _, _, one in stretch}
        for belief, own in enumerate(moments)
    }
    assert {STAY, ON} <= told[0]
    assert all(told[k] == {BACK, STAY, ON} for k in (1, 2))
    assert ON not in told[4]  # nothing comes after it
    assert STAY not in told[4]  # it was never due


@pytest.mark.parametrize("seed", range(10))
def test_switchers_learn_what_they_see_when_asked_too_early(seed: int) -> None:
    """From a moment within the milestone before, until a little after theirs is due."""
    journey = make_journey([0] * 10 + [1] * 20)
    _, second = list_moments(journey, milestones=2, seed=seed)
    early = [one for one in second if one[0][2] == BACK and one[-1][2] == STAY]
    assert len(early) == 1
    assert 0 <= early[0][0][0] < 10
    assert early[0][-1][0] == 10 + EARLY_STEPS - 1


@pytest.mark.parametrize("seed", range(10))
def test_switchers_learn_to_come_back_from_far_away(seed: int) -> None:
    """Each time two moments: of a milestone before it, and of one after it."""
    due = [k for k in range(30) for _ in range(10)]
    steps = np.zeros((len(due), *VIEW.shape), np.uint8)
    steps[:, 0, 0, 0], steps[:, 0, 1, 0] = np.divmod(np.arange(len(due)), 256)
    journey = make_journey(due, obs=steps)
    found = list_moments(journey, milestones=30, seed=seed)
    far = [
        (belief, stretch)
        for belief, own in enumerate(found)
        for stretch in own
        if len(stretch) <= FAR_STEPS and len({one for _, _, one in stretch}) == 1
    ]
    assert 30 < len(far) <= 60
    assert {stretch[0][2] for _, stretch in far} == {BACK, ON}
    for belief, stretch in far:
        assert len({due[k] for k, _, _ in stretch}) == 1
        assert 1 <= abs(due[stretch[0][0]] - belief) <= FAR


def test_equal_chance_gives_equal_moments() -> None:
    journey = make_journey([0] * 10 + [1] * 20 + [2] * 10)
    assert list_moments(journey, seed=1) == list_moments(journey, seed=1)
    assert list_moments(journey, seed=1) != list_moments(journey, seed=2)


def test_milestone_that_was_skipped_is_learnt_as_reached() -> None:
    """Where two are reached in one step, the second was never seen to be due."""
    journey = make_journey([0] * 4 + [2] * 20)
    _, second, _ = list_moments(journey)
    assert expect(journey, 1, 4, 4 + LATE_STEPS) in second
    assert all(one != STAY for stretch in second for _, _, one in stretch)


def list_asked(due: Sequence[int], beliefs: Sequence[int], count: int = 4) -> list[Moments]:
    """For each milestone, what its switcher is taught besides what any such journey teaches.

    Those are the stretches that it has more often than without the beliefs.
    """
    with_beliefs = list_moments(make_journey(due, beliefs), milestones=count)
    without = list_moments(make_journey(due), milestones=count)
    more = []
    for own, known in zip(with_beliefs, without, strict=True):
        more.append(own[len(known) :])
        assert own[: len(known)] == known
    return [[(k, one) for stretch in own for k, _, one in stretch] for own in more]


def test_right_beliefs_are_asked_about_to_the_step_in_which_they_end() -> None:
    asked = list_asked(due=[0, 0, 1, 1, 2], beliefs=[0, 0, 1, 1, 2])
    assert asked == [
        [(0, STAY), (1, STAY), (2, ON)],
        [(2, STAY), (3, STAY), (4, ON)],
        [(4, STAY)],
        [],
    ]


def test_premature_belief_is_told_to_go_back() -> None:
    asked = list_asked(due=[0, 0, 0, 0, 1], beliefs=[0, 1, 1, 1, 1])
    assert asked == [[(0, STAY), (1, STAY)], [(1, BACK), (2, BACK), (3, BACK), (4, STAY)], [], []]


def test_late_belief_is_told_to_move_on() -> None:
    asked = list_asked(due=[0, 1, 1, 1], beliefs=[0, 0, 0, 1])
    assert asked == [[(0, STAY), (1, ON), (2, ON), (3, ON)], [(3, STAY)], [], []]


def test_those_passed_over_are_taught_too() -> None:
    """All of them were asked in that step, and said "on"."""
    asked = list_asked(due=[0, 0, 3, 3], beliefs=[0, 0, 3, 3])
    assert asked == [
        [(0, STAY), (1, STAY), (2, ON)],
        [(2, ON)],
        [(2, ON)],
        [(2, STAY), (3, STAY)],
    ]
    asked = list_asked(due=[0, 0, 0], beliefs=[0, 2, 2])
    assert asked == [[(0, STAY), (1, STAY)], [(1, BACK)], [(1, BACK), (2, BACK)], []]


def test_belief_that_went_back_is_taught_where_it_came_from() -> None:
    asked = list_asked(due=[0, 0, 0, 0], beliefs=[1, 0, 0, 0])
    assert asked == [[(0, STAY), (1, STAY), (2, STAY), (3, STAY)], [(0, BACK), (1, BACK)], [], []]


def test_rescued_agent_is_asked_again_where_it_was_told() -> None:
    """Nobody is asked while the expert plays."""
    no = NO_BELIEF
    asked = list_asked(due=[0, 0, 0, 0, 1, 1, 1], beliefs=[0, 0, no, no, 1, 1, 1])
    assert asked == [[(0, STAY), (1, STAY)], [(4, STAY), (5, STAY), (6, STAY)], [], []]


def test_rescued_agent_that_does_not_believe_what_it_was_told_learns_that() -> None:
    no = NO_BELIEF
    asked = list_asked(due=[0, 0, 1, 1], beliefs=[0, no, 2, 2])
    assert asked == [[(0, STAY)], [(2, STAY)], [(2, BACK), (3, BACK)], []]


def test_practice_begins_where_it_was_told() -> None:
    asked = list_asked(due=[2, 2, 3], beliefs=[2, 2, 3])
    assert asked == [[], [], [(0, STAY), (1, STAY), (2, ON)], [(2, STAY)]]


# ---- Students ----------------------------------------------------------------------------------


def test_students_get_the_labels_of_their_own_milestone_alone() -> None:
    journey = make_journey(
        [0, 0, 1, 1, 1], labels=[3, 4, 5, NO_LABEL, 6], acts=[7, 7, 7, 7, 7], beliefs=[2] * 5
    )
    dataset = teach(journey)
    samples = [one.samples() for one in dataset.students]
    assert [one.label.tolist() for one in samples] == [[3, 4], [5, 6], []]
    shown = [one.frames[:, 0, 0, 0].tolist() for one in dataset.students]
    assert shown == [[0, 1], [2, 4], []]


def test_students_know_the_action_before_also_at_their_milestones_start() -> None:
    view = View((40, 60), previous_action=True)
    journey = make_journey([0, 0, 1, 1], acts=[3, 4, 5, 6])
    samples = [one.samples() for one in teach(journey, view=view).students]
    assert [one.prev_act.tolist() for one in samples] == [[0, 3], [4, 5], []]


def test_equal_screens_are_kept_once() -> None:
    first, second = make_journey([0, 0, 1]), make_journey([0, 0, 1, 1])
    dataset = teach(first, second)
    assert len(dataset.screens) == 4
    assert dataset.students[0].samples().count.tolist() == [2, 2]


def test_screen_that_comes_again_in_a_journey_is_found_again() -> None:
    journey = make_journey([0] * 4, obs=make_obs(2), obs_index=[0, 1, 1, 0])
    (first, *_), *_ = list_moments(journey)
    assert [frame for frame, _, _ in first] == [0, 1, 1, 0]


def test_journey_without_a_step_teaches_nothing() -> None:
    dataset = teach(make_journey([]))
    assert dataset.screens == []
    assert dataset.list_stretches(np.random.default_rng(0)) == [[], [], []]


# ---- Kept --------------------------------------------------------------------------------------


def test_packed_journeys_teach_the_same() -> None:
    journeys = [
        make_journey([0, 0, 1], beliefs=[0, 1, 1], acts=[3, 4, 5], labels=[3, NO_LABEL, 1]),
        make_journey([]),
        make_journey([1] * 4, obs=make_obs(2)[::-1], obs_index=[0, 1, 1, 0]),
    ]
    again = unpack_journeys(pack_journeys(journeys))
    for old, new in zip(journeys, again, strict=True):
        for name in ("acts", "labels", "due", "beliefs", "obs_index"):
            assert getattr(new, name) == getattr(old, name)
        assert np.array_equal(new.distinct_obs, old.distinct_obs)
    assert list_moments(*again) == list_moments(*journeys)


def test_what_is_packed_is_of_builtins_and_an_array() -> None:
    packed = pack_journeys([make_journey([0, 1])])
    assert set(packed) == {"journeys", "new"}
    assert packed["new"]["obs"].dtype == np.uint8
    for part in packed["journeys"]:
        assert all(
            type(one) is int
            for values in part.values()
            for one in ([values] if isinstance(values, int) else values)
        )
