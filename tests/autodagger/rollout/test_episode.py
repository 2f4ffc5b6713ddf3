"""The vocabulary of rollouts: plans, and how far a student agrees with its expert."""

import dataclasses
from pathlib import Path

import pytest

from autodagger.game.starts import POWER_ON, StartState
from autodagger.rollout.episode import NO_LABEL, Episode, EpisodePlan, agreement, plan_episodes
from autodagger.seeding import derive_seed
from tests.grid import CURSOR, make_task

STATES = [StartState(f"ep{k}.state", bytes([k])) for k in range(3)]
TASK = make_task(Path("CURSOR.py"))


def test_plans_go_through_all_start_states() -> None:
    plans = plan_episodes(TASK, STATES, 7, "expert_eval")
    for first in (0, 3):
        assert {plan.start.name for plan in plans[first : first + 3]} == {s.name for s in STATES}
    orders = {
        tuple(plan.start.name for plan in plan_episodes(TASK, STATES, 3, "rollout", k))
        for k in range(20)
    }
    assert len(orders) > 3


def test_plans_have_seeds_of_their_own_purpose() -> None:
    other = make_task(Path("CURSOR.py"), dataclasses.replace(CURSOR, id="OTHER"))
    again = make_task(Path("CURSOR.py"), seed=1)
    seeds = [
        plan.seed
        for task, purpose in (
            (TASK, "expert_eval"),
            (TASK, "student_eval"),
            (other, "expert_eval"),
            (again, "expert_eval"),
        )
        for plan in plan_episodes(task, [POWER_ON], 10, purpose)
    ]
    assert len(set(seeds)) == 40


def test_seeds_are_of_run_milestone_purpose_and_number() -> None:
    plans = plan_episodes(TASK, [POWER_ON], 2, "rollout", 3, 1)
    expected = [derive_seed(0, "CURSOR", "rollout", 3, 1, k) for k in range(2)]
    assert [plan.seed for plan in plans] == expected


def test_more_episodes_begin_with_the_same_ones() -> None:
    nine, four = (plan_episodes(TASK, STATES, count, "collect") for count in (9, 4))
    assert nine[:4] == four


@pytest.mark.parametrize(
    ("acts", "labels", "share"),
    [
        ([1, 2, 3, 4], [1, 2, 3, 5], 0.75),
        ([1, 2, 3], [1, NO_LABEL, 5], 0.5),
        ([1], [NO_LABEL], None),
        ([], [], None),
    ],
)
def test_agreement_is_over_labelled_states(
    acts: list[int], labels: list[int], share: float | None
) -> None:
    assert agreement([Episode(EpisodePlan(0), acts=acts, labels=labels)]) == share
