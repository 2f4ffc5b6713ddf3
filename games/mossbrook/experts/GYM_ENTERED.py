"""To the door of the hall with the golden roof."""


def run(state):
    return travel(state, "GYM")
