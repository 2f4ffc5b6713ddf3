"""Back south to town, into the laboratory, and listen."""


def run(state):
    if state["player"]["location"] == "ROUTE 1":
        return walk_to(state, 8, 17)
    return walk_to(state, 14, 13)
