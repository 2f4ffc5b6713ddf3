"""Wilson's interval against published values."""

import pytest

from autodagger.stats import wilson_interval


@pytest.mark.parametrize(
    ("successes", "episodes", "low", "high"),
    [
        # Newcombe 1998, "Two-sided confidence intervals for the single proportion", table I,
        # method 3 (Wilson's score interval without continuity correction).
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
        (29, 29, 0.8830, 1.0000),
    ],
)
def test_known_values(successes: int, episodes: int, low: float, high: float) -> None:
    assert wilson_interval(successes, episodes) == (low, high)


def test_nothing_is_known_without_episodes() -> None:
    assert wilson_interval(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize("episodes", [1, 5, 20, 1000])
def test_interval_holds_the_rate_and_is_symmetric(episodes: int) -> None:
    for successes in range(0, episodes + 1, max(1, episodes // 20)):
        low, high = wilson_interval(successes, episodes)
        assert 0 <= low <= successes / episodes <= high <= 1
        mirrored = wilson_interval(episodes - successes, episodes)
        assert (low, high) == pytest.approx((1 - mirrored[1], 1 - mirrored[0]), abs=1e-4)


def test_more_episodes_narrow_it() -> None:
    widths = [high - low for low, high in (wilson_interval(n // 2, n) for n in (10, 100, 1000))]
    assert widths == sorted(widths, reverse=True)
