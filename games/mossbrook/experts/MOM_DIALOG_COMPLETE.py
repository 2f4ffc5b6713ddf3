"""Mom has something to say; A turns the pages."""


def run(state):
    return read_on(state)
