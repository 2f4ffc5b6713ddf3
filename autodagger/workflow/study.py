"""A study: runs side by side that differ in a few options, from one config with lists.

Where members differ in nothing that an expert's evaluation depends on, they share it: it lies in a
folder of its own, and one member alone has the rules that make it.
"""

import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import product
from pathlib import Path
from typing import Any

from autodagger.dagger.options import TrainingOptions
from autodagger.errors import UserError, show, suggest
from autodagger.results.full_run import read_agent_rates
from autodagger.results.layout import Results
from autodagger.results.rows import collect_rows
from autodagger.results.study import MemberRows, compare, format_study, write_comparison
from autodagger.workflow.config import check_lists, coerce, load_config_schema
from autodagger.workflow.ending import write_failures
from autodagger.workflow.pipeline import Pipeline

EXPERT_OPTIONS = ("eval_episodes", "start_states", "student_eval_episodes", "seed")
"""What the evaluation of an expert depends on, beside the game and the expert."""

SHARED_KEYS = {"expert_dir": None, "member": ""}
"""What a study tells its members beside options: where what they share lies, and their name."""

_SWEPT = ("eval_episodes", "start_states", "step_multiplier")
_SEED = "seed"
_MOST = 1000  # runs: planning them takes about a second each
_EXPERTS = "experts"


@dataclass(frozen=True)
class Member:
    """One run of a study.

    Attributes:
        values: What its swept options are, in the order of the folders; the seed last.
        name: Its folder within the study, such as `network~impala/seed~1`, as Snakemake's
            Paramspace has it.
        prefix: Of its rules' names.
        config: Its options.
        owns_experts: Whether it makes what others share.
    """

    values: dict[str, Any]
    name: str
    prefix: str
    config: dict[str, Any]
    owns_experts: bool

    @property
    def options(self) -> dict[str, Any]:
        """Its config as a plain run has it."""
        return {key: value for key, value in self.config.items() if key not in SHARED_KEYS}

    @property
    def results(self) -> Results:
        """Where its results lie."""
        return get_member_results(self.config)


def find_swept(config: Mapping[str, Any]) -> dict[str, list[Any]]:
    """The options that are lists of values, the seed last; none in a plain run's config."""
    properties = load_config_schema()["properties"]
    found = {}
    for key, value in config.items():
        depth = properties.get(key, {}).get("type") == "array"
        if isinstance(value, list) and (not depth or any(isinstance(one, list) for one in value)):
            read = [coerce(str(key), one, properties.get(key, {})) for one in value]
            found[str(key)] = [_settle(one) for one in read]
    return dict(sorted(found.items(), key=lambda item: item[0] == _SEED))


def _settle(value: Any) -> Any:
    """Equal numbers are one: 2.0 is 2."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def take_first(config: Mapping[str, Any], files: Iterable[str | Path]) -> dict[str, Any]:
    """The config of the study's first run, to check what all of them have in common.

    Args:
        config: What the config files and the command line say together.
        files: The config files, in the order read; only to name the right one in messages.

    Raises:
        UserError: No option is a list, or one that may not be, or a list has a wrong value.
    """
    swept = find_swept(config)
    _check(swept)
    check_lists(swept, config, files)
    return {**config, **{key: values[0] for key, values in swept.items()}}


def load_study(config: Mapping[str, Any], output_dir: str | Path) -> list[Member]:
    """The members: every combination of the values, equal ones once.

    Args:
        config: What the config files and the command line say together.
        output_dir: The study's folder.

    Raises:
        UserError: No option is a list, or one that may not be; two values have the same name. (See
            `take_first` for what is wrong with a value.)
    """
    swept = find_swept(config)
    _check(swept)
    members: dict[str, Member] = {}
    owned: set[str] = set()
    for combination in product(*swept.values()):
        values = dict(zip(swept, combination, strict=True))
        name = "/".join(f"{key}~{_name(value)}" for key, value in values.items())
        experts = [f"{k}~{_name(v)}" for k, v in values.items() if k in EXPERT_OPTIONS]
        expert_dir = str(Path(output_dir, _EXPERTS, *experts))
        if name in members:
            _check_equal(values, members[name].values)
            continue
        own = {"output_dir": str(Path(output_dir, name)), "expert_dir": expert_dir, "member": name}
        prefix = "".join(char if char.isalnum() else "_" for char in name) + "_"
        if any(member.prefix == prefix for member in members.values()):  # 1e-05 and 1e+05
            prefix += f"{len(members)}_"
        is_first = expert_dir not in owned
        members[name] = Member(values, name, prefix, {**config, **values, **own}, is_first)
        owned.add(expert_dir)
    return list(members.values())


def _check(swept: Mapping[str, list[Any]]) -> None:
    allowed = [_SEED, *_SWEPT, *(option.name for option in fields(TrainingOptions))]
    if not swept:
        raise UserError(
            "This is no study: none of its options is a list. Give at least one several values, "
            "such as seed: [0, 1, 2], or start a plain run (without -s study.smk)."
        )
    for key, values in swept.items():
        if key not in allowed:
            raise UserError(
                f"option {key}{suggest(key, allowed)}: found the list {show(values)}; in a study, "
                f"these may be lists: {', '.join(allowed)}."
            )
        if not values:
            raise UserError(f"option {key}: found an empty list; expected at least one value.")
    if (count := math.prod(map(len, swept.values()))) > _MOST:
        raise UserError(
            f"the lists of {', '.join(swept)} make {count:,} runs; expected {_MOST:,} at most. "
            "Shorten a list, or start several studies, each with an output_dir of its own."
        )


def _check_equal(values: Mapping[str, Any], others: Mapping[str, Any]) -> None:
    """Two runs never share a folder unseen."""
    for key, value in values.items():
        if value != others[key]:
            raise UserError(
                f"option {key}: {show(value)} and {show(others[key])} would have the same folder, "
                f"{key}~{_name(value)}. Leave one of them."
            )


def _name(value: Any) -> str:
    """A value in a folder's name."""
    parts = value if isinstance(value, list) else [value]
    text = "x".join(str(part).lower() for part in parts)
    return "".join(char if char.isalnum() or char in ".-+_" else "-" for char in text)


