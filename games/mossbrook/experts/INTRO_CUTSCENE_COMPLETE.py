"""The professor speaks; A turns the pages."""


def run(state):
    return read_on(state)
