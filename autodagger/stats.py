"""Honest numbers: a success rate and how far it can be trusted."""

from math import sqrt

Z_95 = 1.959963984540054
"""97.5 % quantile of the normal distribution: a two-sided 95 % interval."""


def wilson_interval(successes: int, episodes: int) -> tuple[float, float]:
    """Wilson's 95 % score interval of a success rate, rounded to four digits.

    Wilson 1927, "Probable Inference, the Law of Succession, and Statistical Inference". Without
    episodes nothing is known: (0.0, 1.0).
    """
    if episodes == 0:
        return 0.0, 1.0
    rate, spread = successes / episodes, Z_95**2 / episodes
    center = (rate + spread / 2) / (1 + spread)
    half = Z_95 / (1 + spread) * sqrt(rate * (1 - rate) / episodes + spread / (4 * episodes))
    return round(max(0.0, center - half), 4), round(min(1.0, center + half), 4)


_T_95 = (
    *(12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228),
    *(2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086),
    *(2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042),
)
"""97.5 % quantiles of Student's t for 1 to 30 degrees of freedom."""


def t_interval(mean: float, deviation: float, count: int) -> tuple[float, float]:
    """Student's 95 % interval of a mean.

    Args:
        mean: Of the values.
        deviation: Their standard deviation (n - 1).
        count: How many, at least 2.

    Student 1908, "The Probable Error of a Mean". Above 31 values the last quantile stands for the
    smaller ones that follow.
    """
    half = _T_95[min(count - 1, len(_T_95)) - 1] * deviation / sqrt(count)
    return mean - half, mean + half