def describe_members(members: Iterable[Member]) -> list[dict[str, Any]]:
    """What `read_members` needs of each, as values that JSON knows."""
    return [
        {
            "values": member.values,
            **{key: member.config[key] for key in ("output_dir", "expert_dir")},
        }
        for member in members
    ]


def read_members(
    members: Sequence[Mapping[str, Any]],
    known: Sequence[str],
    selected: Sequence[str],
    skipped: Mapping[str, str],
) -> list[MemberRows]:
    """What the members have brought so far.

    That is of the milestones that they make, and of others that one of them has a row of.

    Args:
        members: See `describe_members`.
        known: Every milestone id, in config order.
        selected: The ids that the runs make.
        skipped: Reason by id of those that they skip.
    """
    rows = [collect_rows(get_member_results(member), known, skipped) for member in members]
    return _join(members, rows, known, selected)


def get_member_results(member: Mapping[str, Any]) -> Results:
    """Where a member's results lie, see `describe_members`."""
    return Results(member["output_dir"], member["expert_dir"])


def _join(
    members: Sequence[Mapping[str, Any]],
    rows: Iterable[Iterable[Mapping[str, Any]]],
    known: Sequence[str],
    selected: Sequence[str],
) -> list[MemberRows]:
    found = [{row["milestone_id"]: row for row in each} for each in rows]
    milestones = [one for one in known if one in selected or any(one in each for each in found)]
    missing = {"status": "not reached", "expert_success_rate": None, "seconds": None}
    return [
        MemberRows(
            member["values"],
            [each.get(one, missing | {"milestone_id": one}) for one in milestones],
            read_agent_rates(get_member_results(member)),
        )
        for member, each in zip(members, found, strict=True)
    ]


def end_study(
    members: Sequence[Member], pipeline: Pipeline, logs: Sequence[str] | None = None
) -> None:
    """After the last job: rows for those that crashed, and the table on the screen.

    Args:
        members: All runs.
        pipeline: What they have in common; its `output_dir` is the study's folder.
        logs: Snakemake's own log files after a failure; None after success.
    """
    known, selected, skipped = list(pipeline.milestones), pipeline.selected, pipeline.skipped
    described, files = describe_members(members), get_study_files(pipeline.options["output_dir"])
    if logs is None:
        lines = compare(read_members(described, known, selected, skipped))
    else:
        places = map(get_member_results, described)
        rows = [write_failures(one, known, selected, skipped, logs) for one in places]
        if not any(rows):
            return
        lines = write_comparison(_join(described, rows, known, selected), files)
    print(
        "\n".join(["", format_study(lines), "", f"Study: {files['csv']}, {files['picture']}"]),
        file=sys.stderr,
    )


def get_study_files(folder: str | Path) -> dict[str, Path]:
    """The table and its picture."""
    return {
        "csv": Path(folder, "study.csv"),
        "json": Path(folder, "study.json"),
        "picture": Path(folder, "study.png"),
    }
