"""How the experts fight: read both hit points and the menu, choose, and read on."""

FIGHT, BERRY, RUN = 0, 1, 2  # the battle's menu
BUMP, STRONG, MEND = 0, 1, 3  # places of the moves of all three starters
LOW_HP = 12  # the hardest blow of the leader's creature
BUMP_IS_ENOUGH = 4  # hit points that BUMP, which never misses, surely takes


def fight(state):
    """The next button of a fight to the end; A for what is said before and after it."""
    if not state["battle"]:
        return "no_op" if state["game"]["fade"] else "a"
    return _battle_button(state, _action(state), _move(state))


def flee(state):
    """The next button of running away from a wild creature."""
    return _battle_button(state, RUN, BUMP)


def _battle_button(state, action, move):
    game = state["game"]
    if game["fade"]:
        return "no_op"
    menu = game["menu"]
    if menu is None:
        return "a"
    return choose_item(state, action if menu["kind"] == "battle" else move)


def _own(state):
    return state["player"]["party"][0]


def _action(state):
    hungry = _own(state)["hp"] <= LOW_HP and state["player"]["berries"] > 0
    return BERRY if hungry and state["battle"]["enemy"]["hp"] > BUMP_IS_ENOUGH else FIGHT


def _move(state):
    if state["battle"]["enemy"]["hp"] <= BUMP_IS_ENOUGH:
        return BUMP
    return MEND if _own(state)["hp"] <= LOW_HP else STRONG
