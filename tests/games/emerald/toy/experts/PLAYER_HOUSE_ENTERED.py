def run(state):
    position = state["player"]["position"]
    log(f"at {position['x']}, {position['y']}")
    if is_dialog_open(state):
        return ["A", "A"]
    return find_path_action(state, 3, 4)
