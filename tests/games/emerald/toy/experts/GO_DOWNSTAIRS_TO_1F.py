def run(state):
    if state.get("game", {}).get("dialog_text"):
        return "B"
    return find_path_action(state, 7, 1)
