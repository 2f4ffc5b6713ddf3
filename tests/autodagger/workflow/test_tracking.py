"""W&B tracking: real offline runs read back, and every way in which W&B can be missing."""

import json
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import numpy as np
import pytest

from autodagger.files import read_json
from autodagger.results.layout import Results
from autodagger.workflow import tracking
from autodagger.workflow.tracking import Tracker, open_tracker, read_offline_run, reopen_tracker

ITERATIONS = [
    {
        "iteration": number,
        "loss": 0.5 / (number + 1),
        "accuracy": 0.75 + number / 16,
        "success_rate": number / 4,
        "interval": [number / 8, number / 3],
        "dataset_size": 100 * (number + 1),
        "conflicting_frames": number,
        "learnt": number > 1,
    }
    for number in range(4)
]
CONFIG = {"options": {"batch_size": 64}, "seed": 0}


@pytest.fixture(autouse=True)
def quiet_wandb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Offline, without the login, the settings and the error reports of whoever runs the tests."""
    for name in [name for name in os.environ if name.startswith("WANDB_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.setenv("WANDB_ERROR_REPORTING", "false")
    monkeypatch.setenv("WANDB_CONFIG_DIR", str(tmp_path / "wandb_config"))
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    yield
    import wandb

    wandb.teardown()


@pytest.fixture
def expert(tmp_path: Path) -> Path:
    path = tmp_path / "RIVAL_HOUSE.py"
    path.write_text("def run(state): return 'a'\n")
    return path


def start(folder: Path, expert: Path, warnings: list[str] | None = None, **changes: Any) -> Tracker:
    arguments: dict[str, Any] = {
        "project": "pokemon-dagger-pipeline",
        "entity": None,
        "milestone_id": "RIVAL_HOUSE",
        "config": CONFIG,
        "inputs": [expert],
        "results": Results(folder),
        "warn": pytest.fail if warnings is None else warnings.append,
    }
    return open_tracker(**arguments | changes)


def read_run(path: Path) -> dict[str, Any]:
    """An offline run's file: run record, history by step, summary, exit code."""
    content: dict[str, Any] = {"run": None, "history": [], "summary": {}, "exit": None}
    for record in read_offline_run(path):
        kind = record.WhichOneof("record_type")
        if kind == "run":
            content["run"] = record.run
        elif kind == "history":
            content["history"].append(read_items(record.history.item))
        elif kind == "summary":
            content["summary"] |= read_items(record.summary.update)
        elif kind == "exit":
            content["exit"] = record.exit.exit_code
    return content


def read_items(items: Any) -> dict[str, Any]:
    return {".".join(i.nested_key) or i.key: json.loads(i.value_json) for i in items}


def list_runs(folder: Path) -> list[dict[str, Any]]:
    import wandb

    wandb.teardown()  # what runs left in memory is on the disk then
    return [read_run(path) for path in sorted(folder.glob("wandb/offline-run-*/*.wandb"))]


def without_clock(row: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in row.items() if not key.startswith("_")}


def expect_row(metrics: dict[str, Any]) -> dict[str, Any]:
    row = {key: value for key, value in metrics.items() if key != "interval"}
    row["interval_low"], row["interval_high"] = metrics["interval"]
    return row


def test_offline_run_read_back_equals_what_was_logged(tmp_path: Path, expert: Path) -> None:
    with start(tmp_path, expert, entity="my-username") as tracker:
        for metrics in ITERATIONS:
            tracker.log(metrics)
        tracker.log_result({"stopped": "dagger_iterations", "iterations": ITERATIONS})
    (run,) = list_runs(tmp_path)
    assert [without_clock(row) for row in run["history"]] == list(map(expect_row, ITERATIONS))
    assert [row["_step"] for row in run["history"]] == [0, 1, 2, 3]
    assert (run["run"].project, run["run"].entity) == ("pokemon-dagger-pipeline", "my-username")
    assert run["run"].display_name == "RIVAL_HOUSE"
    config = {item.key: json.loads(item.value_json) for item in run["run"].config.update}
    assert {key: config[key] for key in CONFIG} == CONFIG
    assert run["summary"]["stopped"] == "dagger_iterations"
    assert run["exit"] == 0


