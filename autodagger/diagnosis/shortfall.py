"""Which students fall short."""

from collections.abc import Mapping
from typing import Any

ENOUGH = 0.95
"""A student below this success has something to explain, whatever its expert's is."""


def falls_short(row: Mapping[str, Any]) -> bool:
    """Whether a tested student is below `ENOUGH`, or surely below its expert.

    Surely: its whole 95 % interval is.
    """
    rate, high = row["dagger_final_success_rate"], row["student_interval_high"]
    expert = row["expert_test_success_rate"]
    if rate is None:
        return False
    return rate < ENOUGH or (None not in (expert, high) and high < expert)
