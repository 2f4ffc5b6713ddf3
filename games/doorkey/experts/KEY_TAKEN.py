"""Goes to the key and picks it up."""


def run(state):
    return use(state, "pickup", state["key"])