def test_milestones_share_the_group_and_not_the_run(tmp_path: Path, expert: Path) -> None:
    for milestone in ("RIVAL_HOUSE", "RIVAL_BEDROOM"):
        start(tmp_path, expert, milestone_id=milestone).finish()
    first, second = (run["run"] for run in list_runs(tmp_path))
    assert first.run_group == second.run_group
    assert first.run_group.startswith(f"{tmp_path.name}-")
    assert first.run_id != second.run_id


def test_changed_config_or_expert_is_another_run(tmp_path: Path, expert: Path) -> None:
    def run_id(**changes: Any) -> str:
        start(tmp_path, expert, **changes).finish()
        return str(read_json(tmp_path / "tracking" / "RIVAL_HOUSE.json")["run_id"])

    ids = [run_id(), run_id(config={"seed": 1})]
    expert.write_text("def run(state): return 'b'\n")
    ids.append(run_id())
    assert len(set(ids)) == 3


def kill_training(folder: Path, expert: Path, iterations: int) -> None:
    """A process logs iterations, flushes them as W&B does every few seconds, and is killed."""
    program = f"""
        import os, signal, wandb
        from pathlib import Path
        from tests.autodagger.workflow.test_tracking import ITERATIONS, start

        tracker = start(Path({str(folder)!r}), Path({str(expert)!r}))
        for metrics in ITERATIONS[:{iterations}]:
            tracker.log(metrics)
        tracker.finish()
        wandb.teardown()
        os.kill(os.getpid(), signal.SIGKILL)
    """
    root = Path(__file__).parents[3]
    command = [sys.executable, "-c", textwrap.dedent(program)]
    assert subprocess.run(command, cwd=root, check=False).returncode == -signal.SIGKILL


def test_killed_training_continues_its_run(tmp_path: Path, expert: Path) -> None:
    kill_training(tmp_path, expert, 2)
    with start(tmp_path, expert) as tracker:
        for metrics in ITERATIONS:  # the training tells all it has, those before the kill too
            tracker.log(metrics)
    first, second = list_runs(tmp_path)
    assert first["run"].run_id == second["run"].run_id
    steps = [row["_step"] for run in (first, second) for row in run["history"]]
    assert steps == [0, 1, 2, 3]


def test_iterations_lost_in_a_kill_are_logged_again(tmp_path: Path, expert: Path) -> None:
    kill_training(tmp_path, expert, 3)
    (path,) = tmp_path.glob("wandb/offline-run-*/*.wandb")
    whole = path.read_bytes()
    path.write_bytes(whole[: whole.index(b"_step", whole.index(b"0.25"))])  # in the last history
    held = len(list_runs(tmp_path)[0]["history"])
    assert held < 3
    with start(tmp_path, expert) as tracker:
        for metrics in ITERATIONS:
            tracker.log(metrics)
    steps = [row["_step"] for run in list_runs(tmp_path) for row in run["history"]]
    assert steps == [0, 1, 2, 3]


def test_an_empty_file_of_a_kill_in_the_first_seconds_is_removed(
    tmp_path: Path, expert: Path
) -> None:
    kill_training(tmp_path, expert, 1)
    (path,) = tmp_path.glob("wandb/offline-run-*/*.wandb")
    path.write_bytes(path.read_bytes()[:7])
    with start(tmp_path, expert) as tracker:
        tracker.log(ITERATIONS[0])
    (run,) = list_runs(tmp_path)
    assert [row["_step"] for row in run["history"]] == [0]


def test_training_that_raises_ends_its_run_as_failed(tmp_path: Path, expert: Path) -> None:
    with pytest.raises(MemoryError), start(tmp_path, expert) as tracker:
        tracker.log(ITERATIONS[0])
        raise MemoryError
    (run,) = list_runs(tmp_path)
    assert run["exit"] == 1
    assert len(run["history"]) == 1


