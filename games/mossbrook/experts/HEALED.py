"""Into the care house, up to the counter, and yes to a bed."""


def run(state):
    if state["game"]["menu"]:
        return choose_item(state, 0)
    if state["player"]["location"] == "BROOKFALL":
        return walk_to(state, 14, 14)
    return examine(state, 7, 4)
