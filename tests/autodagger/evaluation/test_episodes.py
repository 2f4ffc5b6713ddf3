"""What evaluations of experts and students share."""

import dataclasses

import pytest

from autodagger.evaluation.episodes import (
    describe_repetition,
    report_last,
    summarize_episodes,
    summarize_successes,
)
from autodagger.game.starts import StartState
from autodagger.rollout.episode import Episode, EpisodePlan, Outcome
from autodagger.stats import wilson_interval


def make_episode(outcome: Outcome = Outcome.REACHED, steps: int = 3) -> Episode:
    plan = EpisodePlan(7, StartState("ep0.state", b"0"))
    acts = [4] * steps
    return Episode(plan, outcome, 10 * steps, acts, acts[::-1])


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


def test_progress_hears_of_the_last_episode_alone() -> None:
    said: list[str] = []
    report = report_last(said.append, 3)
    report(make_episode())
    report(make_episode(Outcome.LOST))
    assert said == []
    report(make_episode())
    assert said == ["2/3 episodes reach it"]


def test_equal_episodes_count_as_one() -> None:
    """Twenty recordings of one success show no more than one of them."""
    summary = summarize_episodes([make_episode()] * 20)
    assert (summary["success_rate"], summary["distinct_episodes"]) == (1.0, 1)
    assert summary["interval"] == list(wilson_interval(1, 1))


@pytest.mark.parametrize(
    "other",
    [
        make_episode(Outcome.LOST),
        make_episode(steps=4),
        dataclasses.replace(make_episode(), frames=31),
        dataclasses.replace(make_episode(), plan=EpisodePlan(7, StartState("b", b"1"))),
    ],
    ids=["outcome", "actions", "timing", "start"],
)
def test_episodes_that_differ_in_anything_that_counts_are_two(other: Episode) -> None:
    assert summarize_successes([make_episode(), other])["distinct_episodes"] == 2
    assert describe_repetition([make_episode(), other]) is None


def test_a_game_without_randomness_is_told_so() -> None:
    told = describe_repetition([make_episode()] * 20)
    assert told is not None
    assert "all 20 episodes were the same one" in told
    assert describe_repetition([make_episode()]) is None
