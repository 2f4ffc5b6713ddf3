"""Milestones: what the experts reach, one after another, as the milestone file lists them."""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from autodagger.errors import UserError, show, suggest
from autodagger.files import read_json, reading
from autodagger.game.predicate import find_mistake

DEFAULT_MAX_STEPS = 450
"""Longest expert episode, in steps, for a milestone that names none (the seed's number)."""

MAX_STEPS = 1_000_000
"""Steps of an episode, at most: days of play."""

MAX_ID_LENGTH = 128
"""Letters of an id: with what stands around it, it names files."""

_WHAT = "milestone file"
_ADVICE = (
    "Expected a JSON file with a list 'milestones': mend it, or name another one with the option "
    "milestone_config."
)
_ID = re.compile(r"[A-Za-z0-9_-]+")
_KEYS = ("id", "description", "starting_state", "max_steps", "done_when", "fail_when")
_READ_OVER = ("max_retries", "timeout", "stuck_threshold")
"""Keys of the original's files that belong to its generator of experts."""

_STATE_SUFFIX = "_completed.state"
_NEGATED_PATH = re.compile(r"!\s*[A-Za-z_]\w*\.")


@dataclass(frozen=True)
class Milestone:
    """One goal of the game.

    Attributes:
        id: Letters, digits, `_` and `-`: part of many file names.
        predecessor: The milestone whose success is this one's start; None starts from power-on.
        max_steps: Longest expert episode in steps.
        done_when: JMESPath expression over the game state; true when the milestone is reached.
        fail_when: JMESPath expression; true when the episode is lost. None: only time loses it.
        index: Position in the milestone file, from 0.
        description: One line for people.
    """

    id: str
    predecessor: str | None
    max_steps: int
    done_when: str
    fail_when: str | None = None
    index: int = 0
    description: str = ""

    def to_params(self) -> dict[str, Any]:
        """What an episode depends on, as plain values: `Milestone(**params)` plays the same.

        Without index and description: moving or describing a milestone reruns nothing.
        """
        params = asdict(self)
        del params["index"], params["description"]
        return params


def load_milestones(
    path: Path,
    done_when: Mapping[str, str] | None = None,
    state_dir: str | None = None,
    fail_when: str | None = None,
) -> list[Milestone]:
    """Reads a milestone file.

    Args:
        path: JSON.
        done_when: Fills in expressions that the file leaves out.
        state_dir: Where save states are looked for; then a `starting_state` with another folder
            in it is refused.
        fail_when: For milestones that say nothing of it; null in the file is none.

    Raises:
        UserError: The file is missing, is no JSON, or an entry is wrong; the message names the
            milestone, what was found, what is expected and the next step.
    """
    entries = _read_entries(Path(path))
    milestones: dict[str, Milestone] = {}  # by id in small letters: thousands are looked up
    for index, entry in enumerate(entries):
        where = f"milestone file {path}, entry {index}"
        milestone = _parse_entry(entry, where, milestones, done_when or {}, fail_when)
        milestones[milestone.id.lower()] = milestone
        if state_dir is not None:
            _check_folder(entry.get("starting_state"), where, state_dir)
    return list(milestones.values())


def list_path(milestones: Mapping[str, Milestone]) -> list[str]:
    """The way from power-on to the last milestone of a milestone file, by ids."""
    path: list[str] = []
    step: str | None = list(milestones)[-1]
    while step is not None:
        path.insert(0, step)
        step = milestones[step].predecessor
    return path


def _read_entries(path: Path) -> list[Any]:
    data = read_json(path, _WHAT, _ADVICE)
    with reading(_WHAT, path, _ADVICE):
        json.dumps(data, ensure_ascii=False).encode()  # an escape can stand for half a character
    entries = data.get("milestones") if isinstance(data, dict) else None
    if not isinstance(entries, list) or not entries:
        raise UserError(
            f"milestone file {path}: found no milestones. Expected "
            '{"milestones": [{"id": "...", "description": "..."}, ...]}.'
        )
    return entries


