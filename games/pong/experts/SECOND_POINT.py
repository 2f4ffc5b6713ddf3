"""Gets the second ball past the opponent."""


def run(state):
    return play(state, aim=5, tilt=0, coast=10)
