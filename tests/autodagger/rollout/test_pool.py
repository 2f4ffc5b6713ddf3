"""The rollout engine and its workers, as real processes on the real emulator."""

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autodagger.errors import UserError
from autodagger.expert.expert import ExpertError
from autodagger.game.milestone import Milestone
from autodagger.game.starts import StartState
from autodagger.rollout import pool as rollout
from autodagger.rollout.episode import (
    NO_LABEL,
    Actor,
    Episode,
    EpisodePlan,
    OnExpertFailure,
    Outcome,
    Policy,
    RolloutSpec,
)
from autodagger.rollout.pool import Rollouts
from autodagger.student.view import View
from autodagger.task import Task
from tests.envs import write_adapter
from tests.grid import (
    ACTIONS,
    CURSOR,
    NAMING,
    ROOT,
    START_GAME,
    GridStates,
    make_spec,
    open_env,
    play,
    play_in,
    write_expert,
)

RIGHT, DOWN = ACTIONS.index("right"), ACTIONS.index("down")


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rollouts]:
    """A pool of two environments with an expert that always reaches CURSOR."""
    text = "def run(state): return find_path_action(state, 4, 2)"
    expert = write_expert(tmp_path_factory.mktemp("good"), text)
    with Rollouts(make_spec(expert), 2) as rollouts:
        yield rollouts


def summary(episodes: list[Episode]) -> list[tuple[Any, ...]]:
    """What two equal rollouts have in common: all of it."""
    return [
        (e.plan.seed, e.outcome, e.frames, e.acts, e.labels, e.error, e.state, tobytes(e.obs))
        for e in episodes
    ]


def tobytes(obs: np.ndarray | None) -> bytes | None:
    return None if obs is None else obs.tobytes()


def always(act: int) -> Policy:
    """A student that knows one button."""
    return lambda obs, _prev_acts: np.full(len(obs), act)


def test_equal_plans_give_equal_episodes(good: Rollouts, grid_states: GridStates) -> None:
    plans = grid_states.plans(5)
    first = play_in(good, plans, keep_obs=True, keep_state=True)
    second = play_in(good, plans, keep_obs=True, keep_state=True)
    assert summary(first) == summary(second)
    other = play_in(good, grid_states.plans(5, 50), keep_obs=True, keep_state=True)
    assert [e.frames for e in other] != [e.frames for e in first]


@pytest.mark.parametrize("num_envs", [1, 3])
def test_number_of_environments_changes_nothing(
    good: Rollouts, good_expert: Path, grid_states: GridStates, num_envs: int
) -> None:
    plans = grid_states.plans(7)
    expected = play_in(good, plans, keep_obs=True, keep_state=True)
    found = play(make_spec(good_expert), plans, num_envs=num_envs, keep_obs=True, keep_state=True)
    assert summary(found) == summary(expected)


def test_episodes_come_in_the_order_of_their_plans(good: Rollouts, grid_states: GridStates) -> None:
    plans = grid_states.plans(7)  # of different lengths, so they do not end in this order
    ended: list[int] = []
    episodes = play_in(good, plans, on_episode=lambda e: ended.append(e.plan.seed))
    assert [episode.plan for episode in episodes] == plans
    assert sorted(ended) == list(range(7))
    assert {episode.steps for episode in episodes} == {4, 6}


def test_episode_holds_what_was_seen_done_and_advised(
    good: Rollouts, grid_states: GridStates
) -> None:
    plan = EpisodePlan(3, StartState("top_left", grid_states.top_left))
    [episode] = play_in(good, [plan], keep_obs=True, keep_state=True)
    assert episode.outcome is Outcome.REACHED
    assert episode.success
    assert episode.acts == episode.labels == [DOWN, DOWN, RIGHT, RIGHT, RIGHT, RIGHT]
    assert episode.obs is not None
    assert episode.obs.shape == (6, 40, 60, 1)
    assert episode.obs.dtype == np.uint8
    assert (episode.error, episode.log) == (None, [])
    with open_env() as env:  # the same episode without the engine
        screen, _ = env.reset(seed=3, options={"state": grid_states.top_left})
        frames, good_view = 0, View((40, 60))
        for step, act in enumerate(episode.acts):
            assert np.array_equal(episode.obs[step], good_view.see(screen))
            screen, _, terminated, _, info = env.step(act)
            frames += info["frames"]
        assert terminated
        assert env.simulator.save() == episode.state
        assert episode.frames == frames


