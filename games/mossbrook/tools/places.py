"""The way from every place to every other one, so that who strays finds back."""

UPPER_BROOKFALL = "UPPER BROOKFALL"  # of the map BROOKFALL, above the cliff
CLIFF = 10  # its row

# From each place: the tile that leads to each neighbour.
WAYS = {
    "CART": {"HOME TOWN": (12, 5)},
    "HOME TOWN": {
        "CART": (4, 12),
        "HOUSE 1F": (5, 6),
        "RIVAL HOUSE 1F": (14, 6),
        "LAB": (14, 13),
        "ROUTE 1": (8, 0),
    },
    "HOUSE 1F": {"HOUSE 2F": (11, 1), "HOME TOWN": (7, 9)},
    "HOUSE 2F": {"HOUSE 1F": (10, 2)},
    "RIVAL HOUSE 1F": {"RIVAL HOUSE 2F": (3, 1), "HOME TOWN": (5, 9)},
    "RIVAL HOUSE 2F": {"RIVAL HOUSE 1F": (3, 2)},
    "LAB": {"HOME TOWN": (7, 10)},
    "ROUTE 1": {"HOME TOWN": (8, 17), "ROUTE 2": (6, 0)},
    "ROUTE 2": {"ROUTE 1": (6, 15), "BROOKFALL": (17, 4)},
    "BROOKFALL": {"CARE HOUSE": (14, 14), "ROUTE 3": (19, 15), "ROUTE 2": (0, 15)},
    "CARE HOUSE": {"BROOKFALL": (7, 9)},
    "ROUTE 3": {UPPER_BROOKFALL: (0, 2), "BROOKFALL": (0, 14)},
    UPPER_BROOKFALL: {"GYM": (10, 5), "ROUTE 3": (19, 6)},
    "GYM": {UPPER_BROOKFALL: (7, 15)},
}


def place_of(state):
    """Where the player is: a key of ``WAYS``."""
    player = state["player"]
    if player["location"] == "BROOKFALL" and player["position"]["y"] < CLIFF:
        return UPPER_BROOKFALL
    return player["location"]


def next_exit(place, goal):
    """The tile that leads from ``place`` towards ``goal`` over the fewest places."""
    reached, queue = {goal}, [goal]
    for towards in queue:
        if towards in WAYS[place]:
            return WAYS[place][towards]
        nearer = [near for near in WAYS if towards in WAYS[near] and near not in reached]
        reached.update(nearer)
        queue += nearer
    return None
