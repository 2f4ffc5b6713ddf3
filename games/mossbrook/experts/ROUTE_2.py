"""The narrow path: into the bay, let the walker pass, then on to the upper town."""

WAY = {"CARE HOUSE": (7, 9), "BROOKFALL": (19, 15), "ROUTE 3": (0, 2)}
BAY = (9, 9)


def run(state):
    if state["player"]["location"] == "ROUTE 3" and walker_is_ahead(state):
        return walk_to(state, *BAY)
    return follow(state, WAY)


def walker_is_ahead(state):
    """Whether the walker still comes between the player and the path's upper end."""
    return find_person(state, "WALKER")["y"] <= state["player"]["position"]["y"]
