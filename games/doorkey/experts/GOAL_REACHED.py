"""Goes through the open door to the goal."""


def run(state):
    return go_to(state, state["goal"]["x"], state["goal"]["y"])
