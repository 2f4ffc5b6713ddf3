"""The narrow path: into the bay, let the walker pass, then on to the upper town."""

FOOT, BAY = (8, 12), (9, 9)  # of the path: its lower end, and where two can pass


def run(state):
    if state["player"]["location"] != "ROUTE 3":
        return travel(state, "UPPER BROOKFALL")
    y = state["player"]["position"]["y"]
    if y > FOOT[1]:  # from here the walker may be out of sight
        return walk_to(state, *FOOT)
    if find_person(state, "WALKER")["y"] <= y:
        return walk_to(state, *BAY)
    return travel(state, "UPPER BROOKFALL")
