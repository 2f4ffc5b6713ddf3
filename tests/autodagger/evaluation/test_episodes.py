"""What evaluations of experts and students share."""

import json
from pathlib import Path

import pytest

from autodagger.evaluation.episodes import (
    agreement,
    plan_episodes,
    summarize_episodes,
    trajectory,
    write_trajectories,
)
from autodagger.game.starts import POWER_ON, StartState
from autodagger.rollout.pool import Episode, EpisodePlan
from autodagger.rollout.worker import NO_LABEL, Outcome
from tests.grid import ACTIONS, CURSOR, GAME_DIR

STATES = [StartState(f"ep{k}.state", bytes([k])) for k in range(3)]


def make_episode(outcome: Outcome = Outcome.REACHED, steps: int = 3, seed: int = 7) -> Episode:
    acts = [4] * steps
    return Episode(EpisodePlan(seed, "ep0.state"), outcome, 10 * steps, acts, acts[::-1])


def test_plans_go_through_all_start_states() -> None:
    plans = plan_episodes(STATES, 7, 0, "M", "expert_eval")
    assert [plan.start_name[2] for plan in plans] == list("0120120")
    assert [plan.start for plan in plans[:3]] == [state.data for state in STATES]


def test_plans_have_seeds_of_their_own_purpose() -> None:
    purposes = [("M", "expert_eval"), ("M", "student_eval"), ("N", "expert_eval")]
    seeds = [p.seed for purpose in purposes for p in plan_episodes([POWER_ON], 10, 0, *purpose)]
    seeds += [p.seed for p in plan_episodes([POWER_ON], 10, 1, *purposes[0])]
    assert len(set(seeds)) == 40


def test_more_episodes_begin_with_the_same_ones() -> None:
    assert plan_episodes(STATES, 9, 3, "M")[:4] == plan_episodes(STATES, 4, 3, "M")


def test_summary_counts_steps_of_successes_alone() -> None:
    played = [make_episode(steps=10), make_episode(steps=14), make_episode(Outcome.TIMEOUT, 450)]
    summary = summarize_episodes(played)
    assert summary["success_rate"] == pytest.approx(2 / 3)
    assert summary["successes"] == 2
    assert (summary["mean_steps"], summary["std_steps"]) == (12.0, 2.0)
    assert summary["interval"] == [0.2077, 0.9385]
    assert [e["outcome"] for e in summary["episodes"]] == ["reached", "reached", "timeout"]
    assert summary["episodes"][0] == {
        "episode": 1,
        "seed": 7,
        "start_state": "ep0.state",
        "success": True,
        "outcome": "reached",
        "steps": 10,
        "frames": 100,
        "error": None,
        "log": [],
    }


def test_summary_without_successes_or_episodes_has_no_means() -> None:
    failed = summarize_episodes([make_episode(Outcome.LOST)])
    assert (failed["success_rate"], failed["mean_steps"], failed["std_steps"]) == (0.0, None, None)
    nothing = summarize_episodes([])
    assert (nothing["success_rate"], nothing["interval"], nothing["episodes"]) == (None, None, [])


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


def test_trajectories_hold_what_a_replay_needs(tmp_path: Path) -> None:
    played = [make_episode(steps=45), make_episode(Outcome.TIMEOUT, 60, seed=2**62)]
    path = tmp_path / "trajectories.json"
    write_trajectories(path, CURSOR, GAME_DIR, "expert_eval", played)
    content = json.loads(path.read_text())
    assert content["milestone_id"] == "CURSOR"
    assert content["actions"] == list(ACTIONS)
    assert [e["name"] for e in content["episodes"]] == [
        "expert_eval_ep1_success_steps45",
        "expert_eval_ep2_fail_steps60",
    ]
    second = content["episodes"][1]
    assert second == json.loads(json.dumps(trajectory(second["name"], played[1])))
    assert (second["seed"], second["start_state"]) == (2**62, "ep0.state")
    assert (len(second["acts"]), second["frames"]) == (60, 600)
