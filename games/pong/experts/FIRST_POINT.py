"""Gets the first ball past the opponent."""


def run(state):
    return play(state, aim=3, tilt=4, coast=14)
