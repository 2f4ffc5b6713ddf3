def run(state):
    if is_dialog_open(state):
        return "A"
    if state.get("player", {}).get("location", "").endswith("2F"):
        return []
    return find_path_action(state, 7, 1)