@pytest.mark.parametrize(
    ("changes", "shape"),
    [
        ({"frame_size": (80, 120), "grayscale": False}, (80, 120, 3)),
        ({}, (40, 60, 1)),
        ({"grayscale": False, "frame_stack": 2}, (40, 60, 6)),
    ],
)
def test_observations_have_the_asked_shape(
    good_expert: Path, grid_states: GridStates, changes: dict[str, Any], shape: tuple[int, ...]
) -> None:
    spec = make_spec(good_expert, **changes)
    assert spec.view.shape == shape
    [episode] = play(spec, grid_states.plans(1), num_envs=1, keep_obs=True)
    assert episode.obs is not None
    assert episode.obs.shape == (6, *shape)


def test_stacked_frames_are_those_of_the_episodes_last_steps(
    good_expert: Path, grid_states: GridStates
) -> None:
    plans = grid_states.plans(2)
    stacked = play(make_spec(good_expert, frame_stack=3), plans, num_envs=1, keep_obs=True)
    plain_ones = play(make_spec(good_expert), plans, keep_obs=True)
    for episode, plain in zip(stacked, plain_ones, strict=True):
        assert episode.obs is not None and plain.obs is not None
        for step in range(episode.steps):
            seen = [plain.obs[max(0, step - back)] for back in (2, 1, 0)]
            assert np.array_equal(episode.obs[step], np.concatenate(seen, axis=2))


def test_nothing_is_kept_unasked(good: Rollouts, grid_states: GridStates) -> None:
    [episode] = play_in(good, grid_states.plans(1))
    assert episode.obs is None
    assert episode.state is None
    assert episode.success


@pytest.mark.parametrize("previous_action", [False, True])
def test_student_sees_the_observation_and_the_action_before(
    good_expert: Path, grid_states: GridStates, previous_action: bool
) -> None:
    seen: list[tuple[bytes, int]] = []

    def spy(obs: np.ndarray, prev_acts: Sequence[int]) -> np.ndarray:
        assert obs.shape == (1, 40, 60, 1)
        assert obs.dtype == np.uint8
        seen.append((obs[0].tobytes(), prev_acts[0]))
        return np.array([[RIGHT, DOWN][len(seen) % 2]])

    spec = make_spec(good_expert, previous_action=previous_action, max_steps=5)
    [episode] = play(spec, grid_states.plans(1), spy, keep_obs=True)
    assert episode.obs is not None
    assert [obs for obs, _ in seen] == [obs.tobytes() for obs in episode.obs]
    before = [0, *episode.acts[:-1]] if previous_action else [0] * 5
    assert [act for _, act in seen] == before


def test_student_is_asked_once_about_equal_inputs(
    good_expert: Path, grid_states: GridStates
) -> None:
    """By a worker itself, and by the pool when another worker has asked before."""
    asked: list[bytes] = []

    def counting(obs: np.ndarray, _prev_acts: Sequence[int]) -> np.ndarray:
        asked.extend(row.tobytes() for row in obs)
        return np.full(len(obs), RIGHT)

    plans = grid_states.plans(6)  # two episodes from each start state, which is a frame
    with Rollouts(make_spec(good_expert, max_steps=4), 2) as rollouts:
        first = play_in(rollouts, plans, counting, keep_obs=True)
        assert len(asked) == len(set(asked))
        assert set(asked) == {obs.tobytes() for e in first if e.obs is not None for obs in e.obs}
        once = len(asked)
        assert play_in(rollouts, plans, counting)[0].acts == first[0].acts
        assert len(asked) == once
        # Another student is another matter, also where it has the first one's place in memory.
        left = play_in(rollouts, plans, lambda obs, _: np.full(len(obs), ACTIONS.index("left")))
        assert left[0].acts != first[0].acts


