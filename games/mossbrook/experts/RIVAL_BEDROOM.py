"""Up the stairs of the rival's house."""


def run(state):
    return travel(state, "RIVAL HOUSE 2F")
