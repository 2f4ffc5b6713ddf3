"""Milestones: what the experts reach, one after another, as the milestone file lists them."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError

from autodagger.errors import UserError, suggest

DEFAULT_MAX_STEPS = 450
"""Longest expert episode, in steps, for a milestone that names none (the seed's number)."""

_ID = re.compile(r"[A-Za-z0-9_-]+")
_KEYS = ("id", "description", "starting_state", "max_steps", "done_when", "fail_when")
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


def load_milestones(path: Path, done_when: Mapping[str, str] | None = None) -> list[Milestone]:
    """Reads a milestone file; `done_when` fills in expressions that the file leaves out.

    Raises:
        UserError: The file is missing, is no JSON, or an entry is wrong; the message names the
            milestone, what was found, what is expected and the next step.
    """
    entries = _read_entries(Path(path))
    milestones: list[Milestone] = []
    for index, entry in enumerate(entries):
        where = f"milestone file {path}, entry {index}"
        milestones.append(_parse_entry(entry, where, milestones, done_when or {}))
    return milestones


def _read_entries(path: Path) -> list[Any]:
    if not path.is_file():
        raise UserError(
            f"milestone file {path}: no such file. Expected a JSON file with a list 'milestones'; "
            "name it with the option milestone_config."
        )
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise UserError(
            f"milestone file {path}: not valid JSON ({error}). Mend that line."
        ) from error
    entries = data.get("milestones") if isinstance(data, dict) else None
    if not isinstance(entries, list) or not entries:
        raise UserError(
            f"milestone file {path}: found no milestones. Expected "
            '{"milestones": [{"id": "...", "description": "..."}, ...]}.'
        )
    return entries


def _parse_entry(
    entry: Any, where: str, earlier: Sequence[Milestone], done_when: Mapping[str, str]
) -> Milestone:
    if not isinstance(entry, dict):
        raise UserError(f"{where}: found {entry!r}; expected an object with at least an 'id'.")
    milestone_id = _parse_id(entry.get("id"), where, earlier)
    where = f"{where} ({milestone_id})"
    for key in entry:
        if key not in _KEYS:
            raise UserError(f"{where}: unknown key {key!r}{suggest(key, _KEYS)}.")
    max_steps = entry.get("max_steps", DEFAULT_MAX_STEPS)
    if isinstance(max_steps, bool) or not isinstance(max_steps, int) or max_steps < 1:
        raise UserError(
            f"{where}: max_steps is {max_steps!r}; expected a whole number of steps >= 1."
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
        description=str(entry.get("description", "")),
        predecessor=_parse_predecessor(entry, where, earlier),
        max_steps=max_steps,
        done_when=done,
        fail_when=entry.get("fail_when"),
    )


def _parse_id(found: Any, where: str, earlier: Sequence[Milestone]) -> str:
    if not isinstance(found, str) or not _ID.fullmatch(found):
        raise UserError(
            f"{where}: the id is {found!r}; expected letters, digits, '_' and '-' only, "
            "because it becomes part of file names."
        )
    for milestone in earlier:
        if milestone.id.lower() == found.lower():
            raise UserError(
                f"{where}: the id {found!r} is taken by entry {milestone.index} ({milestone.id}). "
                "Ids are unique, also on file systems that ignore case: rename one."
            )
    return found


def _parse_predecessor(entry: dict, where: str, earlier: Sequence[Milestone]) -> str | None:
    """`starting_state`: null = power-on, absent = the entry before, else an earlier id."""
    if "starting_state" not in entry:
        return earlier[-1].id if earlier else None
    found = entry["starting_state"]
    if found is None:
        return None
    known = [milestone.id for milestone in earlier]
    name = str(found).rsplit("/", 1)[-1].removesuffix(_STATE_SUFFIX)
    if name not in known:
        raise UserError(
            f"{where}: starting_state is {found!r}; expected null (power-on), or an earlier "
            f"milestone's id (or its {{id}}{_STATE_SUFFIX}){suggest(name, known)}."
        )
    return name


def _check_expression(expression: Any, key: str, where: str) -> None:
    try:
        jmespath.compile(expression)
    except (JMESPathError, TypeError, AttributeError) as error:
        first_line = str(error).splitlines()[0]
        raise UserError(
            f"{where}: {key} is {expression!r}, which is no JMESPath expression ({first_line}). "
            "Expected something like \"player.location == 'TOWN'\"; see jmespath.org."
        ) from error
    if match := _NEGATED_PATH.search(expression):
        raise UserError(
            f"{where}: {key} is {expression!r}; JMESPath reads {match[0]}... as (not of the first "
            "name), then a field of that, which is never true. Write !(a.b) or a.b == `false`."
        )
