"""A finished training goes on when more iterations are asked for."""

import pytest

from autodagger.results.layout import Results
from tests.workflow.conftest import MILESTONES, Pipeline, make_pipeline

FIRST = MILESTONES[0]


def read_training(pipeline: Pipeline) -> list[bytes]:
    results = Results(pipeline.results)
    files = (results.best(FIRST), results.final(FIRST), results.training(FIRST))
    return [path.read_bytes() for path in (*files, results.rollouts(FIRST))]


@pytest.mark.slow
def test_more_iterations_go_on_and_give_what_the_number_gives_from_the_start(
    pipeline: Pipeline,
) -> None:
    fresh = make_pipeline(pipeline.folder.with_name("fresh"))
    for one in (pipeline, fresh):
        one.configure(milestone=FIRST, dagger_iterations=4 if one is pipeline else 6)
        result = one.run()
        assert result.returncode == 0, result.stderr
    pipeline.configure(dagger_iterations=6)
    result = pipeline.run()
    assert result.returncode == 0, result.stderr
    assert "continuing after iteration 4" in result.stderr
    assert "iteration 5/6: learnt" in result.stderr
    assert "iteration 4/6: learnt" not in result.stderr
    assert read_training(pipeline) == read_training(fresh)


@pytest.mark.slow
def test_without_a_checkpoint_they_start_afresh(pipeline: Pipeline) -> None:
    pipeline.configure(milestone=FIRST, keep_checkpoints=False)
    assert pipeline.run().returncode == 0
    assert not list(pipeline.results.glob("checkpoints/*"))
    pipeline.configure(dagger_iterations=2)
    assert "iteration 1/2: learnt" in pipeline.run().stderr
