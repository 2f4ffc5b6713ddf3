"""Who falls short of whom."""

from typing import Any

import pytest

from autodagger.diagnosis.shortfall import falls_short


def row(
    rate: float | None, high: float | None = None, expert: float | None = 1.0
) -> dict[str, Any]:
    return {
        "dagger_final_success_rate": rate,
        "student_interval_high": high,
        "expert_test_success_rate": expert,
        "student_episodes": 1000,
    }


@pytest.mark.parametrize(
    ("rate", "high", "expert", "short"),
    [
        (0.94, 0.98, 0.94, True),  # whatever its expert is
        (0.96, 0.97, 1.0, True),  # the intervals lie apart
        (0.96, 0.98, 0.97, False),
        (0.99, 0.999, 1.0, False),
        (0.99, None, None, False),
        (None, None, 1.0, False),  # not tested
    ],
)
def test_falls_short(rate: Any, high: Any, expert: Any, short: bool) -> None:
    assert falls_short(row(rate, high, expert)) == short
