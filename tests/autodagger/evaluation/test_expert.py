"""Evaluating experts: reports, recorded start states, and failures that are results."""

import dataclasses
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from autodagger.evaluation.budget import plan_budget
from autodagger.evaluation.expert import LAST_SUCCESS, evaluate_expert
from autodagger.files import sha1_file
from autodagger.game.starts import StartState, load_start_states, recorded_with, save_start_states
from autodagger.task import Machine, Progress
from tests.grid import (
    CURSOR,
    GO_THERE,
    NAMING,
    ROM,
    ROOT,
    START_GAME,
    GridStates,
    make_task,
    open_env,
    take,
    write_expert,
)


def evaluate(
    folder: Path,
    expert: Path,
    start: Path | None,
    episodes: int = 4,
    progress: Progress = lambda line: None,
    **changes: Any,
) -> Any:
    """Returns the report as it was written; `changes` are of the task and the machine."""
    outputs = {
        "report": folder / "out" / "expert_eval.json",
        "trajectories": folder / "out" / "trajectories.json",
        "states": folder / "states" / "completed_states.zip",
        "test_states": folder / "states" / "test_states.zip",
    }
    counts = {name: changes.pop(name, 0) for name in ("recorded", "tested")}
    machine = take(Machine, values := {"num_envs": 2, **changes})
    task = make_task(expert, starts=start, **values)
    report = evaluate_expert(
        task, machine, episodes=episodes, **counts, outputs=outputs, progress=progress
    )
    written = json.loads(outputs["report"].read_text())
    assert written == json.loads(json.dumps(report))
    return written


def states_of(folder: Path, name: str = "completed_states.zip") -> list[StartState]:
    return load_start_states(folder / "states" / name)


def test_good_expert_is_reported_with_all_its_episodes(tmp_path: Path, start: Path) -> None:
    said: list[str] = []
    expert = write_expert(tmp_path, GO_THERE)
    report = evaluate(tmp_path, expert, start, progress=said.append)
    assert (report["milestone_id"], report["status"]) == ("CURSOR", "evaluated")
    assert (report["reason"], report["error"]) == (None, None)
    assert (report["success_rate"], report["successes"]) == (1.0, 4)
    assert report["interval"] == [0.5101, 1.0]
    assert (report["mean_steps"], report["std_steps"]) == (5.0, 1.0)  # 6, 4, 6, 4
    assert (report["start_states"], report["recorded_states"]) == (2, 4)
    begun = [(e["start_state"], e["steps"]) for e in report["episodes"]]
    for first in (0, 2):  # all states before any comes again
        assert sorted(begun[first : first + 2]) == [("ep1.state", 6), ("ep2.state", 4)]
    assert (report["distinct_starts"], report["distinct_episodes"]) == (2, 4)
    assert any("4/4" in line for line in said)


def test_recorded_states_are_where_the_successes_ended(tmp_path: Path, start: Path) -> None:
    evaluate(tmp_path, write_expert(tmp_path, GO_THERE), start)
    recorded = states_of(tmp_path)
    assert [state.name for state in recorded] == [f"ep{k}.state" for k in range(1, 5)]
    with open_env(None) as env:
        for state in recorded:
            _, info = env.reset(seed=0, options={"state": state.data})
            assert info["state"]["player"]["position"] == {"x": 4, "y": 2}


def test_chain_starts_from_power_on(tmp_path: Path) -> None:
    """The first milestone's states are the second one's start."""
    first = write_expert(tmp_path, START_GAME, "NAMING.py")
    report = evaluate(tmp_path, first, None, milestone=NAMING)
    assert report["success_rate"] == 1.0
    assert {e["start_state"] for e in report["episodes"]} == {"power-on"}
    second = evaluate(
        tmp_path / "second",
        write_expert(tmp_path, GO_THERE),
        tmp_path / "states" / "completed_states.zip",
    )
    assert second["success_rate"] == 1.0
    assert second["start_states"] == report["recorded_states"]


