"""The README's table for users of the original: each of its seven commands, run as it stands.

The training numbers alone are made small. The commands with RIVAL_HOUSE and RIVAL_BEDROOM play the
real game up to there; the others take its first three milestones.
"""

import json
import re
import shlex
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.autodagger.workflow.test_tracking import expect_row, list_runs, without_clock
from tests.workflow.conftest import GAME, MILESTONES, ROOT, Pipeline, make_pipeline

pytestmark = pytest.mark.slow

README = (ROOT / "README.md").read_text(encoding="utf-8")
SMALLER = {"dagger_iterations": 2, "episodes_per_iter": 2, "train_steps_per_iter": 20}
BEFORE_RIVAL_MET = 12
Copy = Callable[[], Pipeline]


def get_arguments(title: str) -> list[str]:
    """The arguments of the command in the table's row, training numbers made small."""
    row = re.search(rf"^\| {title} \| `--[^`]+` \| `(snakemake [^`]+)` \|$", README, re.MULTILINE)
    assert row, title
    words = shlex.split(row[1])
    assert words[:4] == ["snakemake", "--cores", "all", "--config"]
    pairs = dict(word.split("=", 1) for word in words[4:])
    small = {key: str(SMALLER[key]) for key in pairs if key in SMALLER}
    return ["--config", *(f"{key}={value}" for key, value in (pairs | small).items())]


def run(pipeline: Pipeline, title: str) -> dict[str, dict[str, Any]]:
    result = pipeline.run(*get_arguments(title))
    assert result.returncode == 0, result.stderr
    return pipeline.rows()


def test_quick_test(copy_of_finished: Copy) -> None:
    pipeline = copy_of_finished()
    rows = run(pipeline, "quick test")
    for milestone in MILESTONES:
        assert rows[milestone]["status"] == "completed"
        assert len(pipeline.read(f"expert_eval/{milestone}/expert_eval.json")["episodes"]) == 3
        iterations = pipeline.read(f"models/{milestone}/training.json")["iterations"]
        assert [iteration["episodes"] for iteration in iterations] == [2, 2]


def test_high_quality(copy_of_finished: Copy) -> None:
    pipeline = copy_of_finished()
    rows = run(pipeline, "high quality")
    for milestone in MILESTONES:
        budget = pipeline.read(f"budget/{milestone}/budget.json")
        assert budget["step_multiplier"] == 2.0
        assert budget["max_episode_steps"] == int(2 * rows[milestone]["expert_mean_steps"])
        assert len(pipeline.read(f"expert_eval/{milestone}/expert_eval.json")["episodes"]) == 10


@dataclass
class Chain:
    """A pipeline up to RIVAL_BEDROOM, and its rows after the command for RIVAL_HOUSE alone."""

    pipeline: Pipeline
    rows: dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Chain:
    pipeline = make_pipeline(tmp_path_factory.mktemp("examples") / "work")
    entries = json.loads((GAME / "milestone_config.json").read_text())["milestones"]
    first = {"milestones": entries[:BEFORE_RIVAL_MET]}
    (pipeline.folder / "milestone_config.json").write_text(json.dumps(first))
    pipeline.configure(policy_dir=str(GAME / "experts"), eval_episodes=5, **SMALLER)
    return Chain(pipeline, run(pipeline, "one milestone"))


def test_one_milestone(chain: Chain) -> None:
    assert list(chain.rows) == ["RIVAL_HOUSE"]
    row = chain.rows["RIVAL_HOUSE"]
    assert (row["status"], row["index"]) == ("completed", 10)
    assert len(chain.pipeline.read("expert_eval/RIVAL_HOUSE/expert_eval.json")["episodes"]) == 5


