"""The professor's bag: RILLET, the third, stands best against the leader."""

RILLET = 2


def run(state):
    menu = state["game"]["menu"]
    if menu:
        return choose_item(state, RILLET if menu["kind"] == "starter" else 0)
    return examine(state, "ROUTE 1", 6, 9)
