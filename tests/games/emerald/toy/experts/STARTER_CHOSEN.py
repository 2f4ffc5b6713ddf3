add_to_state_schema("is_question_box", "Is there a box with YES and NO in the picture?", bool)


def run(state):
    if state["is_question_box"]:
        return navigate_ui(state, intent="select_yes")
    return [find_path_action(state, 4, 8)]
