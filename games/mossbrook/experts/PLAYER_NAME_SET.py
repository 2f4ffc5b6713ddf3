"""The letter grid: one letter is name enough, then END (row 3, column 5)."""


def run(state):
    menu = state["game"]["menu"]
    if state["game"]["fade"]:
        return "no_op"
    if menu is None:
        return "a"
    on_end = menu["row"] == 3 and menu["column"] >= 5
    if not state["player"]["name"]:
        return "up" if on_end else "a"
    if menu["column"] < 5:
        return "right"
    return "a" if on_end else "down"
