"""What the plan takes for granted; tests/workflow see it change where that is wrong."""

from pathlib import Path

from autodagger.files import write_json
from autodagger.workflow.foresight import foresee_decision


def test_a_student_is_trained_unless_its_budget_says_otherwise(tmp_path: Path) -> None:
    budget = tmp_path / "budget.json"
    assert foresee_decision(budget) == "train"
    for decision in ("fail", "pass", "train"):
        write_json(budget, {"decision": decision})
        assert foresee_decision(budget) == decision


def test_a_budget_that_cannot_be_read_trains_nobody(tmp_path: Path) -> None:
    budget = tmp_path / "budget.json"
    budget.write_text("{")
    assert foresee_decision(budget) == "fail"
