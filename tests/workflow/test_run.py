"""Three milestones from power-on to results; what runs again after a change, and what does not."""

import csv
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from jsonschema import validate

from autodagger.files import sha256_file
from autodagger.game.starts import load_start_states
from autodagger.results.layout import Results
from autodagger.workflow.config import load_schema
from tests.workflow.conftest import GAME, MILESTONES, Pipeline, list_jobs

FIRST, MIDDLE, LAST = MILESTONES
SEED_COLUMNS = (
    "milestone_id,index,timestamp,status,expert_success_rate,expert_mean_steps,"
    "max_episode_steps,dagger_final_success_rate"
)
EXPERT_RULES = ("evaluate_expert", "plan_budget")
STUDENT_RULES = ("train_student", "evaluate_student", "summarize_milestone")
SUMMARY = ("summarize_pipeline", "all")
SCHEMAS = {
    "expert_eval/*/expert_eval.json": "expert_eval",
    "expert_eval/*/trajectories.json": "trajectories",
    "budget/*/budget.json": "budget",
    "models/*/training.json": "training",
    "models/*/demonstrations.json": "trajectories",
    "models/*/trajectories.json": "trajectories",
    "student_eval/*/student_eval.json": "student_eval",
    "student_eval/*/trajectories.json": "trajectories",
    "rows/*.json": "row",
    "pipeline_results.json": "pipeline_results",
}
Copy = Callable[[], Pipeline]


def test_all_milestones_complete(finished: Pipeline) -> None:
    lines = (finished.results / "pipeline_results.csv").read_text().splitlines()
    assert lines[0].startswith(SEED_COLUMNS)
    rows = list(csv.DictReader(lines))
    assert [row["milestone_id"] for row in rows] == list(MILESTONES)
    assert [row["index"] for row in rows] == ["0", "1", "2"]
    assert {row["status"] for row in rows} == {"completed"}
    assert all(row["dagger_final_success_rate"] for row in rows)


@pytest.mark.parametrize(("pattern", "schema"), SCHEMAS.items())
def test_every_json_is_as_its_schema_says(finished: Pipeline, pattern: str, schema: str) -> None:
    paths = list(finished.results.glob(pattern))
    assert paths
    for path in paths:
        validate(finished.read(str(path.relative_to(finished.results))), load_schema(schema))


def test_models_are_where_the_seed_says_and_load_without_running_code(finished: Pipeline) -> None:
    for milestone in MILESTONES:
        for kind in ("best", "final"):
            path = finished.results / "models" / milestone / f"dagger_{milestone}_{kind}.pth"
            assert torch.load(path, weights_only=True)["milestone_id"] == milestone


def test_the_row_names_the_digest_of_its_model(finished: Pipeline) -> None:
    row = finished.rows()[LAST]
    assert row["model_sha256"] == sha256_file(finished.folder / row["model"])


def test_a_second_run_does_nothing(finished: Pipeline) -> None:
    result = finished.run()
    assert result.returncode == 0
    assert "Nothing to be done" in result.stdout + result.stderr


def test_nothing_but_iterations_is_left_of_the_checkpoints(finished: Pipeline) -> None:
    """With them, and their note, a student goes on; the agent's are gone."""
    left = [path.name for path in (finished.results / "checkpoints").rglob("*.*")]
    assert left
    assert all(re.fullmatch(r"checkpoint\.json|iteration_\d+\.pt", name) for name in left), left


def test_nothing_is_left_of_the_checkpoints_if_nothing_shall_be(copy_of_finished: Copy) -> None:
    pipeline = copy_of_finished()
    pipeline.configure(keep_checkpoints=False)
    shutil.rmtree(pipeline.results / "models" / MIDDLE)
    assert pipeline.run(f"dagger_pipeline_results/models/{MIDDLE}/training.json").returncode == 0
    assert not list((pipeline.results / "checkpoints" / MIDDLE).rglob("*.*"))


def test_a_deleted_model_is_all_that_is_made_again(copy_of_finished: Copy) -> None:
    pipeline = copy_of_finished()
    shutil.rmtree(pipeline.results / "models" / MIDDLE)
    assert pipeline.plan() == sorted([*((rule, MIDDLE) for rule in STUDENT_RULES), SUMMARY])
    model = f"dagger_pipeline_results/models/{MIDDLE}/dagger_{MIDDLE}_best.pth"
    assert pipeline.plan(model) == [("train_student", MIDDLE)]


