"""A pipeline before its first job: options, game and milestones, all of them checked."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from autodagger.errors import UserError
from autodagger.game.contract import Game, check_rom, load_game
from autodagger.game.fields import check_fields
from autodagger.game.milestone import Milestone, load_milestones
from autodagger.game.sample import read_sample
from autodagger.workflow.config import (
    check_folders,
    check_milestone_options,
    load_config,
    select_milestones,
)

_PATH_OPTIONS = ("milestone_config", "policy_dir", "tools_dir", "state_dir", "rom_path")
_NO_TOOLS = "none"

# What an empty option stands for: the first of the two that is there.
_IN_THE_GAME = {"milestone_config": "milestone_config.json", "policy_dir": "experts"}
_OF_THE_SEED = {
    "milestone_config": "milestone_config.json",
    "policy_dir": ".milestone_trainer_cache/successful_policies",
}


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


def read_config(
    files: Iterable[str | Path], pairs: Iterable[str], home: str | Path
) -> tuple[dict[str, Any], list[str]]:
    """What config.yaml, further files and `key=value` pairs say together, the last one counting.

    As on Snakemake's command line: `--configfile` goes over config.yaml, and `--config` over both.

    Returns:
        The config, and the files it comes from.

    Raises:
        UserError: A file cannot be read, or a pair is none.
    """
    read = [get_config_file(home), *map(str, files)]
    config: dict[str, Any] = {}
    for part in [*map(_read_file, read), *map(_read_pair, pairs)]:
        config |= part
    return config, read


def get_config_file(home: str | Path) -> str:
    """The config.yaml of the working folder, else the one beside the Snakefile."""
    return "config.yaml" if Path("config.yaml").is_file() else f"{home}/config.yaml"


def _read_file(path: str) -> dict[str, Any]:
    try:
        content = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise UserError(
            f"config file {path} cannot be read: {error}. Expected YAML such as "
            "'eval_episodes: 10'; mend it, or name another one with --configfile."
        ) from error
    if not isinstance(content or {}, dict):
        raise UserError(
            f"config file {path}: found {type(content).__name__}; expected lines such as "
            "'eval_episodes: 10'."
        )
    return content or {}


def _read_pair(text: str) -> dict[str, Any]:
    key, equals, value = text.partition("=")
    if not equals:
        raise UserError(f"--config {text}: expected key=value, such as eval_episodes=10.")
    try:
        return {key: yaml.safe_load(value)}
    except yaml.YAMLError:
        return {key: value}


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
    game_dir = _locate(options, home)
    game = load_game(game_dir)
    rom = Path(options["rom_path"] or game_dir / game.rom)
    check_rom(game, rom)
    listed = load_milestones(Path(options["milestone_config"]), game.done_when)
    milestones = {milestone.id: milestone for milestone in listed}
    check_milestone_options(options, list(milestones))
    check_folders({key: options[key] for key in ("policy_dir", "tools_dir")})
    selected, skipped = select_milestones(options, list(milestones))
    return Pipeline(options, game, game_dir, rom, milestones, selected, skipped)


def check_adapter(pipeline: Pipeline) -> None:
    """Has the adapter read one state, and looks there for the fields that milestones ask for.

    Raises:
        UserError: Says what is wrong with the adapter, or with a milestone's expressions.
    """
    sample = read_sample(pipeline.game_dir, pipeline.rom, _find_start(pipeline))
    if sample is not None:
        check_fields(pipeline.milestones.values(), sample, pipeline.game_dir)


def _find_start(pipeline: Pipeline) -> Path | None:
    """Where the first episode of this run begins: a save state of the user's, or power-on."""
    milestone = next(iter(pipeline.selected), None)
    while milestone and (previous := pipeline.milestones[milestone].predecessor):
        own = pipeline.get_own_state(previous)
        if own.is_file():
            return own
        milestone = previous
    return None


def _locate(options: dict[str, Any], home: str | Path) -> Path:
    """Makes every path among the options one that can be opened from here.

    Returns:
        The game's folder, which brings what the options leave empty.
    """
    options["output_dir"] = str(_expand("output_dir", options["output_dir"]))
    for key in _PATH_OPTIONS:
        options[key] = options[key] and _find(_expand(key, options[key]), home)
    name = _expand("game", options["game"])
    is_path = "/" in options["game"] or name != Path(options["game"])
    game_dir = Path(_find(name if is_path else Path("games", name), home))
    for key in _IN_THE_GAME:
        options[key] = options[key] or _choose(key, game_dir, home)
    options["tools_dir"] = _choose_tools(options["tools_dir"], game_dir)
    return game_dir


def _expand(key: str, path: str) -> Path:
    try:
        return Path(path).expanduser()
    except RuntimeError as error:
        raise UserError(
            f"option {key}: {path} names a home folder that is not known ({error}). Write the "
            "path in full."
        ) from error


def _choose(key: str, game_dir: Path, home: str | Path) -> str:
    """What an empty option stands for: the game's own, else what the seed's users have."""
    own, seeds = game_dir / _IN_THE_GAME[key], _find(_OF_THE_SEED[key], home)
    if not own.exists() and not Path(seeds).exists() and (game_dir / "adapter.py").is_file():
        raise UserError(
            f"option {key} is empty, and neither {own} nor {seeds} is there. Put the game's own "
            f"into its folder, or name its place with {key}."
        )
    return str(own if own.exists() else seeds)


def _choose_tools(written: str | None, game_dir: Path) -> str | None:
    own = game_dir / "tools"
    if written is None and own.is_dir():
        return str(own)
    return None if written == _NO_TOOLS else written


def _find(path: str | Path, home: str | Path) -> str:
    """A path as the user wrote it, else the same beside the Snakefile; relative either way.

    Relative paths keep a moved checkout up to date.
    """
    beside = Path(os.path.relpath(home), path)
    return str(beside if beside.exists() and not Path(path).exists() else Path(path))
