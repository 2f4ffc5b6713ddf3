"""Which modules of this package a result depends on: the imports of an entry module, followed."""

import ast
from collections.abc import Iterator
from pathlib import Path

from autodagger.errors import UserError

_PACKAGE = Path(__file__).resolve().parent
_IRRELEVANT = ("errors", "files", "workflow")
"""Modules and wings that no result depends on: an edit there computes nothing again."""


def list_sources(*modules: str) -> list[Path]:
    """The files of `modules` and of every package module they import, sorted by name.

    Args:
        modules: Names within the package, such as "dagger.training".

    Raises:
        FileNotFoundError: There is no such module.
    """
    found: set[str] = set()
    waiting = list(modules)
    while waiting:
        module = waiting.pop()
        if module not in found and not _is_irrelevant(module):
            found.add(module)
            waiting += list_imports(_find_file(module))
    return [_find_file(module) for module in sorted(found)]


def list_game_sources(adapter: Path) -> list[Path]:
    """What a game's adapter is beside its own file.

    Files that it imports from its folder or below (`from .memory import …`) and that these import,
    and the package's modules that any of them needs, each kind sorted by name.

    Raises:
        UserError: One of them is no Python; says which, and where.
    """
    siblings = {adapter}
    waiting = [adapter]
    while waiting:
        found = set(_list_siblings(waiting.pop())) - siblings
        siblings |= found
        waiting += found
    modules = [module for path in siblings for module in list_imports(path)]
    return [*sorted(siblings - {adapter}), *list_sources(*modules)]


def _list_siblings(path: Path) -> Iterator[Path]:
    """Files that a file's relative imports load: modules, and packages on the way to them."""
    for node in ast.walk(_parse(path)):
        if not isinstance(node, ast.ImportFrom):
            continue
        for folder in path.parents[node.level - 1 : node.level] if node.level else ():
            place = folder
            for name in (node.module or "").split(".") if node.module else ():
                place /= name
                yield from _find_code(place)
            for alias in node.names:
                yield from _find_code(place / alias.name)


def _find_code(place: Path) -> Iterator[Path]:
    for file in (place / "__init__.py", place.with_name(f"{place.name}.py")):
        if file.is_file():
            yield file


def list_imports(path: Path) -> list[str]:
    """Names, within the package, of the modules that a file imports, at its top or in functions.

    The `__init__` of a wing is none of them: it is a docstring alone, which a test holds.
    """
    return [module for name in _list_names(_parse(path)) if (module := _find_module(name))]


def _parse(path: Path) -> ast.Module:
    try:
        try:
            return ast.parse(path.read_text(encoding="utf-8"))
        except UnicodeDecodeError:  # an adapter may declare another encoding
            return ast.parse(path.read_bytes())
    except (SyntaxError, ValueError) as error:  # the latter is for bytes that are 0
        line = f", line {error.lineno}" if isinstance(error, SyntaxError) and error.lineno else ""
        text = error.msg if isinstance(error, SyntaxError) else error
        raise UserError(f"{path}{line}: {text}. Expected Python; mend that file.") from error


def _list_names(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _find_module(name: str) -> str | None:
    """`autodagger.game.env` as `game.env`; None for what is no module file of this package."""
    package, _, module = name.partition(".")
    is_ours = package == _PACKAGE.name and module and _find_file(module).is_file()
    return module if is_ours else None


def _find_file(module: str) -> Path:
    return _PACKAGE.joinpath(*module.split(".")).with_suffix(".py")


def _is_irrelevant(module: str) -> bool:
    return module.startswith(tuple(f"{name}." for name in _IRRELEVANT)) or module in _IRRELEVANT
