"""The options that are paths: where each leads, and what is refused before the first job."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from autodagger.errors import UserError, show, suggest
from autodagger.files import DamagedFile, check_readable, exists

_PATH_OPTIONS = ("milestone_config", "policy_dir", "tools_dir", "state_dir", "rom_path")
_NO_TOOLS = "none"
_NAME_BYTES = 255  # of a file's name, on any usual file system
_PATH_BYTES = 4096 - 512  # of a path (Linux, PATH_MAX), with room for the names of results

# What an empty option stands for: the first of the two that is there.
_IN_THE_GAME = {"milestone_config": "milestone_config.json", "policy_dir": "experts"}
_OF_THE_SEED = {
    "milestone_config": "milestone_config.json",
    "policy_dir": ".milestone_trainer_cache/successful_policies",
}


def locate(options: dict[str, Any], home: str | Path) -> Path:
    """Makes every path among the options one that can be opened from here.

    Returns:
        The game's folder, which brings what the options leave empty.

    Raises:
        UserError: One of them can be no path, or nobody brings what an empty one stands for.
    """
    for key in ("game", "output_dir", *_PATH_OPTIONS):
        _check_text(key, options[key] or "")
    options["output_dir"] = str(_expand("output_dir", options["output_dir"]))
    for key in _PATH_OPTIONS:
        options[key] = options[key] and _find(_expand(key, options[key]), home)
    game_dir = locate_game(options["game"], home)
    for key in _IN_THE_GAME:
        options[key] = options[key] or _choose(key, game_dir, home)
    options["tools_dir"] = _choose_tools(options["tools_dir"], game_dir)
    return game_dir


def check_paths(options: dict[str, Any], game_dir: Path, default_state_dir: str) -> None:
    """Refuses folders that are none, tools that cannot be read, and a place of results in the way.

    Raises:
        UserError: Names the option and what was found; one line for each.
    """
    folders = [key for key in ("policy_dir", "tools_dir") if options[key] is not None]
    if exists(options["state_dir"]) or options["state_dir"] != default_state_dir:
        folders.append("state_dir")
    problems = [problem for key in folders for problem in _list_problems(key, options[key])]
    problems += _list_tool_problems(options["tools_dir"])
    problems += _list_output_problems(options, game_dir)
    if problems:
        raise UserError("\n".join(problems))


def _check_text(key: str, text: str) -> None:
    found = next((letter for letter in text if ord(letter) < 32 or ord(letter) == 127), None)
    parts = [os.fsencode(part) for part in Path(text).parts] if found is None else []
    problem = None
    if found is not None:
        problem = f"holds the control character {found!r}"
    elif "://" in text:
        problem = "is an address; only files and folders of this machine can be used"
    elif any(len(part) > _NAME_BYTES for part in parts) or len(text) > _PATH_BYTES:
        problem = f"is longer than a file's name can be ({_NAME_BYTES} bytes)"
    elif key == "output_dir" and ("{" in text or "}" in text):
        problem = "has braces, which Snakemake takes for wildcards"
    if problem:
        raise UserError(f"option {key}: {show(text)} {problem}. Write another path.")


def _list_problems(key: str, path: str) -> Iterator[str]:
    if not exists(path):
        near = _list_names(Path(path).parent)
        yield (
            f"option {key}: there is no folder {path}{suggest(Path(path).name, near)}; create it, "
            f"or set {key} to the right one."
        )
    elif not Path(path).is_dir():
        yield f"option {key}: {path} is no folder; set {key} to the folder itself."
    elif not os.access(path, os.R_OK | os.X_OK):
        yield f"option {key}: the folder {path} may not be read; change its permissions."


def _list_names(folder: Path) -> list[str]:
    try:
        return [path.name for path in folder.iterdir()]
    except OSError:
        return []


def _list_tool_problems(tools_dir: str | None) -> Iterator[str]:
    for path in sorted(Path(tools_dir).glob("*.py")) if tools_dir else ():
        try:
            check_readable(path, "tool", "Every expert gets it: mend it, or take it away.")
        except DamagedFile as error:
            yield str(error)


def _list_output_problems(options: dict[str, Any], game_dir: Path) -> Iterator[str]:
    """Results must not lie where something else does, nor in a place for nobody's files."""
    output = Path(options["output_dir"])
    found = next(path for path in (output, *output.absolute().parents) if exists(path))
    if not found.is_dir():
        yield f"option output_dir: {found} is no folder; name another place for the results."
        return
    if not os.access(found, os.W_OK | os.X_OK):
        yield f"option output_dir: {found} may not be written; name another place for the results."
    own = {"the working folder": Path(), "the game's folder": game_dir}
    named = {f"the option {key}": Path(options[key]) for key in _PATH_OPTIONS if options[key]}
    place = output.resolve()
    for name, path in {**named, **own}.items():
        is_above = name in own and path.resolve().is_relative_to(place)
        if is_above or path.resolve() == place:
            yield (
                f"option output_dir: results in {output} would mix with {name} ({path}); name a "
                "folder of their own, such as dagger_pipeline_results."
            )
            return


def locate_game(written: str, home: str | Path) -> Path:
    """A game's folder: `my_game` is one of games/; what has a slash, a dot or a tilde is a path.

    Args:
        written: As the user wrote it.
        home: The Snakefile's folder, where it is looked for, too.

    Raises:
        UserError: No adapter is there; names the nearest one that is.
    """
    name = _expand("game", written)
    is_path = "/" in written or written in (".", "..") or name != Path(written)
    game_dir = Path(_find(name if is_path else Path("games", name), home))
    if not (game_dir / "adapter.py").exists() and not exists(game_dir / "adapter.py"):
        folders = [game_dir.parent] if is_path else [Path("games"), Path(home, "games")]
        known = [one for folder in folders for one in _list_names(folder)]
        hint = suggest(game_dir.name, known)
        if not is_path and Path(written, "adapter.py").exists():
            hint = f" (did you mean the path './{written}'?)"
        raise UserError(
            f"game {game_dir}: no adapter.py there{hint}. Expected a game folder such as "
            "games/my_game; name it with the option game."
        )
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
    if not exists(own) and not exists(seeds):
        raise UserError(
            f"option {key} is empty, and neither {own} nor {seeds} is there. Put the game's own "
            f"into its folder, or name its place with {key}."
        )
    return str(own if exists(own) else seeds)


def _choose_tools(written: str | None, game_dir: Path) -> str | None:
    own = game_dir / "tools"
    if written is None and exists(own):
        return str(own)
    return None if written == _NO_TOOLS else written


def _find(path: str | Path, home: str | Path) -> str:
    """A path as the user wrote it, else the same beside the Snakefile; relative either way.

    Relative paths keep a moved checkout up to date.
    """
    beside = Path(os.path.relpath(home), path)
    return str(beside if exists(beside) and not exists(path) else Path(path))
