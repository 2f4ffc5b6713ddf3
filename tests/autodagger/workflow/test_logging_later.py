"""W&B after the fact: rows, result and videos come from the files of a finished training."""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import wandb

from autodagger.agent.options import AgentOptions
from autodagger.dagger.options import TrainingOptions
from autodagger.files import digest_json, read_json, write_json
from autodagger.results.layout import AGENT, Results
from autodagger.task import Budget
from autodagger.workflow.config import load_config
from autodagger.workflow.logging_later import forget_failed_logging, log_finished_trainings
from tests.autodagger.workflow.test_tracking import (
    ITERATIONS,
    expect_row,
    list_runs,
    quiet_wandb,
    without_clock,
)

__all__ = ["quiet_wandb"]
CONFIG = load_config({"agent": True, "track": True})


@pytest.fixture
def results(tmp_path: Path) -> Iterator[Results]:
    """A milestone's finished training, the agent's, and a milestone that has none."""
    results = Results(tmp_path / "results")
    budget = {"max_episode_steps": 30, "expert_success_rate": 1.0, "decision": "train"}
    write_json(results.budget("A"), budget)
    parts = [asdict(TrainingOptions.take(CONFIG)), asdict(Budget(30, 1.0)), CONFIG["seed"]]
    last = ITERATIONS[-1] | {"final_episodes": 4, "final_successes": 3}
    rows = {"iterations": [*ITERATIONS[:-1], last], "best_iteration": 3}
    write_json(results.training("A"), {**rows, "digests": {"options": digest_json(parts)}})
    digests = {"agent_options": digest_json(asdict(AgentOptions.take(CONFIG)))}
    write_json(results.agent_training, {"rounds": ITERATIONS[:2], "digests": digests})
    yield results


def log(results: Results, said: list[str] | None = None, **changes: Any) -> list[str]:
    said = [] if said is None else said
    return log_finished_trainings(results, ["A", "B"], CONFIG | changes, said.append)


def test_students_and_the_agent_are_logged_once(results: Results) -> None:
    assert log(results) == ["A", AGENT]
    assert log(results) == []
    student, agent = sorted(list_runs(results.folder), key=lambda one: one["run"].display_name)
    assert [without_clock(row) for row in student["history"]] == [*map(expect_row, ITERATIONS)]
    assert student["summary"]["best_iteration"] == 3
    assert [without_clock(row) for row in agent["history"]] == [*map(expect_row, ITERATIONS[:2])]


def test_a_training_of_other_options_is_left_out(results: Results) -> None:
    assert log(results, batch_size=32) == [AGENT]
    assert log(results, agent=False, batch_size=32) == []


def test_a_new_training_is_another_run(results: Results) -> None:
    log(results, agent=False)
    path = results.training("A")
    write_json(path, read_json(path) | {"best_iteration": 2})
    assert log(results, agent=False) == ["A"]
    assert len({one["run"].run_id for one in list_runs(results.folder)}) == 2


def test_what_cannot_be_logged_is_told_once_and_due_again(
    results: Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    def note_and_forget() -> bool:
        write_json(results.logged_later, {})
        forget_failed_logging(results, ["A", "B"], CONFIG)
        return results.logged_later.exists()

    said: list[str] = []
    with monkeypatch.context() as patch:
        patch.setenv("WANDB_MODE", "online")
        assert log(results, said) == []
    wandb.teardown()  # it reads its settings once a process
    assert len(said) == 1 and "`wandb login`" in said[0]
    assert not note_and_forget()
    assert log(results) == ["A", AGENT]
    assert note_and_forget()


def test_a_damaged_report_is_told_and_the_next_one_logged(results: Results) -> None:
    results.training("A").write_text("{")
    said: list[str] = []
    assert log(results, said) == [AGENT]
    assert said[0].startswith("warning: W&B does not get the training of A: result file")
