"""DoorKey of MiniGrid: find the key, open the locked door, go to the goal in the other room.

Chevalier-Boisvert et al. 2023, "Minigrid & Miniworld". Each seed is another level.
"""

from typing import Any, ClassVar

from autodagger.game.gym import GameState, GymGame

FACINGS = ("right", "down", "left", "up")  # minigrid/core/constants.py, DIR_TO_VEC
FREE = (None, "goal")  # what can be walked over; an open door is added


class DoorKey(GymGame):
    """The level with 6 × 6 tiles."""

    name = "DoorKey"
    env_id = "minigrid:MiniGrid-DoorKey-6x6-v0"
    env_kwargs: ClassVar[dict[str, Any]] = {"tile_size": 16}  # a picture of 96 × 96
    package = "minigrid"
    actions = ("left", "right", "forward", "pickup", "toggle")  # left and right turn
    action_values = (0, 1, 2, 3, 5)  # minigrid/core/actions.py; 4 drops, 6 is not used
    sticky = 0.1

    def read_env(self, env: Any) -> GameState:
        """Where everything is; the key is None once it is carried."""
        x, y = map(int, env.agent_pos)
        columns, rows = range(env.width), range(env.height)
        tiles = [[env.grid.get(column, row) for column in columns] for row in rows]
        things = {
            tile.type: {"x": column, "y": row}
            for row, line in enumerate(tiles)
            for column, tile in enumerate(line)
            if tile is not None
        }
        door = things["door"]
        return {
            "player": {
                "position": {"x": x, "y": y},
                "facing": FACINGS[env.agent_dir],
                "has_key": env.carrying is not None,
            },
            "map": {
                "collisions": [[int(not is_free(tile)) for tile in line] for line in tiles],
                "objects": [],
            },
            "key": things.get("key"),
            "door": {**door, "open": bool(tiles[door["y"]][door["x"]].is_open)},
            "goal": things["goal"],
        }


def is_free(tile: Any) -> bool:
    kind = tile and tile.type
    return kind in FREE or (kind == "door" and bool(tile.is_open))
