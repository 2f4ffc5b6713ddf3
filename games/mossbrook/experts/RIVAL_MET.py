"""The rival walks about: follow, face and talk."""


def run(state):
    return talk_to(state, "RIVAL HOUSE 2F", "RIVAL")