def test_an_edited_expert_runs_only_its_milestone_again(copy_of_finished: Copy) -> None:
    pipeline = copy_of_finished()
    with pipeline.expert(MIDDLE).open("a") as file:
        file.write("\n# edited, and plays as before\n")
    result = pipeline.run()
    assert result.returncode == 0, result.stderr
    rules = ("evaluate_expert", "plan_budget", *STUDENT_RULES)
    ran = set(list_jobs(result.stdout + result.stderr))
    # The same report gives the same budget, so that the last rules need not all run again.
    assert {milestone for _, milestone in ran} == {MIDDLE, "all"}
    assert {rule for rule, _ in ran} <= {*rules, "summarize_pipeline"}
    assert {"evaluate_expert", "train_student"} <= {rule for rule, _ in ran}
    assert pipeline.plan() == []


def test_deleted_broken_and_hopeless_experts_are_three_failed_rows(copy_of_finished: Copy) -> None:
    pipeline = copy_of_finished()
    pipeline.expert(FIRST).write_text("def run(state)\n    return 'a'\n")
    pipeline.expert(MIDDLE).write_text("def run(state):\n    return 'no_op'\n")
    pipeline.expert(LAST).rename(pipeline.expert(LAST[:-1]))
    result = pipeline.run()
    assert result.returncode == 0, result.stderr
    rows = pipeline.rows()
    assert {row["status"] for row in rows.values()} == {"failed"}
    assert rows[FIRST]["reason"] == "expert cannot be loaded"
    assert f"{FIRST}.py, line 1" in rows[FIRST]["error"]
    assert "never succeeded: 0.00 < min_success_rate 0.6" in rows[MIDDLE]["reason"]
    assert rows[LAST]["reason"] == "no expert file"
    assert f"experts/{LAST}.py does not exist" in rows[LAST]["error"]
    assert f"did you mean '{LAST[:-1]}.py'?" in rows[LAST]["error"]


def test_a_first_milestone_that_fails_leaves_the_next_without_start_state(
    pipeline: Pipeline,
) -> None:
    pipeline.expert(FIRST).unlink()
    pipeline.configure(milestone=MIDDLE)
    result = pipeline.run()
    assert result.returncode == 0, result.stderr
    row = pipeline.rows()[MIDDLE]
    assert (row["status"], row["reason"]) == ("failed", "no start state")
    assert f"the expert of {FIRST} never reached it" in row["error"]
    assert f"put a save state {FIRST}_completed.state into" in row["error"]


def test_a_crash_leaves_the_others_going_and_a_failed_row(copy_of_finished: Copy) -> None:
    pipeline = copy_of_finished()
    for milestone in (FIRST, MIDDLE):
        shutil.rmtree(pipeline.results / "models" / milestone)
    blocked = pipeline.results / "checkpoints" / FIRST
    shutil.rmtree(blocked, ignore_errors=True)
    blocked.parent.mkdir(exist_ok=True)
    blocked.write_text("a file where a folder should be")
    result = pipeline.run()
    assert result.returncode != 0
    rows = pipeline.rows()
    assert rows[FIRST]["status"] == "failed"
    assert rows[FIRST]["reason"] == "rule train_student stopped unexpectedly"
    assert rows[FIRST]["log"].endswith(f"logs/train_student/{FIRST}.log")
    assert [rows[milestone]["status"] for milestone in (MIDDLE, LAST)] == ["completed"] * 2
    blocked.unlink()
    assert pipeline.run().returncode == 0
    assert {row["status"] for row in pipeline.rows().values()} == {"completed"}


def test_a_crash_before_the_others_could_start_leaves_a_row_for_each(pipeline: Pipeline) -> None:
    pipeline.sabotage("evaluate_expert", FIRST, "raise ValueError('a bug')")
    assert pipeline.run().returncode == 1
    rows = pipeline.rows()
    assert list(rows) == list(MILESTONES)
    assert {row["status"] for row in rows.values()} == {"failed"}
    assert rows[FIRST]["reason"] == "rule evaluate_expert stopped unexpectedly"
    assert rows[FIRST]["error"] == "ValueError: a bug"
    for milestone in (MIDDLE, LAST):
        reason = f"not reached: evaluate_expert of {FIRST} stopped unexpectedly"
        assert rows[milestone]["reason"] == reason
        assert rows[milestone]["log"] == rows[FIRST]["log"]
    pipeline.mend()
    result = pipeline.run()
    assert result.returncode == 0, result.stderr
    assert {row["status"] for row in pipeline.rows().values()} == {"completed"}


