"""Mom greets; then up the stairs."""


def run(state):
    return travel(state, "HOUSE 2F")
