"""What is measured of an iteration, and how it is written down."""

import json
from typing import Any

import pytest
from jsonschema import validate

from autodagger.dagger.metrics import IterationMetrics, Score
from autodagger.files import read_json
from autodagger.rollout.episode import Episode, EpisodePlan, Outcome
from autodagger.stats import wilson_interval
from tests.autodagger.dagger.helpers import make_metrics
from tests.grid import ROOT

OF_AN_ITERATION = read_json(ROOT / "schemas/training.schema.json")["properties"]["iterations"]
FINALS = {"final_episodes": 8, "final_successes": 7}


def play(outcome: Outcome, acts: list[int], labels: list[int] | None = None) -> Episode:
    return Episode(EpisodePlan(0), outcome, acts=acts, labels=labels or acts)


@pytest.mark.parametrize(
    "changes", [{}, FINALS, {"agreement": None}, {"beta": 1.0, "learnt": True, "iteration": 3}]
)
def test_metrics_come_back_from_json_as_they_were(changes: dict[str, Any]) -> None:
    metrics = make_metrics(**changes)
    flat = metrics.to_json()
    written = json.loads(json.dumps(flat))
    assert written == flat
    assert IterationMetrics.from_json(written) == metrics
    assert IterationMetrics.from_json(written).to_json() == flat
    assert flat.items() >= changes.items()


def test_reading_leaves_the_json_as_it_is() -> None:
    flat = make_metrics().to_json()
    before = json.dumps(flat)
    IterationMetrics.from_json(flat)
    assert json.dumps(flat) == before


def test_finals_are_the_finalists_alone() -> None:
    assert not make_metrics().to_json().keys() & FINALS.keys()
    assert make_metrics(**FINALS).to_json().items() >= FINALS.items()


def test_an_iteration_has_the_keys_of_its_schema() -> None:
    flat = make_metrics(**FINALS).to_json()
    schema = OF_AN_ITERATION["items"]
    assert flat.keys() == schema["properties"].keys()
    for metrics in (flat, make_metrics(agreement=None).to_json()):
        validate([metrics], OF_AN_ITERATION)


def test_score_counts_successes_and_the_students_own_failures() -> None:
    score = Score.of(
        [
            play(Outcome.REACHED, [1, 2]),
            play(Outcome.REACHED, [1, 2], [1, 3]),
            play(Outcome.TIMEOUT, [1, 2]),  # as the expert would have failed
            play(Outcome.LOST, [1, 2], [2, 2]),
            play(Outcome.TIMEOUT, [5], [6]),
        ]
    )
    assert (score.episodes, score.successes, score.success_rate) == (5, 2, 0.4)
    assert score.interval == wilson_interval(2, 5)
    assert score.agreement == round(6 / 9, 4)
    assert score.faults == 2


def test_score_without_labels_has_no_agreement() -> None:
    assert Score.of([play(Outcome.REACHED, [1], [-1])]).agreement is None


def rank_of(successes: int, episodes: int, *final: int, **changes: Any) -> tuple[float, ...]:
    """Of a student that was lucky or not in its evaluation, and then among the finalists."""
    finals = dict(zip(("final_successes", "final_episodes"), final, strict=bool(final)))
    return make_metrics(successes=successes, episodes=episodes, **finals, **changes).rank


def test_rank_is_by_all_episodes_not_by_the_first_lucky_ones() -> None:
    assert rank_of(4, 4, 3, 8) < rank_of(3, 4, 7, 8) < rank_of(4, 4, 8, 8)
    assert rank_of(4, 4) < rank_of(4, 4, 8, 8)


def test_of_equal_success_agreement_decides_then_the_loss() -> None:
    assert rank_of(3, 4, agreement=0.8, loss=0.1) < rank_of(3, 4, agreement=0.9, loss=0.2)
    assert rank_of(3, 4, agreement=None, loss=0.1) < rank_of(3, 4, agreement=0.9, loss=0.1)
    assert rank_of(3, 4, loss=0.2) < rank_of(3, 4, loss=0.1)
