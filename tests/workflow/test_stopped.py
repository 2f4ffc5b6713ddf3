"""A run that is stopped anywhere keeps what is good; the next one ends as an undisturbed one."""

import csv
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from signal import SIGINT, SIGKILL, SIGTERM, Signals
from typing import Any

import pytest

from autodagger.files import read_json
from tests.workflow.conftest import MILESTONES, Pipeline, make_pipeline

FIRST, MIDDLE, LAST = MILESTONES
HELD = "held"
HOLD = "open(snakemake.config['output_dir'] + '/held', 'w').close(); time.sleep(60)"
Copy = Callable[[], Pipeline]

MOMENTS = {
    "logs/evaluate_expert/*.running": SIGINT,
    "expert_eval/*/expert_eval.json": SIGKILL,
    "expert_eval_videos/.*.unfinished/*.mp4": SIGTERM,
    "logs/plan_budget/*.running": SIGKILL,
    "checkpoints/*/iteration_000.pt": SIGINT,
    "models/*/*_best.pth": SIGKILL,
    "student_eval/*/student_eval.json": SIGTERM,
    "dagger_videos/.*.unfinished/*.mp4": SIGINT,
    "dagger_videos/.*.unfinished/student_eval_*.mp4": SIGKILL,
    "rows/*.json": SIGINT,
}


SLOW_KINDS = [pytest.param(kind, marks=pytest.mark.slow) for kind in (SIGKILL, SIGTERM)]


@pytest.mark.parametrize("way", [SIGINT, "crash", *SLOW_KINDS], ids=str)
def test_a_good_model_stays_until_a_finished_one_takes_its_place(
    copy_of_finished: Copy, way: Signals | str
) -> None:
    pipeline = copy_of_finished()
    folder = pipeline.results / "models" / FIRST
    model = folder / f"dagger_{FIRST}_best.pth"
    old = model.read_bytes()
    pipeline.configure(dagger_iterations=2, milestone=FIRST)
    if way == "crash":
        pipeline.sabotage("train_student", FIRST, "raise ValueError('a bug')")
        assert pipeline.run().returncode == 1
    else:
        pipeline.sabotage("train_student", FIRST, HOLD)
        assert pipeline.stop(HELD, Signals(way)) != 0
    pipeline.mend()
    assert model.read_bytes() == old
    assert not (folder / "training.json").exists()
    row = pipeline.rows()[FIRST]
    assert row["status"] == ("failed" if way == "crash" else "completed")
    assert (pipeline.folder / row["model"]).read_bytes() == old
    assert pipeline.plan(f"dagger_pipeline_results/models/{FIRST}/{model.name}") == [
        ("train_student", FIRST)
    ]
    result = pipeline.run()
    assert result.returncode == 0, result.stderr
    assert model.read_bytes() != old
    assert pipeline.rows()[FIRST]["iterations"] == 2
    assert pipeline.plan() == []


def test_a_model_without_its_test_is_not_called_completed(copy_of_finished: Copy) -> None:
    pipeline = copy_of_finished()
    pipeline.configure(dagger_iterations=2, milestone=FIRST)
    pipeline.sabotage("evaluate_student", FIRST, HOLD)
    pipeline.stop(HELD, SIGINT)
    row = pipeline.rows()[FIRST]
    assert (row["status"], row["reason"]) == ("failed", "student not finished")
    assert row["dagger_final_success_rate"] is None


def read_results(pipeline: Pipeline) -> dict[str, Any]:
    """What a run leaves, by name; of rows what does not depend on the clock."""
    found: dict[str, Any] = {}
    for path in pipeline.results.rglob("*"):
        name = str(path.relative_to(pipeline.results))
        if path.is_file() and not name.startswith(("logs", "benchmarks", HELD)):
            found[name] = path.read_bytes()
    for name in found:
        if name.startswith("rows/"):
            found[name] = drop_times(read_json(pipeline.results / name))
    found["pipeline_results.json"] = [*map(drop_times, pipeline.read("pipeline_results.json"))]
    lines = (pipeline.results / "pipeline_results.csv").read_text().splitlines()
    found["pipeline_results.csv"] = [*map(drop_times, csv.DictReader(lines))]
    return found


def drop_times(row: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key not in ("timestamp", "seconds")}


def make_small_pipeline(folder: Path) -> Pipeline:
    pipeline = make_pipeline(folder)
    pipeline.configure(record_video=True, skip_milestones=[LAST], dagger_iterations=2)
    return pipeline


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    pipeline = make_small_pipeline(tmp_path_factory.mktemp("stopped") / "work")
    result = pipeline.run()
    assert result.returncode == 0, result.stderr
    return pipeline


def finish(pipeline: Pipeline, undisturbed: Pipeline) -> None:
    result = pipeline.run()
    assert result.returncode == 0, result.stderr
    found, expected = read_results(pipeline), read_results(undisturbed)
    assert sorted(found) == sorted(expected)
    assert [name for name in found if found[name] != expected[name]] == []
    assert pipeline.plan() == []


@pytest.mark.parametrize("kind", [SIGINT, *SLOW_KINDS], ids=str)
def test_videos_are_whole_after_a_stop_among_them(
    undisturbed: Pipeline, tmp_path: Path, kind: Signals
) -> None:
    pipeline = Pipeline(tmp_path / "work")
    shutil.copytree(undisturbed.folder, pipeline.folder, symlinks=True)
    shutil.rmtree(pipeline.results / "dagger_videos" / MIDDLE)
    assert pipeline.stop("dagger_videos/.*.unfinished/*.mp4", kind) != 0
    assert not (pipeline.results / "dagger_videos" / MIDDLE).exists()
    assert {row["status"] for row in pipeline.rows().values()} == {"completed", "skipped"}
    finish(pipeline, undisturbed)


@pytest.mark.slow
@pytest.mark.parametrize(("moment", "kind"), MOMENTS.items())
def test_a_stop_at_any_moment_leaves_no_trace(
    undisturbed: Pipeline, tmp_path: Path, moment: str, kind: Signals
) -> None:
    pipeline = make_small_pipeline(tmp_path / "work")
    pipeline.stop(moment, kind)
    finish(pipeline, undisturbed)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder of 6 MB."""
    if os.name != "posix" or os.geteuid() != 0:
        pytest.skip("a small disk can be had by root only")
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("this machine lets nobody mount a tmpfs")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.slow
@pytest.mark.parametrize("left_kb", [300, 1000, 2000])
def test_a_full_disk_leaves_no_trace_once_there_is_room(
    undisturbed: Pipeline, small_disk: Path, left_kb: int
) -> None:
    pipeline = make_small_pipeline(small_disk / "work")
    usage = shutil.disk_usage(small_disk)
    (small_disk / "ballast").write_bytes(bytes(usage.free - left_kb * 1024))
    result = pipeline.run()
    assert result.returncode != 0
    assert "No space left on device" in result.stderr
    (small_disk / "ballast").unlink()
    shutil.rmtree(pipeline.folder / ".snakemake" / "locks", ignore_errors=True)
    finish(pipeline, undisturbed)
