"""Config files, as people mean them: what YAML 1.1 quietly reads otherwise is refused by its line.

`python -m autodagger.workflow.config_file --configfile FILE …` looks at the files alone: Snakemake
reads those of its command line before our Snakefile, and says less of what is wrong with them.
"""

import argparse
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

from autodagger.errors import UserError, exit_in_words, show
from autodagger.files import exists, read_text, reading

MAX_VALUES = 10_000
"""Values of a config file, those behind its aliases counted wherever they are used."""

_WHAT = "config file"
_ADVICE = "Expected YAML such as 'eval_episodes: 10': mend it there, or take the file away."
_PLAIN_INT = re.compile(r"[-+]?(0|[1-9][0-9_]*)")
_TAG = "tag:yaml.org,2002:"


def get_config_file(home: str | Path, is_module: bool = False) -> str:
    """The config.yaml of the working folder, whatever it is, else the one beside the Snakefile.

    As a module of another workflow: the working folder's is that workflow's.
    """
    return "config.yaml" if exists("config.yaml") and not is_module else f"{home}/config.yaml"


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
    for part in [*map(read_config_file, read), *map(_read_pair, pairs)]:
        config |= part
    return config, read


def read_config_file(path: str | Path) -> dict[str, Any]:
    """The options that a file holds.

    Raises:
        DamagedFile: It cannot be read, is no YAML, or YAML 1.1 reads it otherwise than written
            (`010`, `1:30`, a key that comes twice); the message names file and line.
    """
    text = read_text(path, _WHAT, _ADVICE)
    with reading(_WHAT, path, _ADVICE):
        try:
            tree = yaml.compose(text, Loader=yaml.SafeLoader)
            if tree is None:
                raise ValueError("found no option in it")
            if mistakes := list(_list_mistakes(tree)):
                raise ValueError("; ".join(mistakes))
            content = yaml.safe_load(text)
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            raise ValueError(f"line {line}: {error.problem or error.context}") from error
        if not isinstance(content, dict):
            raise ValueError(f"found {type(content).__name__}, no options by their names")
        return content


@exit_in_words()
def check_config_files(*paths: str) -> Sequence[str]:
    """The paths; ends the process in words where one is not sound, of which Snakemake says less."""
    for path in paths:
        read_config_file(path)
    return paths


def _read_pair(text: str) -> dict[str, Any]:
    key, equals, value = text.partition("=")
    if not equals:
        raise UserError(f"--config {text}: expected key=value, such as eval_episodes=10.")
    try:
        return {key: yaml.safe_load(value)}
    except (yaml.YAMLError, ValueError, RecursionError):
        return {key: value}


def _list_mistakes(tree: yaml.Node) -> Iterator[str]:
    """What a tree has that nobody means, or that would not end."""
    if _count(tree, {}) > MAX_VALUES:
        yield f"found more than {MAX_VALUES:,} values, or values within themselves"
        return
    for node in _walk(tree):
        if isinstance(node, yaml.MappingNode):
            yield from _list_mistaken_keys(node)
        if isinstance(node, yaml.ScalarNode) and node.style is None and _is_misread(node):
            is_date = node.tag == f"{_TAG}timestamp"
            read = "a date" if is_date else yaml.safe_load(node.value)
            yield (
                f"line {node.start_mark.line + 1}: YAML reads {node.value} as {read}; write a "
                "plain number, or put text in quotes"
            )


def _count(node: yaml.Node, known: dict[int, float]) -> float:
    """Values in a node, aliases followed; infinitely many where one holds itself."""
    if id(node) not in known:
        known[id(node)] = float("inf")  # until it is known
        known[id(node)] = 1 + sum(_count(child, known) for child in _list_children(node))
    return known[id(node)]


def _walk(node: yaml.Node) -> Iterator[yaml.Node]:
    yield node
    for child in _list_children(node):
        yield from _walk(child)


def _list_children(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [one for pair in node.value for one in pair]
    return node.value if isinstance(node, yaml.SequenceNode) else []


def _list_mistaken_keys(node: yaml.MappingNode) -> Iterator[str]:
    lines: dict[str, int] = {}
    for key, _ in node.value:
        line = key.start_mark.line + 1
        if key.tag == f"{_TAG}merge":
            continue
        if key.tag != f"{_TAG}str":
            found = show(key.value) if isinstance(key, yaml.ScalarNode) else "a list or a map"
            yield f"line {line}: {found} is no option's name, which is text"
        elif key.value in lines:
            first = lines[key.value]
            yield f"line {line}: {show(key.value)} stands in line {first} already; leave one"
        else:
            lines[key.value] = line


def _is_misread(node: yaml.ScalarNode) -> bool:
    kind = node.tag.removeprefix(_TAG)
    return (
        kind == "timestamp"
        or (kind == "float" and ":" in node.value)
        or (kind == "int" and not _PLAIN_INT.fullmatch(node.value))
    )


def _main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("--configfile", "--configfiles", nargs="+", action="extend", default=[])
    check_config_files(*parser.parse_known_args(arguments)[0].configfile)


if __name__ == "__main__":
    _main(sys.argv[1:])
