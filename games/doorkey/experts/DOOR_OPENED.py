"""Goes to the door and unlocks it."""


def run(state):
    return use(state, "toggle", state["door"])
