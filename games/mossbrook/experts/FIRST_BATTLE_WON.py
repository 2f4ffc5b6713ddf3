"""The first battle, then the professor's thanks."""


def run(state):
    return fight(state)
