"""Derived seeds: fixed, unrelated, order-independent."""

import itertools

import pytest

from autodagger.seeding import derive_seed


def test_seed_of_a_purpose_never_changes() -> None:
    """Another value would make every published result irreproducible."""
    assert derive_seed(0, "RIVAL_HOUSE", "rollout", 2, 5) == 2128189507045179118


def test_seeds_differ_by_every_part_and_its_place() -> None:
    purposes: list[tuple[str | int, ...]] = [
        (),
        ("a",),
        ("a", 1),
        (1, "a"),
        ("a1",),
        ("a", "1", ""),
    ]
    purposes += [("M", kind, i, k) for kind in "xy" for i in range(20) for k in range(20)]
    seeds = [derive_seed(seed, *purpose) for seed in (0, 1) for purpose in purposes]
    assert len(set(seeds)) == len(seeds)


@pytest.mark.parametrize("seed", [0, 1, -5, 2**70])
def test_seeds_fit_a_signed_64_bit_integer(seed: int) -> None:
    seeds = [derive_seed(seed, "x", k) for k in range(1000)]
    assert all(0 <= value < 2**63 for value in seeds)
    assert max(seeds) > 2**61  # the range is used


def test_neighbouring_seeds_share_no_pattern() -> None:
    bits = [derive_seed(0, "x", k) ^ derive_seed(0, "x", k + 1) for k in range(500)]
    share = sum(value.bit_count() for value in bits) / (500 * 63)
    assert abs(share - 0.5) < 0.02
    assert len({a % 8 for a, _ in itertools.pairwise(bits)}) == 8