def test_a_repeated_observation_is_kept_once(good_expert: Path, grid_states: GridStates) -> None:
    spec = make_spec(good_expert, max_steps=4)
    [episode] = play(spec, grid_states.plans(1), always(0), keep_obs=True)
    assert episode.distinct_obs is not None
    assert episode.obs is not None
    assert len(episode.distinct_obs) < episode.steps == len(episode.obs)


def test_students_are_labelled_along_the_way(good_expert: Path, grid_states: GridStates) -> None:
    """The expert labels the states that the student visits, not those of its own walk."""
    up = ACTIONS.index("up")
    way = [RIGHT, RIGHT, up, DOWN, DOWN, RIGHT, RIGHT]
    acts = iter(way)
    spec = make_spec(good_expert, previous_action=True)
    [episode] = play(spec, grid_states.plans(1), lambda _obs, _acts: np.array([next(acts)]))
    assert episode.acts == way
    assert episode.success
    assert all(label in (RIGHT, DOWN) for label in episode.labels)
    assert episode.labels[0] == DOWN


def test_outcomes_tell_losing_from_running_out_of_steps(
    good: Rollouts, grid_states: GridStates
) -> None:
    plans = grid_states.plans(1)
    [lost] = play_in(good, plans, always(ACTIONS.index("a")))
    assert (lost.outcome, lost.steps, lost.success) == (Outcome.LOST, 1, False)
    [late] = play_in(good, plans, always(0), keep_state=True)
    assert (late.outcome, late.steps, late.state) == (Outcome.TIMEOUT, CURSOR.max_steps, None)


def test_power_on_is_a_start_like_any_other(tmp_path: Path) -> None:
    spec = make_spec(write_expert(tmp_path, START_GAME), NAMING)
    episodes = play(spec, [EpisodePlan(seed) for seed in (1, 2, 1)], keep_obs=True)
    assert all(episode.success for episode in episodes)
    assert summary(episodes)[0] == summary(episodes)[2]


def test_no_plans_give_no_episodes(good: Rollouts) -> None:
    assert play_in(good, []) == []


# ---- What experts do wrong -------------------------------------------------------------------

AT_RIGHT_EDGE = 'state["player"]["position"]["x"] == 6'
"""True in the second of the three start states alone."""


def play_three(
    folder: Path, states: GridStates, text: str, tools: Sequence[Path] = (), **arguments: Any
) -> list[Episode]:
    """Episodes 0, 2, 3 and 5 go well with `text`'s `run`; 1 and 4 start at the right edge."""
    body = "\n" + text.format(at_edge=AT_RIGHT_EDGE)
    spec = make_spec(write_expert(folder, body), tools=tools)
    return play(spec, states.plans(6), **arguments)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        pytest.param(
            """
def run(state):
    log("at " + str(state["player"]["position"]))
    if {at_edge}:
        return state["nowhere"]
    return find_path_action(state, 4, 2)
""",
            "CURSOR.py raised KeyError: 'nowhere' (line 6 of CURSOR.py) in run(state)",
            id="exception",
        ),
        pytest.param(
            """
def run(state):
    log("at " + str(state["player"]["position"]))
    return "jump" if {at_edge} else find_path_action(state, 4, 2)
""",
            "answered 'jump'; expected one of no_op",
            id="unknown action",
        ),
        pytest.param(
            """
def run(state):
    log("at " + str(state["player"]["position"]))
    if {at_edge}:
        raise SystemExit
    return find_path_action(state, 4, 2)
""",
            "SystemExit",
            id="exit",
        ),
    ],
)
def test_expert_error_ends_its_episode_alone(
    tmp_path: Path, grid_states: GridStates, text: str, error: str
) -> None:
    episodes = play_three(tmp_path, grid_states, text)
    assert [e.success for e in episodes] == [True, False, True, True, False, True]
    for failed in episodes[1::3]:
        assert failed.outcome is Outcome.ERROR
        assert failed.error is not None
        assert error in failed.error
        assert failed.steps == 0  # what the expert said wrong is no label
        assert failed.log == ["at {'x': 6, 'y': 0}"]


