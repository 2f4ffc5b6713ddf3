"""Out of the cart, by the steps on the right."""


def run(state):
    return walk_to(state, 12, 5)
