"""Up the stairs of the rival's house."""


def run(state):
    return walk_to(state, 3, 1)
