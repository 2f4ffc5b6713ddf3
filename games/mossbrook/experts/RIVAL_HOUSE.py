"""To the door of the house with the blue roof, round the villager."""


def run(state):
    return travel(state, "RIVAL HOUSE 1F")