def _parse_entry(
    entry: Any,
    where: str,
    earlier: dict[str, Milestone],
    done_when: Mapping[str, str],
    fail_when: str | None,
) -> Milestone:
    if not isinstance(entry, dict):
        raise UserError(f"{where}: found {show(entry)}; expected an object with an 'id'.")
    milestone_id = _parse_id(entry.get("id"), where, earlier)
    where = f"{where} ({milestone_id})"
    for key in entry:
        if key not in (*_KEYS, *_READ_OVER):
            raise UserError(
                f"{where}: unknown key {show(key)}{suggest(key, _KEYS)}. Expected some of "
                f"{', '.join(_KEYS)}."
            )
    max_steps = entry.get("max_steps", DEFAULT_MAX_STEPS)
    if (
        isinstance(max_steps, bool)
        or not isinstance(max_steps, int)
        or not 1 <= max_steps <= MAX_STEPS
    ):
        raise UserError(
            f"{where}: max_steps is {show(max_steps)}; expected a whole number of steps >= 1 and "
            f"up to {MAX_STEPS:,}."
        )
    if not isinstance(entry.get("description", ""), str):
        raise UserError(
            f"{where}: description is {show(entry['description'])}; expected text in quotes."
        )
    done = entry.get("done_when", done_when.get(milestone_id))
    if done is None:
        raise UserError(
            f"{where}: no done_when, and the game's built-in table does not know this id"
            f"{suggest(milestone_id, list(done_when))}. Add a JMESPath expression that is true "
            "when the milestone is reached, such as \"player.location == 'TOWN'\"."
        )
    _check_expression(done, "done_when", where)
    if entry.get("fail_when") is not None:
        _check_expression(entry["fail_when"], "fail_when", where)
    return Milestone(
        id=milestone_id,
        index=len(earlier),
        description=entry.get("description", ""),
        predecessor=_parse_predecessor(entry, where, earlier),
        max_steps=max_steps,
        done_when=done,
        fail_when=entry.get("fail_when", fail_when),
    )


def _parse_id(found: Any, where: str, earlier: dict[str, Milestone]) -> str:
    if not isinstance(found, str) or not _ID.fullmatch(found):
        raise UserError(
            f"{where}: the id is {show(found)}; expected letters, digits, '_' and '-' only, "
            "because it becomes part of file names."
        )
    if len(found) > MAX_ID_LENGTH:
        raise UserError(
            f"{where}: the id {show(found)} has {len(found)} letters; expected at most "
            f"{MAX_ID_LENGTH}, because it becomes part of file names. Shorten it."
        )
    if taken := earlier.get(found.lower()):
        raise UserError(
            f"{where}: the id {found!r} is taken by entry {taken.index} ({taken.id}). "
            "Ids are unique, also on file systems that ignore case: rename one."
        )
    return found


def _parse_predecessor(
    entry: dict[str, Any], where: str, earlier: dict[str, Milestone]
) -> str | None:
    """`starting_state`: null = power-on, absent = the entry before, else an earlier id."""
    if "starting_state" not in entry:
        return earlier[next(reversed(earlier))].id if earlier else None
    found = entry["starting_state"]
    if found is None:
        return None
    name = str(found).rsplit("/", 1)[-1].removesuffix(_STATE_SUFFIX)
    meant = earlier.get(name.lower())
    if meant is None or meant.id != name:
        known = [milestone.id for milestone in earlier.values()]
        raise UserError(
            f"{where}: starting_state is {show(found)}; expected null (power-on), or an earlier "
            f"milestone's id (or its {{id}}{_STATE_SUFFIX}){suggest(name, known)}."
        )
    return name


def _check_folder(found: str | None, where: str, state_dir: str) -> None:
    folder = Path(found or "").parent
    if folder != Path() and not _is_meant(folder, Path(state_dir)):
        raise UserError(
            f"{where}: starting_state is {show(found)}, but save states are looked for in "
            f"{state_dir} alone. Put it there, name its folder with the option state_dir, or write "
            "the milestone's id without a folder."
        )


def _is_meant(folder: Path, state_dir: Path) -> bool:
    """Whether a folder is the one of save states, as somebody wrote it who stood elsewhere.

    A path that begins further below, or the whole one of another machine, ends like it.
    """
    if folder.resolve() == state_dir.resolve():
        return True
    shorter, longer = sorted((folder.parts, state_dir.parts), key=len)
    return not folder.exists() and longer[-len(shorter) :] == shorter


def _check_expression(expression: Any, key: str, where: str) -> None:
    if mistake := find_mistake(expression):
        raise UserError(
            f"{where}: {key} is {show(expression)}, {mistake}. Expected something like "
            "\"player.location == 'TOWN'\"; see jmespath.org."
        )
    if match := _NEGATED_PATH.search(expression):
        raise UserError(
            f"{where}: {key} is {show(expression)}; JMESPath reads {match[0]}... as (not of the "
            "first name), then a field of that, which is never true. Write !(a.b) or a.b == "
            "`false`."
        )
