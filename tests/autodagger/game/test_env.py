"""The Gymnasium environment: timing, determinism, episode ends, what `info` holds."""

import warnings
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from autodagger.errors import UserError
from autodagger.game.env import GameEnv
from autodagger.game.milestone import Milestone
from tests.grid import ACTIONS, CURSOR, GAME_DIR, ROM, GridStates, open_env, press

RIGHT = ACTIONS.index("right")


def frame_of(info: dict[str, Any]) -> int:
    frame: int = info["state"]["game"]["frame"]
    return frame


def play(env: GameEnv, seed: int, state: bytes, acts: list[int]) -> tuple[list[int], list[bytes]]:
    """The frames each step took, and the screens after them."""
    env.reset(seed=seed, options={"state": state})
    frames, screens = [], []
    for act in acts:
        screen, _, _, _, info = env.step(act)
        frames.append(info["frames"])
        screens.append(screen.tobytes())
    return frames, screens


def test_passes_gymnasiums_checker() -> None:
    with open_env(render_mode="rgb_array") as env, warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(env, skip_render_check=True)


def test_spaces_and_rendering() -> None:
    with open_env(render_mode="rgb_array") as env:
        screen, _ = env.reset(seed=0)
        assert env.observation_space.shape == (160, 240, 3)
        assert env.action_space.n == len(ACTIONS)  # type: ignore[attr-defined]
        rendered = env.render()
        assert rendered is not None
        assert np.array_equal(rendered, screen)


def test_a_recorded_video_is_as_long_as_the_game_took(grid_states: GridStates) -> None:
    """Gymnasium's RecordVideo takes a picture a step and shows render_fps of them a second."""
    with open_env(None, render_mode="rgb_array") as env:
        env.reset(seed=0, options={"state": grid_states.top_left})
        frames = [env.step(0)[-1]["frames"] for _ in range(400)]
        fps = env.metadata["render_fps"]
        assert fps == pytest.approx(59.7275 / (4 + 6))  # held for 4, released for 4 to 8
        assert 400 / fps == pytest.approx(sum(frames) / 59.7275, rel=0.02)
        assert "render_fps" not in GameEnv.metadata  # another game has other steps


def test_gymnasiums_recorder_takes_the_rate(grid_states: GridStates, tmp_path: Path) -> None:
    pytest.importorskip("moviepy", reason="Gymnasium's RecordVideo needs moviepy")
    with open_env(None, render_mode="rgb_array") as env:
        recorder = gymnasium.wrappers.RecordVideo(env, str(tmp_path))
        assert recorder.frames_per_sec == env.metadata["render_fps"]


def test_unknown_render_mode_is_refused() -> None:
    with pytest.raises(ValueError, match=r"'human'.*rgb_array"):
        GameEnv(GAME_DIR, ROM, CURSOR, render_mode="human")


def test_step_holds_and_releases_within_the_games_bounds(
    env: GameEnv, grid_states: GridStates
) -> None:
    _, info = env.reset(seed=0, options={"state": grid_states.top_left})
    taken = []
    for _ in range(60):
        before = frame_of(info)
        info = env.step(0)[-1]
        assert frame_of(info) - before == info["frames"]
        taken.append(info["frames"])
    assert set(taken) == {8, 9, 10, 11, 12}  # held for 4, released for 4 to 8


def test_button_is_held_then_released(env: GameEnv, grid_states: GridStates) -> None:
    env.reset(seed=0, options={"state": grid_states.top_left})
    held: list[tuple[str, ...]] = []
    run = env.simulator.emulator.run

    def spy(frames: int, buttons: tuple[str, ...], on_frame: Any) -> None:
        held.extend([tuple(buttons)] * frames)
        run(frames, buttons, on_frame)

    env.simulator.emulator.run = spy  # type: ignore[assignment,method-assign]
    frames = env.step(RIGHT)[-1]["frames"]
    assert held == [("right",)] * 4 + [()] * (frames - 4)
    held.clear()
    env.step(ACTIONS.index("no_op"))
    assert set(held) == {()}


def test_equal_seeds_give_equal_timing_and_frames(env: GameEnv, grid_states: GridStates) -> None:
    acts = [RIGHT, 0, 5, 6, 1, 7, 7, 0, 5, 4] * 2
    first = play(env, 3, grid_states.top_left, acts)
    np.random.seed(99)  # the environment draws from its own generator alone
    assert play(env, 3, grid_states.top_left, acts) == first
    assert play(env, 4, grid_states.top_left, acts)[0] != first[0]


def test_episodes_from_power_on_are_equal_too(env: GameEnv) -> None:
    runs = []
    for _ in range(2):
        first, _ = env.reset(seed=5)
        runs.append([first.tobytes()] + [env.step(1)[0].tobytes() for _ in range(12)])
    assert runs[0] == runs[1]


def test_reset_starts_from_the_given_state(
    env: GameEnv, grid_states: GridStates, tmp_path: Path
) -> None:
    _, info = env.reset(seed=0, options={"state": grid_states.top_right})
    assert info["state"]["player"]["position"] == {"x": 6, "y": 0}
    file = tmp_path / "bottom.state"
    file.write_bytes(grid_states.bottom)
    _, info = env.reset(seed=0, options={"state": file})
    assert info["state"]["player"]["position"] == {"x": 1, "y": 3}
    _, info = env.reset(seed=0)
    assert info["state"]["game"]["scene"] == "logo"
    assert frame_of(info) <= 1


