"""A study: runs side by side that differ in a few options, from one config with lists.

Where members differ in nothing that an expert's evaluation depends on, they share it: it lies in a
folder of its own, and one member alone has the rules that make it.
"""

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import product
from pathlib import Path
from typing import Any

from autodagger.dagger.options import TrainingOptions
from autodagger.errors import UserError, show
from autodagger.results.layout import Results
from autodagger.results.rows import collect_rows
from autodagger.results.study import MemberRows, compare, format_study
from autodagger.workflow.config import coerce, load_config_schema
from autodagger.workflow.ending import write_failures

EXPERT_OPTIONS = ("eval_episodes", "start_states", "student_eval_episodes", "seed")
"""What the evaluation of an expert depends on, beside the game and the expert."""

EXPERT_RULES = ("evaluate_expert", "record_expert_videos")
"""What the members with equal `EXPERT_OPTIONS` have in common."""

SHARED_KEYS = {"expert_dir": None, "member": ""}
"""What a study tells its members beside options: where what they share lies, and their name."""

_SWEPT = ("eval_episodes", "start_states", "step_multiplier")
_SEED = "seed"
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


def find_swept(config: Mapping[str, Any]) -> dict[str, list[Any]]:
    """The options that are lists of values, the seed last; none in a plain run's config."""
    properties = load_config_schema()["properties"]
    found = {}
    for key, value in config.items():
        depth = properties.get(key, {}).get("type") == "array"
        if isinstance(value, list) and (not depth or any(isinstance(one, list) for one in value)):
            found[str(key)] = [coerce(str(key), one, properties.get(key, {})) for one in value]
    return dict(sorted(found.items(), key=lambda item: item[0] == _SEED))


def load_study(config: Mapping[str, Any], output_dir: str) -> list[Member]:
    """The members: every combination of the values, equal ones once.

    Args:
        config: What the config files and the command line say together.
        output_dir: The study's folder.

    Raises:
        UserError: No option is a list, or one that may not be. (What is wrong with a value, its
            member's check says.)
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
            continue
        own = {"output_dir": str(Path(output_dir, name)), "expert_dir": expert_dir, "member": name}
        prefix = "".join(char if char.isalnum() else "_" for char in name) + "_"
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
                f"option {key}: found the list {show(values)}; in a study, these may be lists: "
                f"{', '.join(allowed)}."
            )
        if not values:
            raise UserError(f"option {key}: found an empty list; expected at least one value.")


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
    members: Iterable[Mapping[str, Any]], milestones: Sequence[str]
) -> list[MemberRows]:
    """What the members have brought so far.

    Args:
        members: See `describe_members`.
        milestones: Ids in config order.
    """
    found = []
    for member in members:
        results = Results(member["output_dir"], member["expert_dir"])
        rows = {row["milestone_id"]: row for row in collect_rows(results, milestones, {})}
        missing = {"status": "not reached", "expert_success_rate": None, "seconds": None}
        each = [rows.get(one, missing | {"milestone_id": one}) for one in milestones]
        found.append(MemberRows(member["values"], each))
    return found


def end_study(
    members: Sequence[Member], milestones: Sequence[str], folder: str, logs: Iterable[str] | None
) -> None:
    """After the last job: rows for those that crashed, and the table on the screen.

    Args:
        members: All runs.
        milestones: The ids that the runs make.
        folder: Of the study.
        logs: Snakemake's own log files after a failure; None after success.
    """
    if logs is not None:
        texts = list(logs)
        for member in members:
            results = Results(member.config["output_dir"], member.config["expert_dir"])
            write_failures(results, milestones, milestones, {}, texts)
    lines = compare(read_members(describe_members(members), milestones))
    files = get_study_files(folder)
    print(
        "\n".join(["", format_study(lines), "", f"Study: {files['csv']}, {files['picture']}"]),
        file=sys.stderr,
    )


def get_study_files(folder: str) -> dict[str, Path]:
    """The table and its picture."""
    return {
        "csv": Path(folder, "study.csv"),
        "json": Path(folder, "study.json"),
        "picture": Path(folder, "study.png"),
    }
