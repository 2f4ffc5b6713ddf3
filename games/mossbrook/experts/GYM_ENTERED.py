"""To the door of the hall with the golden roof."""


def run(state):
    return walk_to(state, 10, 5)