def test_videos_join_the_run_of_their_training(tmp_path: Path, expert: Path) -> None:
    with start(tmp_path, expert) as tracker:
        tracker.log(ITERATIONS[0])
    videos = tmp_path / "dagger_videos"
    videos.mkdir()
    writer = imageio_ffmpeg.write_frames(str(videos / "rollout_iter0_ep0.mp4"), (16, 16), fps=30)
    writer.send(None)
    writer.send(np.zeros((16, 16, 3), np.uint8))
    writer.close()
    results = Results(tmp_path)
    with reopen_tracker(milestone_id="RIVAL_HOUSE", results=results, warn=pytest.fail) as tracker:
        tracker.log_videos(videos)
    first, second = list_runs(tmp_path)
    assert first["run"].run_id == second["run"].run_id
    (row,) = second["history"]
    assert row["_step"] == 1
    assert row["videos/rollout_iter0_ep0._type"] == "video-file"
    assert list(tmp_path.glob("wandb/offline-run-*/files/media/videos/**/*.mp4"))


def test_videos_of_an_untracked_training_open_no_run(tmp_path: Path) -> None:
    results = Results(tmp_path)
    with reopen_tracker(milestone_id="RIVAL_HOUSE", results=results, warn=pytest.fail) as tracker:
        tracker.log_videos(tmp_path)
        assert tracker.place is None
    assert list(tmp_path.iterdir()) == []


def test_finalists_numbers_are_in_the_summary(tmp_path: Path, expert: Path) -> None:
    finalist = ITERATIONS[1] | {"final_episodes": 20, "final_successes": 19}
    with start(tmp_path, expert) as tracker:
        tracker.log_result({"best_iteration": 1, "iterations": [ITERATIONS[0], finalist]})
    (run,) = list_runs(tmp_path)
    assert run["summary"]["best_iteration"] == 1
    assert run["summary"]["finalists"] == {"1": {"final_episodes": 20, "final_successes": 19}}


def test_missing_login_warns_and_says_what_to_do(
    tmp_path: Path, expert: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("WANDB_MODE")
    warnings: list[str] = []
    with start(tmp_path, expert, warnings) as tracker:
        tracker.log(ITERATIONS[0])
        tracker.log_result({"iterations": []})
        tracker.log_videos(tmp_path)
        assert tracker.place is None
    (warning,) = warnings
    assert "no W&B login found" in warning
    assert "`wandb login`" in warning
    assert "WANDB_MODE=offline" in warning


@pytest.mark.slow
def test_missing_network_warns_and_does_not_hang(
    tmp_path: Path, expert: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("WANDB_MODE")
    monkeypatch.setenv("WANDB_API_KEY", "a" * 40)
    monkeypatch.setenv("WANDB_BASE_URL", "http://127.0.0.1:9")  # discard: nobody answers there
    monkeypatch.setattr(tracking, "INIT_SECONDS", 2.0)
    warnings: list[str] = []
    with start(tmp_path, expert, warnings) as tracker:
        tracker.log(ITERATIONS[0])
    (warning,) = warnings
    assert "goes on without" in warning
    assert "Check the network" in warning


def test_malformed_key_warns(tmp_path: Path, expert: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WANDB_MODE")
    monkeypatch.setenv("WANDB_API_KEY", "oops")
    warnings: list[str] = []
    start(tmp_path, expert, warnings).finish()
    assert len(warnings) == 1
    assert "`wandb login`" in warnings[0]


def test_what_wandb_raises_later_is_a_warning() -> None:
    class Broken:
        url = "somewhere"

        def log(self, *_: Any, **__: Any) -> None:
            raise OSError("No space left on device")

        def finish(self, **_: Any) -> None:
            raise TimeoutError("too slow")

    warnings: list[str] = []
    with Tracker(Broken(), 0, warnings.append) as tracker:
        tracker.log(ITERATIONS[0])
    assert warnings == [
        "warning: W&B could not log an iteration (No space left on device)",
        "warning: W&B could not finish the run (too slow)",
    ]


def test_without_track_nothing_of_wandb_is_imported() -> None:
    program = (
        "import sys, autodagger.dagger.training, autodagger.workflow.tracking\n"
        "import autodagger.results.video\n"
        "sys.exit(any(name.split('.')[0] == 'wandb' for name in sys.modules))"
    )
    subprocess.run([sys.executable, "-c", program], cwd=Path(__file__).parents[3], check=True)
