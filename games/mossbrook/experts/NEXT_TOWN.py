"""North over both routes; run from whatever leaps out of the tall grass."""

WAY = {"LAB": (7, 10), "HOME TOWN": (8, 0), "ROUTE 1": (6, 0), "ROUTE 2": (17, 4)}


def run(state):
    return flee(state) if state["battle"] else follow(state, WAY)