@pytest.mark.parametrize("num_envs", [1, 5])
def test_equal_evaluations_write_equal_bytes(tmp_path: Path, start: Path, num_envs: int) -> None:
    expert = write_expert(tmp_path, GO_THERE)
    evaluate(tmp_path / "a", expert, start)
    evaluate(tmp_path / "b", expert, start, num_envs=num_envs)
    for name in ("out/expert_eval.json", "out/trajectories.json", "states/completed_states.zip"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    evaluate(tmp_path / "c", expert, start, seed=1)
    name = "states/completed_states.zip"
    assert (tmp_path / "a" / name).read_bytes() != (tmp_path / "c" / name).read_bytes()


def test_milestones_own_max_steps_is_the_cap(tmp_path: Path, start: Path) -> None:
    idle = write_expert(tmp_path, "def run(state): return 'no_op'")
    report = evaluate(tmp_path, idle, start, episodes=2)
    assert [e["steps"] for e in report["episodes"]] == [CURSOR.max_steps] * 2
    assert [e["outcome"] for e in report["episodes"]] == ["timeout"] * 2
    assert (report["status"], report["success_rate"]) == ("evaluated", 0.0)
    assert (report["mean_steps"], report["std_steps"]) == (None, None)
    assert states_of(tmp_path) == []


def test_failing_episodes_tell_why(tmp_path: Path, start: Path) -> None:
    text = """
        def run(state):
            position = state["player"]["position"]
            log(f"at {position['x']}")
            if position["x"] == 6:
                raise RuntimeError("stuck")
            return find_path_action(state, 4, 2)
    """
    report = evaluate(tmp_path, write_expert(tmp_path, text), start)
    assert report["success_rate"] == 0.5
    assert report["recorded_states"] == 2
    failed = next(e for e in report["episodes"] if not e["success"])
    assert failed["outcome"] == "error"
    assert "RuntimeError: stuck (line 6 of CURSOR.py)" in failed["error"]
    assert failed["log"] == ["at 6"]
    ended = [f"ep{e['episode']}.state" for e in report["episodes"] if e["success"]]
    assert [state.name for state in states_of(tmp_path)] == ended


BROKEN_AT_LOAD = {
    "syntax": ("def run(state)\n    return 'a'\n", ["line 1"]),
    "import": ("import nothing_like_this\ndef run(state): return 'a'", ["ModuleNotFoundError"]),
    "no run": ("def walk(state): return 'a'", ["no function run(state)"]),
    "empty": ("", ["no function run(state)"]),
    "ends the process": ("import os\nos._exit(0)", ["ended the process"]),
    "sys.exit": ("import sys\nsys.exit(0)", ["SystemExit"]),
}


@pytest.mark.parametrize(("text", "parts"), BROKEN_AT_LOAD.values(), ids=BROKEN_AT_LOAD)
def test_expert_that_does_not_load_is_a_result(
    tmp_path: Path, start: Path, text: str, parts: list[str]
) -> None:
    expert = write_expert(tmp_path, text)
    report = evaluate(tmp_path, expert, start)
    assert (report["status"], report["reason"]) == ("failed", "expert cannot be loaded")
    for part in [str(expert), *parts]:
        assert part in report["error"]
    assert report["episodes"] == []
    assert report["success_rate"] is None
    assert states_of(tmp_path) == []
    assert json.loads((tmp_path / "out" / "trajectories.json").read_text())["episodes"] == []


@pytest.mark.parametrize("data", [b"\xff\xfe\x00d", b"def run(s):\n    return 'a'\0"])
def test_expert_that_is_no_text_is_a_result(tmp_path: Path, start: Path, data: bytes) -> None:
    path = tmp_path / "CURSOR.py"
    path.write_bytes(data)
    report = evaluate(tmp_path, path, start)
    assert (report["status"], report["reason"]) == ("failed", "expert cannot be loaded")
    assert str(path) in report["error"]


def test_missing_expert_is_a_result(tmp_path: Path, start: Path) -> None:
    expert = tmp_path / "experts" / "CURSOR.py"
    report = evaluate(tmp_path, expert, start)
    assert (report["status"], report["reason"]) == ("failed", "no expert file")
    assert report["error"] == (
        f"{expert} does not exist. Write it (run(state) -> button name), "
        "or name its folder with policy_dir."
    )
    assert (report["episodes"], report["start_states"]) == ([], 0)
    assert states_of(tmp_path) == []


def test_missing_expert_is_told_the_nearest_file(tmp_path: Path, start: Path) -> None:
    write_expert(tmp_path, GO_THERE, "Curser.py")
    write_expert(tmp_path, GO_THERE, "NAMING.py")
    report = evaluate(tmp_path, tmp_path / "CURSOR.py", start)
    assert "CURSOR.py does not exist (did you mean 'Curser.py'?). Write it" in report["error"]


def test_missing_start_state_is_a_result(tmp_path: Path, good_expert: Path) -> None:
    path = tmp_path / "empty.zip"
    save_start_states(path, [], sha1_file(ROM))
    report = evaluate(tmp_path, good_expert, path)
    assert (report["status"], report["reason"]) == ("failed", "no start state")
    assert f"the expert of NAMING never reached it, so {path} holds no state" in report["error"]
    assert "Mend that expert, or put a save state NAMING_completed.state" in report["error"]
    assert "state_dir" in report["error"]
    assert (report["episodes"], report["start_states"]) == ([], 0)


def test_missing_expert_comes_before_its_missing_start(tmp_path: Path) -> None:
    path = tmp_path / "empty.zip"
    save_start_states(path, [], sha1_file(ROM))
    assert evaluate(tmp_path, tmp_path / "CURSOR.py", path)["reason"] == "no expert file"


def test_foreign_start_state_is_a_result(tmp_path: Path, good_expert: Path) -> None:
    path = tmp_path / "NAMING_completed.state"
    path.write_bytes(b"\x07\x00\x00\x01" + bytes(397_308))
    report = evaluate(tmp_path, good_expert, path)
    assert (report["status"], report["reason"]) == ("failed", "episodes cannot be played")
    assert "0x01000007" in report["error"]
    assert "RETRO_CORE_PATH" in report["error"]


def test_condition_that_is_none_is_a_result(tmp_path: Path, good_expert: Path, start: Path) -> None:
    milestone = dataclasses.replace(CURSOR, done_when="player.position.x")
    report = evaluate(tmp_path, good_expert, start, milestone=milestone)
    assert (report["status"], report["reason"]) == ("failed", "episodes cannot be played")
    assert "done_when" in report["error"]


def test_users_own_state_file_is_a_start(
    tmp_path: Path, good_expert: Path, grid_states: GridStates
) -> None:
    path = tmp_path / "NAMING_completed.state"
    path.write_bytes(grid_states.bottom)
    report = evaluate(tmp_path, good_expert, path)
    assert report["success_rate"] == 1.0
    assert {e["start_state"] for e in report["episodes"]} == {"NAMING_completed.state"}


def test_broken_expert_leaves_the_last_successes_states(tmp_path: Path, start: Path) -> None:
    """It fails its own milestone, not all that come after it."""
    evaluate(tmp_path, write_expert(tmp_path, GO_THERE), start)
    before = (tmp_path / "states" / "completed_states.zip").read_bytes()
    (tmp_path / "states" / "completed_states.zip").unlink()  # as Snakemake does before a job
    said: list[str] = []
    report = evaluate(
        tmp_path, write_expert(tmp_path, "def run(state): return 'b'"), start, progress=said.append
    )
    assert (report["success_rate"], report["recorded_states"]) == (0.0, 0)
    assert (tmp_path / "states" / "completed_states.zip").read_bytes() == before
    assert any("earlier run" in line for line in said)


def test_states_of_another_rom_are_not_left(tmp_path: Path, start: Path) -> None:
    evaluate(tmp_path, write_expert(tmp_path, GO_THERE), start)
    kept = tmp_path / "states" / f"{LAST_SUCCESS}completed_states.zip"
    assert recorded_with(kept, sha1_file(ROM))
    save_start_states(kept, load_start_states(kept), "f" * 40)
    evaluate(tmp_path, write_expert(tmp_path, "def run(state): return 'b'"), start)
    assert states_of(tmp_path) == []


def test_evaluating_experts_needs_no_torch() -> None:
    """Loading it would double the time of the shortest jobs."""
    code = "import autodagger.evaluation.expert, sys; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def test_test_starts_share_nothing_with_those_for_training(tmp_path: Path, start: Path) -> None:
    expert = write_expert(tmp_path, GO_THERE)
    report = evaluate(tmp_path, expert, start, recorded=7, tested=5)
    training, tests = states_of(tmp_path), states_of(tmp_path, "test_states.zip")
    assert (report["recorded_states"], report["test"]["episodes"]) == (7, 5)
    assert len(report["episodes"]) == 4  # what the expert is judged by
    assert not {state.data for state in training} & {state.data for state in tests}
    assert not {state.name for state in training} & {state.name for state in tests}
    assert 1 <= len(tests) <= report["recorded_test_states"] <= 5


def test_an_expert_that_always_fails_records_and_tests_nothing(tmp_path: Path, start: Path) -> None:
    report = evaluate(
        tmp_path,
        write_expert(tmp_path, "def run(state): return 'no_op'"),
        start,
        recorded=9,
        tested=9,
    )
    assert (report["successes"], report["test"]["episodes"]) == (0, 0)
    assert report["test"]["success_rate"] is None


AT_THE_BOTTOM = dataclasses.replace(CURSOR, id="BOTTOM", done_when="player.position.y >= `2`")


def save_starts(folder: Path, grid_states: GridStates, *names: str) -> Path:
    path = folder / "starts.zip"
    states = [StartState(f"{name}.state", getattr(grid_states, name)) for name in names]
    save_start_states(path, states, "0" * 40)
    return path


def test_milestone_that_is_reached_wherever_it_starts_passes_through(
    tmp_path: Path, grid_states: GridStates
) -> None:
    starts = save_starts(tmp_path, grid_states, "bottom")
    lines: list[str] = []
    report = evaluate(
        tmp_path,
        tmp_path / "NO_SUCH.py",  # nobody is asked
        starts,
        progress=lines.append,
        milestone=AT_THE_BOTTOM,
        tested=4,
    )
    assert (report["status"], report["success_rate"], report["episodes"]) == ("passed", None, [])
    assert "already reached" in report["reason"]
    assert lines == ["already reached in all 1 start states, which pass through"]
    for name in ("completed_states.zip", "test_states.zip"):
        assert states_of(tmp_path, name) == load_start_states(starts)
    budget = plan_budget(report, step_multiplier=2.0, min_success_rate=0.6)
    assert (budget["decision"], budget["reason"]) == ("pass", report["reason"])


def test_starts_in_which_it_is_reached_are_passed_on_and_not_counted(
    tmp_path: Path, grid_states: GridStates, good_expert: Path
) -> None:
    starts = save_starts(tmp_path, grid_states, "bottom", "top_left")
    report = evaluate(tmp_path, good_expert, starts, episodes=8, milestone=AT_THE_BOTTOM)
    assert report["status"] == "evaluated"
    assert {one["start_state"] for one in report["episodes"]} == {"top_left.state"}
    assert 0 < len(report["episodes"]) < 8
    assert report["successes"] == len(report["episodes"])
    assert report["recorded_states"] > report["successes"]
