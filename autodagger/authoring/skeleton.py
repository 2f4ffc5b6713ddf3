"""`autodagger new-game`: a game's folder to begin with, which runs as it is.

Its one milestone is what a button held all the time reaches: enough to see the whole pipeline, and
to be replaced by the first real goal.
"""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from autodagger.authoring.recording import Choose, Recording, record
from autodagger.errors import UserError
from autodagger.files import exists, read_bytes, write_bytes, write_json, write_text
from autodagger.game.cartridge import CartridgeGame
from autodagger.game.contract import Game, Simulator
from autodagger.game.draft import draft_cartridge, draft_environment, list_changing_attributes
from autodagger.game.gym import GymGame
from autodagger.game.memory import find_addresses
from autodagger.game.template import write_cartridge_adapter, write_environment_adapter

_STEPS = 90
"""Steps that a cartridge is tried for: some fifteen seconds of its time."""

_EARLIEST, _LATEST = 5, 60
"""Steps between which the memory's change should come: not at once, and not just now."""

_MOST_STEPS = 1000
"""Steps that an environment is tried for."""

_LONG = 300
"""Steps of an episode whose end is a long way off."""

_RUNS = ((0, 0.0), (1, 0.0), (2, 0.2))
"""Seed, and share of random actions: a student presses others, too."""

_FIRST_TRIED = ("start", "run", "reset", "button", "a", "b")
_CONFIG = """\
# snakemake --cores all --configfile {folder}/config.yaml
game: {game}
output_dir: {name}_results
# Height and width of what the student sees; the screen has {height} × {width}.
frame_size: [{small_height}, {small_width}]
# To do: these make the first run short; leave them out for the defaults (config.yaml in the root).
eval_episodes: 5
start_states: 20
dagger_iterations: 2
train_steps_per_iter: 100
"""
_EXPERT = '''\
"""To do: look at the state (`inspect` shows it) and name what to press."""


def run(state):
    return "{action}"
'''


@dataclass(frozen=True)
class Goal:
    """The first milestone.

    Attributes:
        description: One line for people.
        done_when: See `Milestone`.
        steps: That it took, at most.
    """

    description: str
    done_when: str
    steps: int


def create_game(written: str, rom: Path | None, env_id: str | None) -> str:
    """Writes a game's folder.

    Args:
        written: Its name in games/, or its path; it must not be there yet.
        rom: The cartridge; it is copied.
        env_id: The environment, where there is no cartridge.

    Returns:
        What was written and what to do next, as text for a terminal.

    Raises:
        UserError: The folder is there, or the game cannot be played; nothing is left.
    """
    folder = Path(written).expanduser() if "/" in written else Path("games", written)
    if exists(folder):
        raise UserError(f"{folder} is there already, and is left as it is. Choose another name.")
    if rom:
        cartridge = draft_cartridge(rom)
        action = next((one for one in _FIRST_TRIED if one in cartridge.actions), "no_op")
        goal, adapter, shape = _draft_cartridge(cartridge, rom, action, folder.name)
    else:
        assert env_id is not None  # the command line asks for one of the two
        environment = draft_environment(env_id)
        action = environment.actions[-1]
        goal, shape = _draft_environment_goal(environment, action)
        attributes = list_changing_attributes(env_id)
        adapter = write_environment_adapter(environment, folder.name, attributes)
    try:
        _write(folder, written, goal, adapter, action, shape)
        if rom:
            write_bytes(folder / rom.name, read_bytes(rom, "ROM", "Name another file."))
            write_text(folder / ".gitignore", f"# Not ours to share.\n{rom.name}\n")
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return _describe(folder, goal)