def test_from_one_on(chain: Chain) -> None:
    rows = list(run(chain.pipeline, "from one on").values())
    assert [row["index"] for row in rows] == list(range(BEFORE_RIVAL_MET))
    for row in rows[:10]:
        assert (row["status"], row["reason"]) == ("skipped", "before resume point")
    # Finished before: it keeps its row.
    assert [row["milestone_id"] for row in rows[10:]] == ["RIVAL_HOUSE", "RIVAL_BEDROOM"]
    assert {row["status"] for row in rows[10:]} == {"completed"}
    assert trained(chain.pipeline) == ["RIVAL_BEDROOM", "RIVAL_HOUSE"]


def trained(pipeline: Pipeline) -> list[str]:
    return sorted(path.name for path in (pipeline.results / "models").iterdir())


def test_skip_some(pipeline: Pipeline) -> None:
    rows = run(pipeline, "skip some")
    for milestone in MILESTONES[:2]:
        assert rows[milestone]["status"] == "skipped"
        assert rows[milestone]["reason"] == "in skip list"
    assert rows[MILESTONES[2]]["status"] == "completed"
    assert trained(pipeline) == [MILESTONES[2]]


def test_track_with_wandb(copy_of_finished: Copy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.setenv("WANDB_ERROR_REPORTING", "false")
    pipeline = copy_of_finished()
    shutil.rmtree(pipeline.results / "models")
    pipeline.configure(record_video=True)
    run(pipeline, "track with W&B")
    runs = list_runs(pipeline.results)
    assert len(runs) == 2 * len(MILESTONES)  # of the training, and of its videos
    assert {run["run"].project for run in runs} == {"my-pokemon-dagger"}
    assert {run["run"].entity for run in runs} == {"my-username"}
    assert len({run["run"].run_group for run in runs}) == 1
    assert {run["exit"] for run in runs} == {0}
    for milestone in MILESTONES:
        history = [row for one in runs for row in get_history(one, milestone)]
        training = pipeline.read(f"models/{milestone}/training.json")["iterations"]
        logged = [without_clock(row) for row in history if "iteration" in row]
        assert logged == [expect_row(without_finals(metrics)) for metrics in training]
        assert any(key.startswith("videos/rollout_iter0_ep0") for key in history[-1])


def test_track_after_the_fact_logs_finished_trainings_once(
    copy_of_finished: Copy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.setenv("WANDB_ERROR_REPORTING", "false")
    pipeline = copy_of_finished()
    models = {path: path.read_bytes() for path in pipeline.results.glob("models/*/*")}
    pipeline.configure(track=True)
    result = pipeline.run()
    assert result.returncode == 0, result.stderr
    assert pipeline.run().returncode == 0  # nothing is left to log
    assert {path: path.read_bytes() for path in pipeline.results.glob("models/*/*")} == models
    runs = list_runs(pipeline.results)
    assert sorted(one["run"].display_name for one in runs) == sorted(MILESTONES)
    for one in runs:
        milestone = one["run"].display_name
        report = pipeline.read(f"models/{milestone}/training.json")
        expected = [expect_row(without_finals(metrics)) for metrics in report["iterations"]]
        assert [without_clock(row) for row in one["history"]] == expected
        assert one["summary"]["best_sha256"] == report["best_sha256"]
        assert one["exit"] == 0
        assert f"W&B has the finished training of {milestone}" in result.stderr


def get_history(one: dict[str, Any], milestone: str) -> list[dict[str, Any]]:
    return one["history"] if one["run"].display_name == milestone else []


def without_finals(metrics: dict[str, Any]) -> dict[str, Any]:
    """What was known at the iteration's end: the finalists' last games come later."""
    return {key: value for key, value in metrics.items() if not key.startswith("final_")}


def test_no_videos(copy_of_finished: Copy) -> None:
    pipeline = copy_of_finished()
    pipeline.configure(record_video=True)
    assert {rule for rule, _ in pipeline.plan()} == {
        "record_expert_videos",
        "record_student_videos",
    }
    assert pipeline.plan(*get_arguments("no videos")) == []
    run(pipeline, "no videos")
    assert not list(Path(pipeline.results).glob("*_videos"))