def test_videos_that_fail_leave_a_tested_milestone_completed(copy_of_finished: Copy) -> None:
    pipeline = copy_of_finished()
    pipeline.configure(record_video=True)
    pipeline.sabotage("record_videos", MIDDLE, "raise ValueError('no codec')")
    result = pipeline.run()
    assert result.returncode == 1
    assert f"{MIDDLE}         video   failed: ValueError: no codec (see" in result.stderr
    assert {row["status"] for row in pipeline.rows().values()} == {"completed"}
    pipeline.mend()
    rules = {("record_expert_videos", MIDDLE), ("record_student_videos", MIDDLE)}
    assert set(pipeline.plan()) == rules


@pytest.mark.parametrize(
    ("options", "rules"),
    [
        ({"learning_rate": 0.01}, {*STUDENT_RULES, SUMMARY[0]}),
        # At most, as a dry run says: whether students are due depends on what comes out.
        ({"student_eval_episodes": 3}, {*EXPERT_RULES, *STUDENT_RULES, SUMMARY[0]}),
        ({"eval_episodes": 3}, {*EXPERT_RULES, *STUDENT_RULES, SUMMARY[0]}),
        ({"num_envs": 3, "cuda": False, "keep_checkpoints": False}, set()),
        # Trainings that are finished are logged from their files.
        ({"wandb_project": "x", "track": True}, {"log_trainings"}),
        ({"video_fps": 60, "videos_per_iteration": 1}, set()),
        ({"record_video": True}, {"record_expert_videos", "record_student_videos"}),
    ],
)
def test_an_option_runs_again_what_depends_on_it(
    copy_of_finished: Copy, options: dict[str, object], rules: set[str]
) -> None:
    pipeline = copy_of_finished()
    pipeline.configure(**options)
    assert {rule for rule, _ in pipeline.plan()} == rules


def test_skipping_and_resuming_keep_finished_work(copy_of_finished: Copy) -> None:
    pipeline = copy_of_finished()
    (pipeline.results / "rows" / f"{FIRST}.json").unlink()
    skip = ["--config", f"skip_milestones=[{FIRST}]", f"resume_from={MIDDLE}"]
    result = pipeline.run(*skip)
    assert result.returncode == 0, result.stderr
    assert list_jobs(result.stdout + result.stderr) == [SUMMARY]
    rows = pipeline.rows()
    assert list(rows) == list(MILESTONES)
    assert (rows[FIRST]["status"], rows[FIRST]["reason"]) == ("skipped", "before resume point")
    assert pipeline.plan() == sorted([("summarize_milestone", FIRST), SUMMARY])


def test_one_milestone_makes_the_states_before_it_without_training(pipeline: Pipeline) -> None:
    plan = pipeline.plan("--config", f"milestone={LAST}", f"skip_milestones={LAST}")
    assert ("evaluate_expert", FIRST) in plan
    assert not [job for job in plan if job[0] == "train_student" and job[1] != LAST]
    assert ("summarize_milestone", FIRST) not in plan


def test_a_users_start_state_takes_the_place_of_the_recorded_ones(copy_of_finished: Copy) -> None:
    pipeline = copy_of_finished()
    states = pipeline.folder / ".milestone_trainer_cache" / "milestone_states"
    states.mkdir(parents=True)
    recorded = load_start_states(Results(str(pipeline.results)).states(FIRST))
    (states / f"{FIRST}_completed.state").write_bytes(recorded[0].data)
    assert ("evaluate_expert", MIDDLE) in pipeline.plan()
    assert ("evaluate_expert", FIRST) not in pipeline.plan()


def test_the_users_results_are_not_touched(finished: Pipeline) -> None:
    assert finished.folder not in (GAME.parents[1], *GAME.parents)
    assert Path(finished.results).is_dir()


def test_the_benchmarks_give_seconds(finished: Pipeline) -> None:
    assert finished.rows()[FIRST]["seconds"] > 0
