"""To the door of the house with the red roof."""


def run(state):
    return walk_to(state, 5, 6)
