"""North over both routes; run from whatever leaps out of the tall grass."""


def run(state):
    return flee(state) if state["battle"] else travel(state, "BROOKFALL")
