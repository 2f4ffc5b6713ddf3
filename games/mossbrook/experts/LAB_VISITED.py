"""Back south to town, into the laboratory, and listen."""


def run(state):
    return travel(state, "LAB")
