"""Out of town by the road north."""


def run(state):
    return travel(state, "ROUTE 1")
