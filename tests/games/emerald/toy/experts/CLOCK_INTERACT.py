def run(state):
    position = state["player"]["position"]
    if (position["x"], position["y"]) != (5, 2):
        return find_path_action(state, 5, 2)
    if state["player"].get("facing") != "north":
        return "UP"
    return "A"
