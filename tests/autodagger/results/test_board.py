"""The board of a run."""

import os
from pathlib import Path

from autodagger.files import write_json, write_text
from autodagger.results.board import draw_board
from autodagger.results.layout import AGENT, Results


def test_an_empty_board_has_a_line_a_milestone(tmp_path: Path) -> None:
    lines = draw_board(Results(tmp_path), ["A", "B"]).splitlines()
    assert [line.split() for line in lines[1:3]] == [["A", *"....."], ["B", *"....."]]
    assert lines[-1] == "0 of 2 milestones have their row."


def test_shows_each_stage_and_the_iteration_of_a_running_training(tmp_path: Path) -> None:
    write_json(tmp_path / "expert_eval/A/expert_eval.json", {"success_rate": 1.0})
    write_json(tmp_path / "budget/A/budget.json", {"max_episode_steps": 90, "decision": "train"})
    write_text(tmp_path / "logs/train_student/A.running", str(os.getpid()))
    write_text(tmp_path / "logs/train_student/B.running", "999999999")  # a killed run's
    write_json(tmp_path / "checkpoints/A/progress.json", {"iteration": 3, "iterations": 10})
    write_json(tmp_path / "expert_eval/B/expert_eval.json", {"success_rate": None})
    write_json(tmp_path / "budget/B/budget.json", {"max_episode_steps": None, "decision": "fail"})
    write_json(tmp_path / "rows/B.json", {"status": "failed"})
    _, a, b, last = draw_board(Results(tmp_path), ["A", "B"]).splitlines()
    assert a.split() == ["A", "100%", "90", "steps", "iter", "3/10", ".", "."]
    assert b.split() == ["B", "failed", "fail", ".", ".", "failed"]
    assert last.startswith("1 of 2")


def test_says_how_far_the_agent_is(tmp_path: Path) -> None:
    results = Results(tmp_path)

    def last_line() -> str:
        return draw_board(results, ["A"]).splitlines()[-1]

    marker = results.marker("train_agent", AGENT)
    write_text(marker, str(os.getpid()))
    write_json(results.progress_note(AGENT), {"iteration": 2, "iterations": 3})
    assert last_line() == "Agent: learning, round 2/3."
    marker.unlink()
    write_text(results.agent, "")
    assert last_line() == "Agent: trained."
    write_json(results.full_run, {"runs": 50, "successes": 46})
    assert last_line() == "Agent: 46 of 50 whole runs reach the end."
    write_json(results.full_run, {"runs": "many"})
    assert last_line() == "Agent: damaged."
