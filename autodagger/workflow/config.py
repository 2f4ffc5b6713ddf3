"""The options of config.yaml: defaults, checks, and messages that name what to change."""

import math
from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jsonschema import Draft202012Validator

from autodagger.agent.options import AgentOptions
from autodagger.dagger.options import TrainingOptions
from autodagger.errors import UserError, show, suggest
from autodagger.files import load_schema
from autodagger.workflow.config_file import read_config_file

_TYPE_NAMES = {
    "integer": "a whole number",
    "number": "a number",
    "string": "text",
    "boolean": "true or false",
    "null": "nothing",
    "array": "a list",
}
_STUDY = (
    " Several values are several runs side by side: start them with snakemake -s study.smk "
    "(docs/studies.md)."
)
_ID_OPTIONS = ("milestone", "resume_from")
_BOOLEANS = {"true": True, "false": False, "yes": True, "no": False, "on": True, "off": False}


def load_config_schema() -> dict[str, Any]:
    """The schema of all options: those of trainings stand in their own classes."""
    schema = load_schema("config")
    schema["properties"] |= TrainingOptions.schema() | AgentOptions.schema()
    return schema


def load_config(config: Mapping[str, Any], files: Iterable[str | Path] = ()) -> dict[str, Any]:
    """Fills in the defaults and checks every option.

    Args:
        config: What the config files and `--config` say together.
        files: The config files, in the order read; only to name the right one in messages.

    Raises:
        UserError: An unknown key, a wrong type or a value out of range. One line for each.
    """
    properties: dict[str, dict] = load_config_schema()["properties"]
    written = {str(path): _read_if_sound(path) for path in files}
    problems = []
    options = {key: deepcopy(schema["default"]) for key, schema in properties.items()}
    for key, value in config.items():
        where = _find_source(key, value, written)
        if key not in properties:
            nearest = suggest(str(key), list(properties))
            problems.append(
                f"{where}: unknown option {show(key)}{nearest}. config.yaml lists them all."
            )
            continue
        options[key] = coerce(key, value, properties[key])
        if not _is_valid(options[key], properties[key]):
            hint = _STUDY if isinstance(value, list) else ""
            problems.append(f"{where}: {key} is {_advise(value, properties[key])}{hint}")
    if problems:
        raise UserError("\n".join(problems))
    return options


def check_lists(
    lists: Mapping[str, Sequence[Any]], config: Mapping[str, Any], files: Iterable[str | Path]
) -> None:
    """Refuses values of a study's lists that their options do not allow.

    Args:
        lists: The values by option, as `coerce` reads them.
        config: What the config files and `--config` say together.
        files: The config files, in the order read.

    Raises:
        UserError: One line for each such value.
    """
    properties: dict[str, dict] = load_config_schema()["properties"]
    written = {str(path): _read_if_sound(path) for path in files}
    problems = [
        f"{_find_source(key, config[key], written)}: {key} has {_advise(value, properties[key])}"
        for key, values in lists.items()
        for value in values
        if not _is_valid(value, properties[key])
    ]
    if problems:
        raise UserError("\n".join(problems))


def check_milestone_options(options: Mapping[str, Any], known: Sequence[str]) -> None:
    """Refuses ids in `milestone`, `resume_from`, `skip_milestones` that the game does not have.

    Raises:
        UserError: Names the option, the id, the nearest known one and the milestone file.
    """
    problems = []
    named = [(key, options[key]) for key in _ID_OPTIONS if options[key] is not None]
    named += [("skip_milestones", milestone) for milestone in options["skip_milestones"]]
    for key, milestone in named:
        if milestone not in known:
            problems.append(
                f"option {key}: unknown milestone {show(milestone)}{suggest(milestone, known)}. "
                f"Expected an id from {options['milestone_config']}."
            )
    if problems:
        raise UserError("\n".join(problems))


def check_vision_options(options: Mapping[str, Any]) -> None:
    """Refuses an endpoint that is none, or that nobody says which model to ask at.

    Raises:
        UserError: Names the option, what was found and what is expected.
    """
    url = options["vision_url"]
    if url is None:
        return
    try:
        parts = urlsplit(url)
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname)
        _ = parts.port  # raises for what is none
    except ValueError:
        is_address = False
    if not is_address or not url.isascii() or not url.isprintable() or " " in url:
        raise UserError(
            f"option vision_url: found {show(url)}; expected an address such as "
            "http://localhost:11434/v1, or nothing."
        )
    if parts.username or parts.password:
        raise UserError(
            "option vision_url: found a name or a password in it. Put the key into the environment "
            "variable VISION_API_KEY: files are shown and copied."
        )
    if not options["vision_model"]:
        raise UserError(
            f"option vision_url: {url} is to be asked, but vision_model names no model. Name one "
            "that takes pictures there, or leave vision_url empty."
        )


