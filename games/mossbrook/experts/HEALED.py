"""Into the care house, up to the counter, and yes to a bed."""


def run(state):
    if state["battle"]:
        return flee(state)
    if state["game"]["menu"]:
        return choose_item(state, 0)
    return examine(state, "CARE HOUSE", 7, 4)