def test_first_screen_is_that_of_the_start_state(env: GameEnv, grid_states: GridStates) -> None:
    """A save state holds no picture: the one before the reset must not show."""
    env.reset(seed=0, options={"state": grid_states.top_left})
    press(env, "no_op")
    screen = env.simulator.screen()
    env.reset(seed=0)
    press(env, "a", "a")
    reset_screen, _ = env.reset(seed=0, options={"state": grid_states.top_left})
    assert np.array_equal(reset_screen, screen)


def test_foreign_start_state_is_refused(env: GameEnv) -> None:
    with pytest.raises(UserError, match="version"):
        env.reset(seed=0, options={"state": b"\x07\x00\x00\x01 another core's"})


def test_info_holds_facing_and_previous_action_from_the_first_observation(
    env: GameEnv, grid_states: GridStates
) -> None:
    for options in ({}, {"state": grid_states.top_left}):
        _, info = env.reset(seed=0, options=options)
        assert info["state"]["prev_action"] == "no_op"
        assert info["state"]["player"]["facing"] in ("up", "down", "left", "right")
        assert info["success"] is False
        assert press(env, "right")["state"]["prev_action"] == "right"


def test_success_terminates_with_a_reward(env: GameEnv, grid_states: GridStates) -> None:
    env.reset(seed=0, options={"state": grid_states.top_left})
    press(env, "right", "right", "right", "right", "down")
    _, reward, terminated, truncated, info = env.step(ACTIONS.index("down"))
    assert (reward, terminated, truncated, info["success"]) == (1.0, True, False, True)


def test_fail_when_terminates_without_success(env: GameEnv, grid_states: GridStates) -> None:
    env.reset(seed=0, options={"state": grid_states.top_left})
    _, reward, terminated, truncated, info = env.step(ACTIONS.index("a"))
    assert (reward, terminated, truncated, info["success"]) == (0.0, True, False, False)


def test_max_steps_truncates_and_reset_starts_counting_anew(grid_states: GridStates) -> None:
    with open_env(max_steps=3) as env:
        for _ in range(2):
            env.reset(seed=0, options={"state": grid_states.top_left})
            ends = [env.step(0)[2:4] for _ in range(3)]
            assert ends == [(False, False), (False, False), (False, True)]


def test_success_on_the_last_step_is_no_truncation(grid_states: GridStates) -> None:
    with open_env(max_steps=6) as env:
        env.reset(seed=0, options={"state": grid_states.top_left})
        press(env, "right", "right", "right", "right", "down")
        _, _, terminated, truncated, info = env.step(ACTIONS.index("down"))
        assert (terminated, truncated, info["success"]) == (True, False, True)


def test_milestones_own_max_steps_is_the_limit(grid_states: GridStates) -> None:
    with open_env() as env:
        env.reset(seed=0, options={"state": grid_states.top_left})
        ends = [env.step(0)[3] for _ in range(CURSOR.max_steps)]
        assert ends.index(True) == CURSOR.max_steps - 1


def test_without_a_milestone_nothing_ends() -> None:
    with open_env(None) as env:
        env.reset(seed=0)
        assert not any(any(env.step(0)[2:4]) for _ in range(100))


@pytest.mark.parametrize("expression", ["player.position.x", "player.name", "map"])
def test_expression_that_is_no_condition_is_named(grid_states: GridStates, expression: str) -> None:
    milestone = Milestone("ODD", None, 5, done_when=expression)
    expected = r"milestone ODD: done_when gave .* expected true or"
    with open_env(milestone) as env, pytest.raises(UserError, match=expected):
        env.reset(seed=0, options={"state": grid_states.top_right})


def test_milestone_that_is_reached_at_its_start_is_told(grid_states: GridStates) -> None:
    milestone = Milestone("ODD", None, 5, done_when="player.position.y == `3`")
    with open_env(milestone) as env:
        for start, expected in ((grid_states.top_left, False), (grid_states.bottom, True)):
            _, info = env.reset(seed=0, options={"state": start})
            assert info["success"] is expected


def test_expression_that_cannot_be_evaluated_is_named(grid_states: GridStates) -> None:
    milestone = Milestone("ODD", None, 5, done_when="length(player.position.x) > `1`")
    with open_env(milestone) as env, pytest.raises(UserError, match="milestone ODD: done_when"):
        env.reset(seed=0, options={"state": grid_states.top_right})


def test_missing_key_means_not_yet(grid_states: GridStates) -> None:
    with open_env(Milestone("ODD", None, 5, done_when="battle.won")) as env:
        env.reset(seed=0, options={"state": grid_states.top_right})
        assert not press(env, "no_op")["success"]


def test_every_frame_can_be_watched(env: GameEnv, grid_states: GridStates) -> None:
    env.reset(seed=0, options={"state": grid_states.top_left})
    frames: list[int] = []
    env.set_on_frame(lambda: frames.append(env.simulator.emulator.ram().u32(0x02000004)))
    info = press(env, "right")
    assert len(frames) == info["frames"]
    assert frames == list(range(frames[0], frames[0] + len(frames)))


def test_closing_makes_room_for_another_environment() -> None:
    for _ in range(2):
        with open_env() as env:
            env.reset(seed=0)
