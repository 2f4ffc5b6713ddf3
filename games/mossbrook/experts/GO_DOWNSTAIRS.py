"""Down the stairs."""


def run(state):
    return travel(state, "HOUSE 1F")