def test_label_errors_leave_a_students_episode_going(
    tmp_path: Path, grid_states: GridStates
) -> None:
    text = """
def run(state):
    if state["player"]["position"]["x"] == 2:
        raise ValueError("lost")
    return "right"
"""
    plans = grid_states.plans(1)
    spec = make_spec(write_expert(tmp_path, text), max_steps=5)
    [episode] = play(spec, plans, always(RIGHT), on_expert_failure=OnExpertFailure.GO_ON)
    assert episode.outcome is Outcome.TIMEOUT
    assert episode.labels == [RIGHT, RIGHT, NO_LABEL, NO_LABEL, NO_LABEL]
    assert episode.error is not None
    assert "lost" in episode.error
    [required] = play(spec, plans, always(RIGHT))
    assert (required.outcome, required.steps) == (Outcome.ERROR, 2)


EXIT = """
import os
def run(state):
    if {at_edge}:
        os._exit(3)
    return find_path_action(state, 4, 2)
"""

KILL_ITSELF = """
import ctypes
def run(state):
    if {at_edge}:
        ctypes.string_at(0)
    return find_path_action(state, 4, 2)
"""

HANG = """
import ctypes
def run(state):
    libc = ctypes.PyDLL(None)
    while True:
        try:
            libc.sleep(1000)
        except BaseException:
            pass
"""

HANG_AT_EDGE = (
    HANG.replace("True:", "{at_edge}:")
    + """
    return find_path_action(state, 4, 2)
"""
)

HOARD = """
kept = []
def run(state):
    if {at_edge}:
        while True:
            kept.append(bytes(256 << 20))
    return find_path_action(state, 4, 2)
"""


@pytest.mark.parametrize("text", [EXIT, KILL_ITSELF, HOARD], ids=["os._exit", "crash", "memory"])
@pytest.mark.parametrize("num_envs", [1, 2])
def test_expert_that_ends_its_process_fails_its_episode_alone(
    tmp_path: Path, grid_states: GridStates, text: str, num_envs: int
) -> None:
    episodes = play_three(tmp_path, grid_states, text, num_envs=num_envs, keep_obs=True)
    assert [e.success for e in episodes] == [True, False, True, True, False, True]
    for failed in episodes[1::3]:
        assert failed.outcome is Outcome.ERROR
        assert failed.error


def test_hang_of_an_expert_fails_its_episode_alone(tmp_path: Path, grid_states: GridStates) -> None:
    """Within C code no signal handler of Python's runs."""
    text = HANG_AT_EDGE.format(at_edge=AT_RIGHT_EDGE)
    spec = make_spec(write_expert(tmp_path, text))
    episodes = play(spec, grid_states.plans(3), keep_obs=True)
    assert [e.success for e in episodes] == [True, False, True]
    assert episodes[1].error is not None
    assert episodes[1].error.startswith("CURSOR.py took longer than 5 s in run(state)")


def test_hang_of_the_game_is_not_blamed_on_the_expert(
    tmp_path: Path, good_expert: Path, grid_states: GridStates, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rollout, "HANG_SECONDS", 1.5)
    game = make_crashing(tmp_path, "column == 6", "__import__('time').sleep(60)")
    with pytest.raises(UserError, match=r"the game did not come back for 1\.5 s.*read_state"):
        play(make_spec(good_expert, game_dir=game), grid_states.plans(2))


