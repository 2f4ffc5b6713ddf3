def run(state):
    return find_path_action(state, 6, 5)
