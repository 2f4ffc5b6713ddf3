"""A pipeline before its first job: options, game and milestones, all of them checked."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autodagger.game.contract import Game, check_rom, load_game
from autodagger.game.milestone import Milestone, load_milestones
from autodagger.workflow.config import (
    check_folders,
    check_milestone_options,
    load_config,
    select_milestones,
)

_PATH_OPTIONS = ("milestone_config", "policy_dir", "tools_dir", "state_dir", "rom_path")


@dataclass(frozen=True)
class Pipeline:
    """What a run is about.

    Attributes:
        options: Every option, checked; paths as they are from the working folder.
        game: The game's adapter.
        game_dir: The game's folder.
        rom: ROM file.
        milestones: By id, in config order.
        selected: The ids that this run makes.
        skipped: The reason by id for those that it skips.
    """

    options: dict[str, Any]
    game: Game
    game_dir: Path
    rom: Path
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
    config: Mapping[str, Any], files: Iterable[str | Path], home: str | Path
) -> Pipeline:
    """Checks everything that a user can have wrong.

    Args:
        config: What the config files and the command line say together.
        files: The config files, in the order read.
        home: The Snakefile's folder: a path that is not below the working folder is looked for
            there.

    Raises:
        UserError: Says what is wrong, and what to do.
    """
    options = load_config(config, files)
    for key in _PATH_OPTIONS:
        options[key] = options[key] and _find(options[key], home)
    name = Path(options["game"])
    game_dir = Path(_find(Path("games", name) if len(name.parts) == 1 else name, home))
    game = load_game(game_dir)
    rom = Path(options["rom_path"] or game_dir / game.rom)
    check_rom(game, rom)
    listed = load_milestones(Path(options["milestone_config"]), game.done_when)
    milestones = {milestone.id: milestone for milestone in listed}
    check_milestone_options(options, list(milestones))
    check_folders({key: options[key] for key in ("policy_dir", "tools_dir")})
    selected, skipped = select_milestones(options, list(milestones))
    return Pipeline(options, game, game_dir, rom, milestones, selected, skipped)


def _find(path: str | Path, home: str | Path) -> str:
    """A path as the user wrote it, else the same beside the Snakefile; relative either way.

    Relative paths keep a moved checkout up to date.
    """
    beside = Path(os.path.relpath(home), path)
    return str(beside if beside.exists() and not Path(path).exists() else Path(path))
