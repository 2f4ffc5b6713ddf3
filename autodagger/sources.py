"""Which modules of this package a result depends on: the imports of an entry module, followed."""

import ast
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_IRRELEVANT = frozenset({"errors", "files", "job", "lifeline", "progress", "tracking"})
"""Modules that no result depends on: an edit there computes nothing again."""


def list_sources(*modules: str) -> list[Path]:
    """The files of `modules` and of every package module they import, sorted by name."""
    found: set[str] = set()
    waiting = list(modules)
    while waiting:
        module = waiting.pop()
        if module not in found and module not in _IRRELEVANT:
            found.add(module)
            waiting += _list_imports(_PACKAGE / f"{module}.py")
    return [_PACKAGE / f"{module}.py" for module in sorted(found)]


def _list_imports(path: Path) -> list[str]:
    """Names of the package's modules that a file imports, at its top or within functions."""
    names: list[str] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module == _PACKAGE.name:
            names += [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.append(node.module)
    modules = [name.split(".")[1] for name in names if name.startswith(f"{_PACKAGE.name}.")]
    return [module for module in modules if (_PACKAGE / f"{module}.py").is_file()]
