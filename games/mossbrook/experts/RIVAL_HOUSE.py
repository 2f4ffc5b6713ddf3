"""To the door of the house with the blue roof, round the villager."""


def run(state):
    return walk_to(state, 14, 6)
