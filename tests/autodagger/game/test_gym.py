"""Environments as games: steps, save states, ends, chance, and messages."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from autodagger.errors import UserError
from autodagger.game.contract import load_game
from autodagger.game.env import GameEnv
from autodagger.game.gym import GymSimulator
from autodagger.game.milestone import Milestone
from tests.envs import write_adapter


@contextmanager
def open_line(folder: Path, **changes: str) -> Iterator[GymSimulator]:
    simulator = load_game(write_adapter(folder, **changes)).open(None)
    assert isinstance(simulator, GymSimulator)
    yield simulator
    simulator.close()


def play(simulator: GymSimulator, steps: int, seed: int = 0) -> list[object]:
    rng = np.random.default_rng(seed)
    for _ in range(steps):
        simulator.act("right" if rng.random() < 0.7 else "left", rng)
    return [simulator.state(), simulator.screen().tobytes(), simulator.save()]


def test_what_it_is_is_asked_of_the_environment(tmp_path: Path) -> None:
    with open_line(tmp_path) as line:
        assert line.screen_shape == (20, 45, 3)
        assert (line.frames_per_second, line.frames_per_step) == (20.0, 1.0)


def test_a_save_state_is_seed_and_actions(tmp_path: Path) -> None:
    with open_line(tmp_path) as line:
        line.power_on(np.random.default_rng(3))
        play(line, 8)
        saved = line.save()
        assert len(saved) == 22 + 8
        after = play(line, 12, seed=1)
        line.power_on(np.random.default_rng(4))
        play(line, 5)
        line.load(saved)
        assert line.save() == saved
        assert play(line, 12, seed=1) == after


def test_chance_chooses_the_start(tmp_path: Path) -> None:
    with open_line(tmp_path) as line:
        starts = []
        for seed in (*range(12), 0):
            line.power_on(np.random.default_rng(seed))
            starts.append(line.state()["x"])
        assert len(set(starts)) > 1 and starts[0] == starts[-1]


def test_sticky_actions_come_of_the_episodes_own_chance(tmp_path: Path) -> None:
    with open_line(tmp_path, more="sticky = 0.5") as line:
        ways = []
        for seed in (1, 2, 1):
            line.power_on(np.random.default_rng(0))
            play(line, 10, seed)
            ways.append(line.save())
        assert ways[0] == ways[2] != ways[1]


CLONE = """sticky = 0.5
    def clone(self, env):
        import json
        return json.dumps([env.x, env.np_random.bit_generator.state]).encode()
    def restore(self, env, data):
        import json
        env.x, env.np_random.bit_generator.state = json.loads(data)
"""


def test_a_games_own_clone_brings_back_chance_and_the_action_before(tmp_path: Path) -> None:
    with open_line(tmp_path, more=CLONE) as line:
        line.power_on(np.random.default_rng(0))
        play(line, 5)
        saved = line.save()
        after = play(line, 10, seed=1)
        line.power_on(np.random.default_rng(9))
        line.load(saved)
        assert play(line, 10, seed=1) == after


def test_a_state_of_another_environment_is_refused(tmp_path: Path) -> None:
    with open_line(tmp_path) as line:
        saved = line.save()
        with pytest.raises(UserError, match=r"this is none of an environment.*b'none'"):
            line.load(b"none")
    with (
        open_line(tmp_path, actions='("back", "forth")') as other,
        pytest.raises(UserError, match="found one of another environment, or of other arguments"),
    ):
        other.load(saved)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"env": "Missing"}, r"environment tests\.envs:Missing-v0: it cannot be made"),
        ({"env": "OldReset"}, r"reset\(seed=0\) failed.*all of whose chance its seed decides"),
        ({"env": "Gray"}, r"render\(\) gave ndarray of shape \(20, 45\) and type uint8"),
        ({"actions": '("left",)'}, r"its actions are Discrete\(2\); the adapter has 1, left"),
        ({"more": "action_values = (0, 7)"}, r"of which it does not know 'right' \(7\)"),
        ({"more": "action_values = (0,)"}, r"action_values has 1 entries; expected one for each"),
        ({"more": "sticky = 1.0"}, r"sticky is 1\.0; expected a probability"),
        ({"more": "env_id = None"}, r"env_id is None; expected text"),
        (
            {"more": "env_id, package = 'not_there:X-v0', 'not-there'"},
            r"needs the Python package not_there, which is not.*pip install not-there",
        ),
    ],
)
def test_what_cannot_be_played_is_explained(
    tmp_path: Path, changes: dict[str, str], expected: str
) -> None:
    with pytest.raises(UserError, match=expected), open_line(tmp_path, **changes):
        pass


def test_action_values_choose_some_of_the_actions(tmp_path: Path) -> None:
    with open_line(tmp_path, actions='("forth",)', more="action_values = (1,)") as line:
        before = line.state()["x"]
        line.act("forth", np.random.default_rng(0))
        assert line.state()["x"] > before


def test_its_end_ends_the_episode_as_lost_unless_the_milestone_is_reached(tmp_path: Path) -> None:
    write_adapter(tmp_path)
    for done_when, reached in (("x == `8`", False), ("x == `0`", True)):
        env = GameEnv(tmp_path, None, Milestone("END", None, 500, done_when))
        env.reset(seed=0)
        terminated = truncated = False
        while not (terminated or truncated):
            _, reward, terminated, truncated, info = env.step(0)
        assert (terminated, info["success"], reward) == (True, reached, float(reached))
        assert info["state"]["env"] == {"reward": 0.0, "terminated": True, "truncated": False}
        end = env.simulator.save()
        if reached:
            assert env.reset(seed=0, options={"state": end})[1]["success"]
        else:
            with pytest.raises(UserError, match=r"milestone END: the game is over in its start"):
                env.reset(seed=0, options={"state": end})
        env.close()


def test_before_the_first_action_there_is_none(tmp_path: Path) -> None:
    env = GameEnv(write_adapter(tmp_path))
    _, info = env.reset(seed=0)
    assert info["state"]["prev_action"] is None
    assert env.step(1)[-1]["state"]["prev_action"] == "right"
    env.close()
