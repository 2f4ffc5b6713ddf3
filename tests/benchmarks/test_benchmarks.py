"""Every measurement runs in its tiny form, and the page takes what it gives."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autodagger.files import read_json
from autodagger.game.starts import POWER_ON, StartState
from autodagger.rollout.episode import Episode, EpisodePlan
from benchmarks import report
from benchmarks.__main__ import MEASUREMENTS, main
from benchmarks.common import Stopwatch, alternate, median, write_result

RESULTS = Path(__file__).parents[2] / "benchmarks" / "results"


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("benchmarks")


@pytest.mark.slow
@pytest.mark.parametrize("name", MEASUREMENTS)
def test_measurement_runs_and_gets_its_section(name: str, work: Path, tmp_path: Path) -> None:
    if name == "exports":
        pytest.importorskip("onnxruntime", reason="envs/requirements-export.txt has it")
    page, results = tmp_path / "docs" / "benchmarks.md", tmp_path / "results"
    paths = ["--work", str(work), "--results", str(results), "--page", str(page)]
    main([name, "--tiny", *paths])
    assert read_json(results / f"{name}.json")["tiny"] is True
    assert "A tiny run" in page.read_text()
    assert (page.parent / "images" / f"{name}.svg").stat().st_size > 1000


def test_unknown_measurement_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["rolouts"])
    message = capsys.readouterr().err
    assert "rolouts" in message
    assert all(name in message for name in MEASUREMENTS)


def test_committed_page_is_what_the_results_give(tmp_path: Path) -> None:
    report.write(RESULTS, tmp_path / "benchmarks.md")
    committed = RESULTS.parents[1] / "docs" / "benchmarks.md"
    assert (tmp_path / "benchmarks.md").read_text() == committed.read_text()


def test_no_committed_result_is_of_a_tiny_run() -> None:
    assert [path.name for path in RESULTS.glob("*.json") if read_json(path)["tiny"]] == []


def test_alternate_takes_turns() -> None:
    calls: list[str] = []
    ways: dict[str, Any] = {
        name: lambda name=name: calls.append(name) or len(calls) for name in ("a", "b")
    }
    assert alternate(ways, 2) == {"a": [1, 3], "b": [2, 4]}
    assert calls == ["a", "b", "a", "b"]


def test_paused_time_does_not_count() -> None:
    watch = Stopwatch()
    with watch.paused():
        before = watch.seconds
        np.linalg.inv(np.eye(400))
    assert watch.seconds - before < 0.005


def test_median_has_four_digits() -> None:
    assert median([1.23456, 100.0, 0.1]) == 1.235


def test_result_is_marked(tmp_path: Path) -> None:
    write_result("x", {"a": 1}, True, tmp_path)
    written = read_json(tmp_path / "x.json")
    assert (written["tiny"], written["a"]) == (True, 1)
    assert "cores, CPU" in written["machine"]


@pytest.mark.parametrize("start", [POWER_ON, StartState("before", b"a state")])
def test_replay_steps_the_same_frames(start: StartState) -> None:
    from autodagger.game.contract import load_game
    from benchmarks.common import GAME_DIR
    from benchmarks.rollouts import replay

    begun: list[bytes | None] = []
    frames: list[int] = []

    class Recorder:
        def power_on(self) -> None:
            begun.append(None)

        def load_state(self, data: bytes) -> None:
            begun.append(data)

        def run(self, count: int, buttons: Any = ()) -> None:
            frames.append(count)

    game = load_game(GAME_DIR)
    episode = Episode(EpisodePlan(5, start), acts=[0, 1, 2], labels=[0, 1, 2])
    replay(Recorder(), game, episode)  # type: ignore[arg-type]
    assert begun == [start.data]
    assert frames[-6::2] == [game.hold_frames] * 3
    assert len(frames) == 2 * 3 + 1
