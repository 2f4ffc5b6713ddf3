"""Which students fall short."""

from collections.abc import Mapping
from typing import Any

from autodagger.stats import wilson_interval

ENOUGH = 0.95
"""A student below this success has something to explain, whatever its expert's is."""


def falls_short(row: Mapping[str, Any]) -> bool:
    """Whether a tested student is below `ENOUGH`, or surely below its expert.

    Surely: their 95 % intervals lie apart. The expert's test has as many episodes as the student's.
    """
    rate, high = row["dagger_final_success_rate"], row["student_interval_high"]
    expert, episodes = row["expert_test_success_rate"], row["student_episodes"]
    if rate is None:
        return False
    if rate < ENOUGH:
        return True
    if None in (expert, high, episodes):
        return False
    return bool(high < wilson_interval(round(expert * episodes), episodes)[0])
