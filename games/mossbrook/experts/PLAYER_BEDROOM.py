"""Mom greets; then up the stairs."""


def run(state):
    return walk_to(state, 11, 1)
