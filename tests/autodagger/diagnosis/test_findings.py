"""What failing starts have in common."""

from typing import Any

import pytest

from autodagger.diagnosis.evidence import Walk
from autodagger.diagnosis.findings import _find_common
from autodagger.rollout.replay import Replay


def walk(success: bool, **facts: Any) -> Walk:
    outcome = "reached" if success else "timeout"
    return Walk(Replay("student_eval", None, 1, 1, "a", outcome, 0, [0], [0], [1]), [0], [facts])


def test_a_fact_with_which_all_fail() -> None:
    walks = [walk(k >= 4, x=9 if k < 4 else 1, clock=k % 2) for k in range(20)]
    found = _find_common(walks)
    assert found == {"path": "x", "value": 9, "failed": 4, "of": 4, "failures": 4}


@pytest.mark.parametrize("failing", [1, 2])
def test_one_or_two_prove_nothing(failing: int) -> None:
    assert _find_common([walk(k >= failing, x=9 if k < failing else 1) for k in range(20)]) is None


def test_what_all_starts_share_is_no_cause() -> None:
    assert _find_common([walk(False, x=9) for _ in range(20)]) is None