def select_milestones(
    options: Mapping[str, Any], known: Sequence[str]
) -> tuple[list[str], dict[str, str]]:
    """Which milestones this run makes, and why it skips the others.

    Returns:
        The selected ids in config order, and the reason for each skipped id. `milestone` selects
        that one alone and skips none: the others are simply not part of the run.
    """
    if options["milestone"] is not None:
        return [options["milestone"]], {}
    first = known.index(options["resume_from"]) if options["resume_from"] is not None else 0
    skipped = dict.fromkeys(known[:first], "before resume point")
    skipped |= {m: "in skip list" for m in options["skip_milestones"] if m not in skipped}
    return [m for m in known if m not in skipped], skipped


def _read_if_sound(path: str | Path) -> dict[str, Any]:
    """What another one has read already, and will have told, or will tell, what is wrong with."""
    try:
        return read_config_file(path)
    except UserError:
        return {}


def _find_source(key: str, value: Any, written: Mapping[str, Mapping[str, Any]]) -> str:
    """The last file that says this; what no file says came from the command line."""
    for path, content in reversed(list(written.items())):
        if key in content and show(content[key]) == show(value):
            return path
    return "--config"


def coerce(key: str, value: Any, schema: Mapping[str, Any]) -> Any:
    """Reads what YAML or `--config` leave as text: `3e-4`, `false`, `A B`, ids like numbers."""
    types = schema.get("type", [])
    types = [types] if isinstance(types, str) else types
    if key in _ID_OPTIONS and isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if value in ("", "None", "null") and "null" in types:
        return None
    if key == "skip_milestones":
        return _split_ids(value)
    if isinstance(value, str) and "boolean" in types:
        return _BOOLEANS.get(value.lower(), value)
    if isinstance(value, str) and ("number" in types or "integer" in types):
        return _read_number(value, float if "number" in types else int)
    if isinstance(value, list) and "items" in schema:  # Snakemake hands over the items as text
        return [coerce(key, item, schema["items"]) for item in value]
    if isinstance(value, float) and "number" not in types and value.is_integer():
        return int(value)
    return value


def _read_number(text: str, kind: type[float | int]) -> float | str:
    try:
        number = kind(text)
    except ValueError:
        return text
    return number if math.isfinite(number) else text


def _is_valid(value: Any, schema: Mapping[str, Any]) -> bool:
    finite = not isinstance(value, float) or math.isfinite(value)  # NaN passes every range
    return finite and bool(Draft202012Validator(schema).is_valid(value))


def _split_ids(value: Any) -> Any:
    if value is None:
        return []
    if isinstance(value, str):
        return value.replace(",", " ").split()
    if isinstance(value, list):
        return [str(item) if isinstance(item, int) else item for item in value]
    return value


def _advise(value: Any, schema: Mapping[str, Any]) -> str:
    """What was found, what is expected, and the next step."""
    return (
        f"{_quote(value)}; expected {_describe(schema)}. Correct it there; the default is "
        f"{schema['default']!r}."
    )


def _quote(value: Any) -> str:
    """A value as Python has it; what YAML makes of `no` is nothing that anybody wrote."""
    hint = (
        " (which YAML makes of yes, no, on and off: text stands in quotes)"
        if value in (True, False)
        else ""
    )
    return show(value) + (hint if isinstance(value, bool) else "")


def _describe(schema: Mapping[str, Any]) -> str:
    if "enum" in schema:
        return "one of " + ", ".join(map(str, schema["enum"]))
    types = [schema["type"]] if isinstance(schema["type"], str) else list(schema["type"])
    text = " or ".join(_TYPE_NAMES[name] for name in types if name != "string" or len(types) == 1)
    if types == ["string", "null"]:
        text = "text or nothing"
    if "items" in schema:
        count = f"{schema['minItems']} " if "minItems" in schema else ""
        text = f"a list of {count}items, each {_describe(schema['items'])}"
    text += _describe_range(schema)
    return text + (' or "auto"' if schema.get("pattern") == "^auto$" else "")


def _describe_range(schema: Mapping[str, Any]) -> str:
    if "exclusiveMinimum" in schema:
        return f" above {schema['exclusiveMinimum']} and up to {schema['maximum']}"
    return f" from {schema['minimum']} to {schema['maximum']}" if "minimum" in schema else ""
