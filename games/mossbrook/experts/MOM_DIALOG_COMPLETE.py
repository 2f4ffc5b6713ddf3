"""Mom has something to say; A turns the pages."""


def run(state):
    return "no_op" if state["game"]["fade"] else "a"