def test_waiting_for_an_answer_is_not_hanging(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that has asked waits until others have: that may take any time."""
    now = 100.0
    monkeypatch.setattr(rollout.time, "monotonic", lambda: now)
    slot = rollout._Slot(0, "")
    monkeypatch.setattr(slot, "send", lambda _message: None)
    slot.watch(beat=7, now=now, heard=True)
    now += 10 * rollout.HANG_SECONDS
    slot.answer(3)
    slot.watch(beat=7, now=now + 1, heard=False)
    assert not slot.hangs
    slot.watch(beat=7, now=now + 1 + rollout.HANG_SECONDS, heard=False)
    assert slot.hangs


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("def run(state)\n    return 'a'", r"CURSOR\.py, line 1"),
        ("import nothing_like_this", "ModuleNotFoundError"),
        ("import os\nos._exit(0)", "ended the process"),
    ],
)
def test_expert_that_does_not_load_is_refused_at_once(
    tmp_path: Path, text: str, message: str
) -> None:
    with pytest.raises(ExpertError, match=message):
        Rollouts(make_spec(write_expert(tmp_path, text)), 2)


def test_globals_do_not_outlive_an_episode(tmp_path: Path, grid_states: GridStates) -> None:
    text = """
calls = 0
def run(state):
    global calls
    calls += 1
    log(calls)
    return "no_op"
"""
    spec = make_spec(write_expert(tmp_path, text), max_steps=3)
    episodes = play(spec, grid_states.plans(4), num_envs=1)
    assert [episode.log for episode in episodes] == [["1", "2", "3"]] * 4


def test_experts_are_confined(tmp_path: Path, grid_states: GridStates) -> None:
    """One attempt of each kind; tests/autodagger/expert/test_confinement.py has the others."""
    text = """
import ctypes, gc, os, socket, sys
def run(state):
    for attempt in (
        lambda: open("new", "w"),
        lambda: os.kill(os.getppid(), 9),
        lambda: socket.socket(),
        lambda: os.fork(),
    ):
        try:
            log("allowed: %r" % attempt())
        except PermissionError as error:
            log("refused")
    log(ctypes.CDLL(None).unlink(PATH.encode()))
    log([name for name in sys.modules if name.startswith("autodagger.game")])
    return "no_op"
"""
    path = str(tmp_path / "CURSOR.py")
    expert = write_expert(tmp_path, f"PATH = {path!r}\n" + text)
    [episode] = play(make_spec(expert, max_steps=1), grid_states.plans(1), num_envs=1)
    assert episode.log == ["refused"] * 4 + ["-1", "[]"]
    assert [file.name for file in tmp_path.iterdir()] == ["CURSOR.py"]


def test_tools_reach_the_workers(tmp_path: Path, grid_states: GridStates) -> None:
    text = "def go(state): return find_path_action(state, 4, 2)"
    tool = write_expert(tmp_path / "tools", text, "go.py")
    expert = write_expert(tmp_path, "def run(state): return go(state)")
    spec = make_spec(expert, tools=(tool,))
    assert all(episode.success for episode in play(spec, grid_states.plans(2)))


# ---- What emulators do wrong -----------------------------------------------------------------

CRASHING = """
import ctypes, os
from tests.grid.adapter import Grid

class Crashing(Grid):
    def open(self, rom):
        simulator = super().open(rom)
        run = simulator.emulator.run
        def crash(frames, buttons=(), on_frame=None):
            run(frames, buttons, on_frame)
            column = simulator.emulator.ram().u8(0x02000024)
            if {condition}:
                {crash}
        simulator.emulator.run = crash
        return simulator
"""
SEGFAULT = "ctypes.string_at(0)"


def make_crashing(folder: Path, condition: str, crash: str = SEGFAULT) -> Path:
    text = CRASHING.format(condition=condition, crash=crash)
    return write_expert(folder / "game", text, "adapter.py").parent


def test_an_emulator_that_crashes_is_named_and_fails_its_episode_alone(
    tmp_path: Path, good_expert: Path, grid_states: GridStates
) -> None:
    game = make_crashing(tmp_path, "column == 6")
    episodes = play(make_spec(good_expert, game_dir=game), grid_states.plans(6), keep_obs=True)
    assert [e.success for e in episodes] == [True, False, True, True, False, True]
    for failed in episodes[1::3]:
        assert failed.outcome is Outcome.ERROR
        assert failed.error is not None
        assert failed.error.startswith("the game crashed (signal 11, Segmentation fault)")
        assert "docs/new_game.md" in failed.error


def test_a_rom_that_always_crashes_the_emulator_cannot_be_played(
    tmp_path: Path, good_expert: Path, grid_states: GridStates
) -> None:
    game = make_crashing(tmp_path, "True")
    with pytest.raises(UserError, match=r"the game crashed \(signal 11"):
        play(make_spec(good_expert, game_dir=game), grid_states.plans(3))
    at_start = make_crashing(tmp_path / "start", "False")
    adapter = at_start / "adapter.py"
    adapter.write_text(adapter.read_text().replace("run = sim", "ctypes.string_at(0); run = sim"))
    with pytest.raises(UserError, match=r"the game crashed \(signal 11"):
        Rollouts(make_spec(good_expert, game_dir=at_start), 2)


def test_a_crash_of_an_environment_speaks_of_no_rom(tmp_path: Path, good_expert: Path) -> None:
    read = "(__import__('ctypes').string_at(0), env.x)[1]"
    text = write_adapter(tmp_path).joinpath("adapter.py").read_text().replace("env.x", read)
    (tmp_path / "adapter.py").write_text(text)
    task = Task(tmp_path, None, Milestone("END", None, 9, "x == `8`"), good_expert)
    with pytest.raises(UserError, match=r"the game crashed \(signal 11.*package does that") as told:
        play(RolloutSpec(task, 9), [EpisodePlan(0)])
    assert "ROM" not in str(told.value) and "core" not in str(told.value)


def test_an_adapter_that_ends_its_process_is_no_crash(
    tmp_path: Path, good_expert: Path, grid_states: GridStates
) -> None:
    game = make_crashing(tmp_path, "column == 6", "os._exit(7)")
    episodes = play(make_spec(good_expert, game_dir=game), grid_states.plans(2))
    assert episodes[1].error is not None
    assert "ended by itself (exit code 7) while the game ran" in episodes[1].error


def test_a_process_killed_from_outside_is_said(good: Rollouts) -> None:
    slot = rollout._Slot(0, "")
    slot.process = multiprocessing.get_context("spawn").Process(target=time.sleep, args=(60,))
    slot.process.start()
    slot.process.kill()
    assert "ended from outside (signal 9, Killed)" in slot._describe_end()


# ---- What users do wrong ---------------------------------------------------------------------


def test_missing_rom_is_named(good_expert: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"gone\.gba: no such file"):
        Rollouts(make_spec(good_expert, rom=tmp_path / "gone.gba"), 1)


def test_foreign_start_state_is_told_as_such(good: Rollouts) -> None:
    with pytest.raises(UserError, match="version 0x01000007"):
        play_in(good, [EpisodePlan(0, StartState("user.state", b"\x07\x00\x00\x01" + bytes(100)))])


def test_condition_that_is_none_is_told_as_such(good_expert: Path, grid_states: GridStates) -> None:
    spec = make_spec(good_expert, Milestone("ODD", None, 5, "player.position.x"))
    with pytest.raises(UserError, match="milestone ODD: done_when gave"):
        play(spec, grid_states.plans(1))


def test_adapter_that_does_not_load_is_not_blamed_on_the_expert(
    good_expert: Path, tmp_path: Path
) -> None:
    (tmp_path / "adapter.py").write_text("import nothing_like_this")
    with pytest.raises(UserError, match=r"adapter\.py, line 1: .*nothing_like_this"):
        Rollouts(make_spec(good_expert, game_dir=tmp_path), 1)


def test_adapters_exception_is_not_blamed_on_the_expert(
    good_expert: Path, grid_states: GridStates, tmp_path: Path
) -> None:
    (tmp_path / "adapter.py").write_text(
        "from autodagger.game.gba import GbaGame\n"
        "class Bad(GbaGame):\n"
        "    name, rom, rom_sha1, actions = 'Bad', 'x.gba', '0', ('no_op', 'a')\n"
        "    hold_frames, release_frames = 4, (4, 8)\n"
        "    def read_state(self, ram):\n"
        "        town = ['TOWN'][ram.u8(0x02000024)]\n"
        "        return {'player': {'name': ''}, 'location': town}\n"
    )
    with pytest.raises(UserError, match=r"adapter\.py, line 6: IndexError"):
        play(make_spec(good_expert, game_dir=tmp_path), grid_states.plans(2))


# ---- Who acts --------------------------------------------------------------------------------

UP = ACTIONS.index("up")


def play_long(expert: Path, plans: list[EpisodePlan], **arguments: Any) -> list[Episode]:
    """Episodes of 100 steps of a student that goes up, where the expert says down."""
    milestone = Milestone("NEVER", None, 100, "player.position.x == `99`")
    return play(make_spec(expert, milestone), plans, always(UP), **arguments)


@pytest.fixture(scope="module")
def downwards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_expert(tmp_path_factory.mktemp("down"), 'def run(state): return "down"')


@pytest.mark.parametrize("beta", [0.0, 0.25, 0.5, 1.0])
def test_expert_acts_with_probability_beta(
    downwards: Path, grid_states: GridStates, beta: float
) -> None:
    episodes = play_long(downwards, grid_states.plans(20), beta=beta)
    acts = np.concatenate([episode.acts for episode in episodes])
    assert len(acts) == 2000
    assert set(acts.tolist()) <= {UP, DOWN}
    assert abs(float((acts == DOWN).mean()) - beta) < 0.04
    assert all(label == DOWN for episode in episodes for label in episode.labels)


@pytest.mark.parametrize(("beta", "noise"), [(0.0, 0.0), (1.0, 0.0), (0.5, 0.3), (0.5, 1.0)])
def test_an_episode_says_who_chose_each_action(
    downwards: Path, grid_states: GridStates, beta: float, noise: float
) -> None:
    """Also where chance, or the student in the expert's place, did what the other would have."""
    episodes = play_long(downwards, grid_states.plans(20), beta=beta, noise=noise)
    actors = np.concatenate([episode.actors for episode in episodes])
    acts = np.concatenate([episode.acts for episode in episodes])
    assert all(type(actor) is int for episode in episodes for actor in episode.actors)
    assert len(actors) == len(acts)
    assert set(acts[actors == Actor.STUDENT]) <= {UP}
    assert set(acts[actors == Actor.EXPERT]) <= {DOWN}
    assert abs(float((actors == Actor.CHANCE).mean()) - noise) < 0.04
    assert abs(float((actors == Actor.EXPERT).mean()) - beta * (1 - noise)) < 0.04


def test_unlabelled_states_are_the_students(tmp_path: Path, grid_states: GridStates) -> None:
    expert = write_expert(tmp_path, "def run(state): raise ValueError")
    [episode] = play_long(
        expert, grid_states.plans(1), beta=1.0, on_expert_failure=OnExpertFailure.GO_ON
    )
    assert episode.acts == [UP] * 100
    assert episode.actors == [Actor.STUDENT] * 100


def test_an_expert_alone_cannot_go_on_without_labels(
    good: Rollouts, grid_states: GridStates
) -> None:
    with pytest.raises(ValueError, match="nobody acts"):
        play_in(good, grid_states.plans(1), on_expert_failure=OnExpertFailure.GO_ON)


@pytest.mark.parametrize("noise", [0.0, 0.3, 1.0])
def test_noise_replaces_its_share_of_the_actions(
    downwards: Path, grid_states: GridStates, noise: float
) -> None:
    """Of the student's and of the expert's alike; the labels stay the expert's."""
    count = len(ACTIONS)
    for beta, chosen in ((0.0, UP), (1.0, DOWN)):
        episodes = play_long(downwards, grid_states.plans(20), beta=beta, noise=noise)
        acts = np.concatenate([episode.acts for episode in episodes])
        assert abs(float((acts != chosen).mean()) - noise * (count - 1) / count) < 0.04
        assert noise == 0 or set(acts.tolist()) == set(range(count))
        assert all(label == DOWN for episode in episodes for label in episode.labels)


def test_chance_is_the_episodes_own(downwards: Path, grid_states: GridStates) -> None:
    """Not the worker's, nor what was played before."""
    plans = grid_states.plans(4)
    first = play_long(downwards, plans, beta=0.5, noise=0.3, num_envs=1)
    assert [e.acts for e in play_long(downwards, plans, beta=0.5, noise=0.3)] == [
        e.acts for e in first
    ]
    [last] = play_long(downwards, plans[3:], beta=0.5, noise=0.3)
    assert last.acts == first[3].acts
    assert first[0].acts != first[1].acts


# ---- Lives and deaths of the processes -------------------------------------------------------

PARENT = """
import json, os, sys
from pathlib import Path
from autodagger.rollout.episode import EpisodePlan
from autodagger.rollout.pool import Rollouts
from tests.grid import CURSOR, make_spec, play_in

expert, note = Path(sys.argv[1]), Path(sys.argv[2])
rollouts = Rollouts(make_spec(expert, max_steps=10**9), 2)
pids = [slot.process.pid for slot in rollouts._slots]
note.with_suffix(".part").write_text(json.dumps(pids))
note.with_suffix(".part").rename(note)
play_in(rollouts, [EpisodePlan(k) for k in range(2)])
"""


def is_alive(process: int) -> bool:
    """Whether a process runs; a zombie, which nobody has fetched yet, does not."""
    try:
        status = Path(f"/proc/{process}/stat").read_text()
    except FileNotFoundError:
        return False
    return status.rsplit(")", 1)[1].split()[0] != "Z"


def wait_until(holds: Callable[[], bool], seconds: float = 60.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.02)
    return False


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize(
    "text",
    [
        pytest.param("def run(state): return 'no_op'", id="playing"),
        pytest.param(
            "import time\ndef run(state):\n    time.sleep(4)\n    return 'a'", id="asleep"
        ),
        pytest.param(HANG, id="hanging in C"),
    ],
)
def test_workers_end_with_their_killed_parent(tmp_path: Path, text: str) -> None:
    note = tmp_path / "pids.json"
    expert = write_expert(tmp_path, text)
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(expert), str(note)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    try:
        assert wait_until(note.exists)
        workers = json.loads(note.read_text())
        assert len(workers) == 2
        assert all(is_alive(worker) for worker in workers)
        time.sleep(0.1)
    finally:
        parent.send_signal(signal.SIGKILL)
        parent.wait()
    try:
        assert wait_until(lambda: not any(is_alive(worker) for worker in workers))
    finally:
        for worker in filter(is_alive, workers):
            os.kill(worker, signal.SIGKILL)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_closing_the_pool_ends_its_workers(good_expert: Path) -> None:
    with Rollouts(make_spec(good_expert), 2) as rollouts:
        workers = [slot.process.pid for slot in rollouts._slots]
        assert all(is_alive(worker) for worker in workers if worker)
    assert not any(is_alive(worker) for worker in workers if worker)
    rollouts.close()  # again does no harm


def test_policys_exception_leaves_no_worker_behind(
    good_expert: Path, grid_states: GridStates
) -> None:
    def broken(_obs: np.ndarray, _prev_acts: Sequence[int]) -> np.ndarray:
        raise ZeroDivisionError

    with (
        pytest.raises(ZeroDivisionError),
        Rollouts(make_spec(good_expert), 2) as rollouts,
    ):
        processes = [slot.process for slot in rollouts._slots]
        play_in(rollouts, grid_states.plans(2), broken)
    assert not any(process.is_alive() for process in processes)
