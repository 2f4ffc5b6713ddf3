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
    *(12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.3060, 2.2622, 2.2281),
    *(2.2010, 2.1788, 2.1604, 2.1448, 2.1314, 2.1199, 2.1098, 2.1009, 2.0930, 2.0860),
    *(2.0796, 2.0739, 2.0687, 2.0639, 2.0595, 2.0555, 2.0518, 2.0484, 2.0452, 2.0423),
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
