"""The agent in the workflow: made of all students, up to the first gap, and only when it is due."""

import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from jsonschema import validate
from PIL import Image

from autodagger.workflow.config import load_schema
from tests.workflow.conftest import MILESTONES, Pipeline, list_jobs

FIRST, MIDDLE, LAST = MILESTONES
SMALL = {
    "agent": True,
    "agent_demonstrations": 2,
    "agent_rounds": 2,
    "agent_journeys": 2,
    "agent_practice": 1,
    "agent_runs": 3,
}
AGENT_RULES = {("train_agent", "all"), ("evaluate_agent", "all")}
SCHEMAS = {"full_run.json": "full_run", "training.json": "agent_training", "runs.json": "runs"}
Copy = Callable[[], Pipeline]


def read_agent(pipeline: Pipeline) -> dict[str, object]:
    content: dict[str, object] = torch.load(
        pipeline.results / "agent" / "agent.pth", weights_only=True
    )
    return content


def make_agent(pipeline: Pipeline) -> str:
    """Runs what is due with the agent switched on; returns what was said."""
    pipeline.configure(**SMALL)
    result = pipeline.run()
    assert result.returncode == 0, result.stderr
    return result.stdout + result.stderr


@pytest.fixture(scope="module")
def with_agent(finished: Pipeline) -> Pipeline:
    folder = finished.folder.with_name("with_agent")
    shutil.copytree(finished.folder, folder, symlinks=True)
    pipeline = Pipeline(folder)
    (folder / "said").write_text(make_agent(pipeline))
    return pipeline


def test_it_is_all_that_is_due_after_its_students(with_agent: Pipeline) -> None:
    said = (with_agent.folder / "said").read_text()
    assert set(list_jobs(said)) == AGENT_RULES
    assert "of 3 whole runs from power-on reach" in said
    assert with_agent.plan() == []


def test_it_is_one_file_of_all_milestones_that_loads_without_running_code(
    with_agent: Pipeline,
) -> None:
    assert read_agent(with_agent)["milestones"] == list(MILESTONES)


@pytest.mark.parametrize(("name", "schema"), SCHEMAS.items())
def test_its_files_are_as_their_schemas_say(with_agent: Pipeline, name: str, schema: str) -> None:
    validate(with_agent.read(f"agent/{name}"), load_schema(schema))


def test_the_judge_counts_every_run_once(with_agent: Pipeline) -> None:
    report = with_agent.read("agent/full_run.json")
    for part in (report, report["experts"], report["students"]):
        ended = sum(row["ended"] for row in part["milestones"])
        assert part["successes"] + ended == part["runs"] == 3
        assert part["milestones"][-1]["passed"] == part["successes"]
    assert report["experts"]["successes"] == 3
    assert report["gap"] is None


def test_it_plays_as_many_runs_as_the_options_say(with_agent: Pipeline) -> None:
    first, last = with_agent.read("agent/training.json")["rounds"]
    assert (first["journeys"], first["practice"]) == (2, len(MILESTONES))
    assert (last["journeys"], last["practice"]) == (2, 0)  # nobody would learn from these
    assert len(with_agent.read("agent/runs.json")["runs"]) == 3
    assert "2/2 runs of the experts" in (with_agent.folder / "said").read_text()


def test_its_pictures_are_made_without_playing_or_learning(with_agent: Pipeline) -> None:
    strip = "dagger_pipeline_results/agent/strip.png"
    assert with_agent.plan(strip) == [("record_agent_videos", "all")]
    assert with_agent.run(strip).returncode == 0
    assert list((with_agent.results / "agent" / "videos").glob("agent_run*.mp4"))
    for name in ("strip.png", "survival.png"):
        with Image.open(with_agent.results / "agent" / name) as picture:
            assert min(picture.size) > 100


def test_an_edited_expert_makes_its_student_and_the_agent_anew(
    with_agent: Pipeline, tmp_path: Path
) -> None:
    folder = with_agent.folder.with_name("with_edited")
    shutil.copytree(with_agent.folder, folder, symlinks=True)
    pipeline = Pipeline(folder)
    with pipeline.expert(MIDDLE).open("a") as file:
        file.write("\n# edited, and plays as before\n")
    result = pipeline.run()
    assert result.returncode == 0, result.stderr
    ran = set(list_jobs(result.stdout + result.stderr))
    assert {milestone for _, milestone in ran} == {MIDDLE, "all"}
    assert ran > AGENT_RULES


def test_a_chain_with_a_failed_milestone_gives_the_agent_of_the_part_before(
    copy_of_finished: Copy,
) -> None:
    pipeline = copy_of_finished()
    pipeline.expert(MIDDLE).write_text("def run(state):\n    return 'no_op'\n")
    said = make_agent(pipeline)
    assert read_agent(pipeline)["milestones"] == [FIRST]
    assert pipeline.read("agent/full_run.json")["gap"] == MIDDLE
    assert f"The game goes on: {MIDDLE} has no student, so the agent ends there." in said


@pytest.mark.slow
def test_a_skipped_milestone_is_a_gap_too(copy_of_finished: Copy) -> None:
    pipeline = copy_of_finished()
    pipeline.configure(skip_milestones=[LAST])
    make_agent(pipeline)
    assert read_agent(pipeline)["milestones"] == [FIRST, MIDDLE]
    assert pipeline.read("agent/full_run.json")["gap"] == LAST


def test_without_the_first_milestone_there_is_no_agent(copy_of_finished: Copy) -> None:
    pipeline = copy_of_finished()
    pipeline.configure(**SMALL, resume_from=MIDDLE)
    assert not [rule for rule, _ in pipeline.plan() if "agent" in rule]
    pipeline.configure(resume_from=None, milestone=LAST)
    assert not [rule for rule, _ in pipeline.plan() if "agent" in rule]


@pytest.mark.slow
@pytest.mark.parametrize(
    "moment",
    [
        "logs/train_agent/agent.running",
        "checkpoints/agent/iteration_000.pt",
        "checkpoints/agent/iteration_001.pt",
    ],
)
def test_an_agent_whose_training_was_killed_is_the_same(
    with_agent: Pipeline, copy_of_finished: Copy, moment: str
) -> None:
    pipeline = copy_of_finished()
    pipeline.configure(**SMALL)
    pipeline.stop(moment, signal.SIGKILL)
    assert not (pipeline.results / "agent" / "agent.pth").exists()
    result = pipeline.run()
    assert result.returncode == 0, result.stderr
    for name in ("agent.pth", "training.json", "full_run.json", "runs.json"):
        there, undisturbed = (one.results / "agent" / name for one in (pipeline, with_agent))
        assert there.read_bytes() == undisturbed.read_bytes()
