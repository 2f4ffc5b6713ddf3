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
