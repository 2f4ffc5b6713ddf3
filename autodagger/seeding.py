"""Seeds: every random choice derives from the run's one seed and from what it is for."""

import hashlib

_SEED_BITS = 63  # stays within a signed 64-bit integer, which torch and JSON readers expect


def derive_seed(seed: int, *purpose: str | int) -> int:
    """A seed for one purpose, e.g. `derive_seed(0, "RIVAL_HOUSE", "rollout", 2, 5)`.

    Independent of call order, process and platform, so that a run continued after a kill draws
    what an uninterrupted one would have drawn. SHA-256 keeps related purposes unrelated.
    """
    text = "\x1f".join([str(seed), *map(str, purpose)])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> (64 - _SEED_BITS)