def _write(
    folder: Path, written: str, goal: Goal, adapter: str, action: str, shape: Sequence[int]
) -> None:
    height, width = shape[:2]
    scale = max(1, round((height * width / 6000) ** 0.5))  # to some 6,000 pixels
    config = _CONFIG.format(
        folder=folder,
        game=written,
        name=folder.name,
        height=height,
        width=width,
        small_height=max(36, height // scale),
        small_width=max(36, width // scale),
    )
    milestone = {
        "id": "BEGUN",
        "description": goal.description,
        "starting_state": None,
        "max_steps": 2 * goal.steps + 20,
        "done_when": goal.done_when,
    }
    write_text(folder / "adapter.py", adapter)
    write_text(folder / "config.yaml", config)
    write_json(folder / "milestone_config.json", {"milestones": [milestone]})
    write_text(folder / "experts" / "BEGUN.py", _EXPERT.format(action=action))


def _describe(folder: Path, goal: Goal) -> str:
    return "\n".join(
        [
            f"{folder}/",
            "  adapter.py             what is played, its actions, what is read of it",
            "  milestone_config.json  one milestone, BEGUN",
            "  experts/BEGUN.py       its expert",
            "  config.yaml            the options that are not the defaults",
            "",
            f"BEGUN is reached within {goal.steps} steps: {goal.description}.",
            "It runs as it is:",
            f"  snakemake --cores all --configfile {folder}/config.yaml",
            f"  python -m autodagger inspect {folder}/",
        ]
    )


def _play(simulator: Simulator, game: Game, action: str, steps: int) -> list[Recording]:
    recordings = []
    for seed, noise in _RUNS:
        rng = np.random.default_rng(seed)
        simulator.power_on(rng)
        recordings.append(record(simulator, _mostly(game, action, noise, seed), steps, rng))
    return recordings


def _mostly(game: Game, action: str, noise: float, seed: int) -> Choose:
    rng = np.random.default_rng([seed, 1])
    return lambda _state: str(rng.choice(game.actions)) if rng.random() < noise else action


def _draft_cartridge(
    game: CartridgeGame, rom: Path, action: str, name: str
) -> tuple[Goal, str, Sequence[int]]:
    """The milestone, the adapter, and the screen's shape."""
    simulator = game.open(rom)
    shape = simulator.screen_shape
    recordings = _play(simulator, game, action, _STEPS)
    simulator.close()
    place, value, steps = find_change(recordings, rom)
    before = int(recordings[0].first[place])
    found = f"{before} when switched on, {value} later."
    address = int(find_addresses(recordings[0].map)[place])
    goal = Goal(f"Hold {action} until a byte of memory changes", f"begun == `{value}`", steps)
    return goal, write_cartridge_adapter(game, name, address, found), shape


def find_change(recordings: Sequence[Recording], rom: Path) -> tuple[int, int, int]:
    """A byte that changes once, to the same value in all recordings.

    Returns:
        Its place, the value, and the steps it took at most.

    Raises:
        UserError: There is none.
    """
    size = recordings[0].first.size
    good = np.ones(size, bool)
    first, last = np.full(size, _STEPS), np.zeros(size, int)
    ends = [recording.read_memory({recording.steps})[recording.steps] for recording in recordings]
    for recording, end in zip(recordings, ends, strict=True):
        good &= (recording.count_changes() == 1) & (end == ends[0])
        for step, (places, _) in enumerate(recording.changes, 1):
            first[places] = np.minimum(first[places], step)
            last[places] = np.maximum(last[places], step)
    timely = good & (first >= _EARLIEST) & (last <= _LATEST)
    places = np.flatnonzero(timely if timely.any() else good)
    if not places.size:
        raise UserError(
            f"ROM {rom}: in {_STEPS} steps no byte of its memory changed once and for all, so that "
            "there is nothing to begin with. Look at it (python -m autodagger inspect --rom "
            f"{rom}), and write the adapter by hand, after games/airstriker."
        )
    place = int(min(places, key=lambda place: (last[place] - first[place], last[place], place)))
    return place, int(ends[0][place]), int(last[place])


def _draft_environment_goal(game: GymGame, action: str) -> tuple[Goal, Sequence[int]]:
    """The milestone, and the screen's shape."""
    simulator = game.open(None)
    recordings = _play(simulator, game, action, _MOST_STEPS)
    simulator.close()
    ends = [recording.steps for recording in recordings]
    rewards = [_find_reward(recording) for recording in recordings]
    if max(ends) > _LONG and None not in rewards:
        steps = max(step for step in rewards if step is not None)
        goal = Goal("Play until there is a first reward", "env.reward != `0`", steps)
    elif max(ends) < _MOST_STEPS:
        goal = Goal("Play until the episode ends", "env.terminated || env.truncated", max(ends))
    else:
        raise UserError(
            f"environment {game.env_id}: in {_MOST_STEPS:,} steps of {action!r} it neither ended "
            "nor gave a reward, so that there is nothing to begin with. Write the adapter by hand, "
            "after games/doorkey."
        )
    return goal, simulator.screen_shape


def _find_reward(recording: Recording) -> int | None:
    """The first step that gave one, good or bad."""
    steps = (step for step, state in enumerate(recording.states) if state["env"]["reward"])
    return next(steps, None)
