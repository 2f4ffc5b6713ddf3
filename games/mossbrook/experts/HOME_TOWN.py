"""Out of the cart, by the steps on the right."""


def run(state):
    return travel(state, "HOME TOWN")
