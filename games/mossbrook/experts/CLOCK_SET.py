"""Face the clock on the wall, set it to ten and say yes."""

HOUR = 10


def run(state):
    menu = state["game"]["menu"]
    if menu and menu["kind"] == "yes_no":
        return choose_item(state, 0)
    if menu and menu["hour"] != HOUR and menu["field"] == "hour":
        return "down" if menu["hour"] > HOUR else "up"
    if menu:
        return "a"
    return examine(state, 6, 2)
