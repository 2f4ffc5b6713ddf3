"""Down the stairs and out over the doormat."""


def run(state):
    if state["player"]["location"] == "RIVAL HOUSE 2F":
        return walk_to(state, 3, 2)
    return walk_to(state, 5, 9)
