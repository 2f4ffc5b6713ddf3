"""To the door of the house with the red roof."""


def run(state):
    return travel(state, "HOUSE 1F")
