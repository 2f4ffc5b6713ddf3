"""A pipeline before its first job: options, game and milestones, all of them checked."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from autodagger.errors import UserError
from autodagger.files import exists
from autodagger.game.contract import Game, check_rom, load_game
from autodagger.game.fields import check_fields, check_start
from autodagger.game.milestone import Milestone, load_milestones
from autodagger.game.sample import probe_adapter, read_samples
from autodagger.workflow.config import (
    check_milestone_options,
    check_vision_options,
    load_config,
    load_config_schema,
    select_milestones,
)
from autodagger.workflow.paths import check_paths, locate

_DATASET_WRITER = "h5py"


@dataclass(frozen=True)
class Pipeline:
    """What a run is about.

    Attributes:
        options: Every option, checked; paths as they are from the working folder.
        game: The game's adapter.
        game_dir: The game's folder.
        rom: ROM file; None for a game without one.
        milestones: By id, in config order.
        selected: The ids that this run makes.
        skipped: The reason by id for those that it skips.
    """

    options: dict[str, Any]
    game: Game
    game_dir: Path
    rom: Path | None
    milestones: dict[str, Milestone]
    selected: list[str]
    skipped: dict[str, str]

    @property
    def adapter(self) -> Path:
        """The adapter's file."""
        return self.game_dir / "adapter.py"

    def get_own_state(self, milestone: str) -> Path:
        """Where the user may have put a save state of a milestone's end."""
        return Path(self.options["state_dir"], f"{milestone}_completed.state")


def load_pipeline(
    config: Mapping[str, Any],
    files: Iterable[str | Path],
    home: str | Path,
    probe: bool = True,
) -> Pipeline:
    """Checks everything that a user can have wrong.

    Args:
        config: What the config files and the command line say together.
        files: The config files, in the order read.
        home: The Snakefile's folder: a path that is not below the working folder is looked for
            there.
        probe: Whether the adapter is loaded in a process of its own first; once a run is enough.

    Raises:
        UserError: Says what is wrong, and what to do.
    """
    options = load_config(config, files)
    check_vision_options(options)
    game_dir = locate(options, home)
    if probe:
        probe_adapter(game_dir)
    game = load_game(game_dir)
    rom = Path(options["rom_path"]) if options["rom_path"] else game.find_rom(game_dir)
    check_rom(game, rom)
    path, state_dir = Path(options["milestone_config"]), options["state_dir"]
    listed = load_milestones(path, game.done_when, state_dir, game.fail_when)
    milestones = {milestone.id: milestone for milestone in listed}
    check_milestone_options(options, list(milestones))
    default_state_dir = load_config_schema()["properties"]["state_dir"]["default"]
    check_paths(options, game_dir, default_state_dir)
    _check_dataset_writer(options)
    selected, skipped = select_milestones(options, list(milestones))
    return Pipeline(options, game, game_dir, rom, milestones, selected, skipped)


def _check_dataset_writer(options: Mapping[str, Any]) -> None:
    if options["save_dataset"] and find_spec(_DATASET_WRITER) is None:
        raise UserError(
            f"option save_dataset: datasets need {_DATASET_WRITER}, and Python finds none. Install "
            f"it (python -m pip install {_DATASET_WRITER}), or set save_dataset: false."
        )


def check_adapter(pipeline: Pipeline) -> None:
    """Has the adapter read a state wherever this run begins from what is there already.

    That is power-on, or a save state of the user's. Milestones' expressions are tried there.

    Raises:
        UserError: Says what is wrong with the adapter, with save states (a line for each), or with
            milestones' expressions.
    """
    starts = _find_starts(pipeline)
    distinct = list(dict.fromkeys(starts.values())) or [None]
    read = read_samples(pipeline.game_dir, pipeline.rom, distinct)
    samples = dict(zip(distinct, read, strict=True))
    refused = [(start, one.refused) for start, one in samples.items() if one.refused]
    if refused:
        raise UserError("\n".join(_name_state(start, why) for start, why in refused))
    states = {milestone: samples[start].state for milestone, start in starts.items()}
    known = [state for state in [*states.values(), *(one.state for one in read)] if state]
    if known:
        check_fields(pipeline.milestones.values(), known[0], pipeline.game_dir)
    for milestone, state in states.items():
        if state is not None:
            check_start(pipeline.milestones[milestone], state, starts[milestone] is None)


def _name_state(start: Path | None, why: str) -> str:
    """What is wrong with a state, by its file's name."""
    return why if str(start) in why else f"save state {start}: {why}"


def _find_starts(pipeline: Pipeline) -> dict[str, Path | None]:
    """Where the first episodes of this run begin, by the milestones that they are for."""
    begins: dict[str, Path | None] = {}
    for milestone in pipeline.milestones.values():  # the one before comes before
        previous = milestone.predecessor
        own = None if previous is None else pipeline.get_own_state(previous)
        begins[milestone.id] = own if own and exists(own) else begins.get(previous or "")
    return {milestone: begins[milestone] for milestone in pipeline.selected}
