"""The budget: whether a student is trained, for how many steps, and why."""

from pathlib import Path
from typing import Any

import pytest
from jsonschema import validate

from autodagger.evaluation.budget import choose_multiplier, plan_budget
from autodagger.files import read_json, write_json
from autodagger.task import Budget
from tests.grid import ROOT


def make_report(successes: int, failures: int = 0, **changes: Any) -> dict[str, Any]:
    """An expert's evaluation whose successes took 45 steps."""
    episode = {"success": True, "outcome": "reached", "error": None}
    failed = {"success": False, "outcome": "timeout", "error": None}
    report = {
        "milestone_id": "M",
        "status": "evaluated",
        "reason": None,
        "error": None,
        "success_rate": successes / (successes + failures),
        "mean_steps": 45.6 if successes else None,
        "std_steps": 2.5 if successes else None,
        "episodes": [episode] * successes + [failed] * failures,
    }
    return report | changes


def test_steps_are_the_mean_times_the_multiplier_rounded_down() -> None:
    budget = plan_budget(make_report(5), step_multiplier=2.0, min_success_rate=0.6)
    assert budget["decision"] == "train"
    assert budget["max_episode_steps"] == 91
    assert budget["step_multiplier"] == 2.0
    assert budget["expert_success_rate"] == 1.0
    assert budget["expert_mean_steps"] == 45.6
    assert budget["expert_std_steps"] == 2.5
    assert (budget["reason"], budget["error"]) == (None, None)


def test_decision_to_train_is_justified() -> None:
    budget = plan_budget(make_report(4, 1), step_multiplier=2.0, min_success_rate=0.6)
    assert budget["justification"] == "expert success rate 0.80 is at least 0.6"
    assert budget["multiplier_reason"] == "step_multiplier"


def test_budget_of_a_student_is_read_from_the_file(tmp_path: Path) -> None:
    path = tmp_path / "budget.json"
    write_json(path, plan_budget(make_report(4, 1), step_multiplier=2.0, min_success_rate=0.6))
    assert Budget.read(path) == Budget(max_episode_steps=91, expert_success_rate=0.8)


def test_budget_is_at_least_one_step() -> None:
    report = make_report(5, mean_steps=1.0)
    budget = plan_budget(report, step_multiplier=0.1, min_success_rate=0.6)
    assert budget["max_episode_steps"] == 1


@pytest.mark.parametrize(
    ("rate", "multiplier"),
    [
        (1.0, 1.5),
        (0.96, 1.5),
        (0.95, 2.0),
        (0.81, 2.0),
        (0.8, 3.0),
        (0.7, 3.0),
        (0.6, 3.0),
        (0.2, 3.0),
    ],
)
def test_auto_follows_the_experts_stability(rate: float, multiplier: float) -> None:
    chosen, why = choose_multiplier(rate)
    assert chosen == multiplier
    assert why.startswith("auto: ")
    report = make_report(5, success_rate=rate)
    budget = plan_budget(report, step_multiplier="auto", min_success_rate=0.1)
    assert budget["step_multiplier"] == multiplier
    assert budget["max_episode_steps"] == int(45.6 * multiplier)
    assert budget["multiplier_reason"] == why


@pytest.mark.parametrize(
    ("successes", "failures", "decision"), [(3, 2, "train"), (2, 3, "fail"), (5, 0, "train")]
)
def test_threshold_itself_is_enough(successes: int, failures: int, decision: str) -> None:
    report = make_report(successes, failures)
    budget = plan_budget(report, step_multiplier=2.0, min_success_rate=0.6)
    assert budget["decision"] == decision
    assert (budget["max_episode_steps"] is None) == (decision == "fail")


def test_weak_expert_is_explained() -> None:
    report = make_report(1, 4)
    report["episodes"][-1] = {"success": False, "outcome": "error", "error": "M.py raised KeyError"}
    budget = plan_budget(report, step_multiplier=2.0, min_success_rate=0.6)
    assert budget["reason"] == "expert success rate too low: 0.20 < min_success_rate 0.6"
    assert "1 of 5 episodes succeeded" in budget["error"]
    assert "3 ended by timeout" in budget["error"]
    assert "1 ended by error" in budget["error"]
    assert "first error: M.py raised KeyError" in budget["error"]
    assert budget["justification"] is None


def test_expert_that_never_succeeds_has_a_reason_of_its_own() -> None:
    budget = plan_budget(make_report(0, 5), step_multiplier=2.0, min_success_rate=0.6)
    assert budget["reason"].startswith("expert never succeeded")


def test_no_success_fails_whatever_is_demanded() -> None:
    budget = plan_budget(make_report(0, 5), step_multiplier="auto", min_success_rate=0.0)
    assert budget["decision"] == "fail"


def test_failed_evaluation_passes_its_reason_on() -> None:
    report = make_report(1) | {
        "status": "failed",
        "reason": "no expert file",
        "error": "looked for M.py",
        "success_rate": None,
        "mean_steps": None,
        "std_steps": None,
        "episodes": [],
    }
    budget = plan_budget(report, step_multiplier="auto", min_success_rate=0.6)
    assert budget["decision"] == "fail"
    assert (budget["reason"], budget["error"]) == ("no expert file", "looked for M.py")
    assert budget["justification"] is None
    assert budget["expert_success_rate"] is None


@pytest.mark.parametrize("report", [make_report(5), make_report(1, 4)])
def test_budget_has_the_keys_of_its_schema(report: dict[str, Any]) -> None:
    schema = read_json(ROOT / "schemas/budget.schema.json")
    budget = plan_budget(report, step_multiplier="auto", min_success_rate=0.6)
    validate(budget, schema)
    assert budget.keys() == schema["properties"].keys()
