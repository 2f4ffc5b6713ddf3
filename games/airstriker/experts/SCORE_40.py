"""Fires from a place where the first wave comes down, left of the middle."""

PLACE, NEAR = 86, 8


def run(state):
    x = state["player"]["x"]
    if x < PLACE - NEAR:
        return "right+b"
    return "left+b" if x > PLACE + NEAR else "b"
