"""Down the stairs."""


def run(state):
    return walk_to(state, 10, 2)
