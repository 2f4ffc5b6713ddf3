def run(state):
    if is_dialog_open(state):
        return "A"
    return find_path_action(state, 6, -1)
