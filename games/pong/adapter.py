"""Pong of the Atari 2600, which the package ale-py brings along, its ROM included.

Bellemare et al. 2013, "The Arcade Learning Environment". RAM addresses: Anand et al. 2019,
"Unsupervised State Representation Learning in Atari", table of the annotated RAM; the ball's speed
was found by comparing the RAM with where the ball was a step before.
"""

from typing import Any, ClassVar

from autodagger.game.gym import GameState, GymGame

OPPONENT_SCORE, PLAYER_SCORE = 13, 14
BALL_X, BALL_Y, BALL_DX, BALL_DY = 49, 54, 58, 56
OPPONENT_Y, PLAYER_Y = 50, 51


class Pong(GymGame):
    """First to 21 points; the player has the right, green paddle."""

    name = "Pong"
    env_id = "ale_py:ALE/Pong-v5"
    # Its own sticky actions are off: `sticky` does the same, from the episode's own chance.
    env_kwargs: ClassVar[dict[str, Any]] = {"frameskip": 4, "repeat_action_probability": 0.0}
    package = "ale-py"
    actions = ("noop", "up", "down")
    action_values = (0, 2, 3)  # NOOP, RIGHT and LEFT, which move the paddle up and down
    no_op = "noop"
    sticky = 0.1
    frames_per_second = 15  # 60 a second, of which a step takes four

    def clone(self, env: Any) -> bytes:
        """14 KiB; playing hundreds of actions again would take longer."""
        state: bytes = env.clone_state(include_rng=True).serialize()
        return state

    def restore(self, env: Any, data: bytes) -> None:
        """See `clone`."""
        from ale_py import ALEState

        env.restore_state(ALEState(data))

    def read_env(self, env: Any) -> GameState:
        """Scores, paddles and ball, in the RAM's units: y grows downwards, about a picture row."""
        ram = env.ale.getRAM().tolist()
        ball = {"x": ram[BALL_X], "y": ram[BALL_Y]}
        speed = {"dx": -signed(ram[BALL_DX]), "dy": signed(ram[BALL_DY])}
        return {
            "player": {"score": ram[PLAYER_SCORE], "y": ram[PLAYER_Y]},
            "opponent": {"score": ram[OPPONENT_SCORE], "y": ram[OPPONENT_Y]},
            "ball": {**ball, **speed} if ram[BALL_X] else None,
        }


def signed(byte: int) -> int:
    return byte - 256 if byte > 127 else byte
