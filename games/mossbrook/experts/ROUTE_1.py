"""Out of town by the road north."""


def run(state):
    return walk_to(state, 8, 0)
