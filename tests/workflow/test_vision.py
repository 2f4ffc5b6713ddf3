"""An expert that asks a vision model, through the whole pipeline."""

import json

import pytest

from tests.vision import serving
from tests.workflow.conftest import MILESTONES, Pipeline

FIRST, MIDDLE, LAST = MILESTONES
HINT = """
add_to_state_schema("hint", "Which number do you see?", int)

def act(state):
    log(state["hint"])
    return decide(state)
"""
RESULTS = (
    *(f"expert_eval/{MIDDLE}/{name}.json" for name in ("expert_eval", "trajectories")),
    f"milestone_states/{MIDDLE}/completed_states.zip",
    f"models/{MIDDLE}/dagger_{MIDDLE}_best.pth",
    f"student_eval/{MIDDLE}/student_eval.json",
)


def make_asking(pipeline: Pipeline) -> None:
    """Has one expert look at the picture, as an answer by a model, before it decides."""
    path = pipeline.expert(MIDDLE)
    text = path.read_text().replace("def run(", "def decide(") + HINT.replace("act(", "run(")
    path.write_text(text)


def read_results(pipeline: Pipeline) -> dict[str, bytes]:
    return {name: (pipeline.results / name).read_bytes() for name in RESULTS}


@pytest.mark.slow
def test_a_run_is_the_same_again_without_the_model(pipeline: Pipeline) -> None:
    make_asking(pipeline)
    pipeline.configure(milestone=None, num_envs=2, vision_model="stub", skip_milestones=[LAST])
    result = pipeline.run()
    assert result.returncode == 0, result.stderr
    error = pipeline.rows()[MIDDLE]["error"]
    assert (
        "asks 'Which number do you see?' (int)"
        in pipeline.read(f"expert_eval/{MIDDLE}/expert_eval.json")["episodes"][0]["error"]
    ), error
    assert pipeline.plan() == []
    with serving() as stub:
        assert ("evaluate_expert", MIDDLE) in pipeline.plan("--config", f"vision_url={stub.url}")
        result = pipeline.run("--config", f"vision_url={stub.url}")
        assert result.returncode == 0, result.stderr
        asked = len(stub.asked)
    file = pipeline.results / "vision" / MIDDLE / "answers.jsonl"
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert len(lines) == asked > 10
    assert {line["model"] for line in lines} == {"stub"}
    assert f"answered from dagger_pipeline_results/vision/{MIDDLE}/answers.jsonl" in result.stderr
    first = read_results(pipeline)
    assert pipeline.rows()[MIDDLE]["status"] == "completed"

    assert pipeline.plan() == []  # without the model
    assert pipeline.plan("--config", "vision_url=http://localhost:9") == []
    other = {("evaluate_expert", MIDDLE)}
    assert other <= set(pipeline.plan("--config", "vision_model=other"))
    assert FIRST not in {milestone for _, milestone in pipeline.plan("--config", "vision_model=x")}

    for path in RESULTS:
        (pipeline.results / path).unlink()
    result = pipeline.run()
    assert result.returncode == 0, result.stderr
    assert "vision: 0 questions asked" in result.stderr
    assert read_results(pipeline) == first
