"""A game's folder as a Python package, so that its adapter may be several files."""

import hashlib
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import (
    EXTENSION_SUFFIXES,
    SOURCE_SUFFIXES,
    ExtensionFileLoader,
    FileFinder,
    ModuleSpec,
    SourceFileLoader,
)
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import CodeType, ModuleType

_PREFIX = "autodagger_game_"


def make_package(adapter: Path) -> ModuleType:
    """The package of an adapter's folder, in which nothing has run yet.

    `adapter` is its first file; what lies beside it is imported with `from .memory import …`, now
    or later, always as it is on disk at that moment. Games of folders with equal names do not mix.
    """
    _forget(name := _name_package(adapter))
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())
    folder = [str(adapter.parent)]
    spec = spec_from_file_location(name, adapter, submodule_search_locations=folder)
    assert spec is not None  # true of every existing .py file
    module = module_from_spec(spec)
    sys.modules[name] = module
    return module


def is_of_game(module: str) -> bool:
    """Whether a module's name is that of a game's file."""
    return module.startswith(_PREFIX)


def _name_package(adapter: Path) -> str:
    place = hashlib.sha1(str(adapter.resolve()).encode("utf-8", "surrogateescape")).hexdigest()[:8]
    return f"{_PREFIX}{adapter.parent.name}_{place}"


def _forget(package: str) -> None:
    for name in [one for one in sys.modules if one.startswith(f"{package}.")]:
        del sys.modules[name]


class _Loader(SourceFileLoader):
    """Compiles each file anew.

    Bytecode that Python keeps is taken for that of a file edited within the same second to the same
    length, whoever wrote it.
    """

    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        code: CodeType = self.source_to_code(self.get_data(path), path)
        return code


class _Finder(MetaPathFinder):
    """Finds the files of games alone; a new look at the folder for each, since listings age too."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        for folder in (path or ()) if is_of_game(fullname) else ():
            finder = FileFinder(
                folder, (_Loader, SOURCE_SUFFIXES), (ExtensionFileLoader, EXTENSION_SUFFIXES)
            )
            if (spec := finder.find_spec(fullname)) is not None and spec.loader is not None:
                return spec
        return None  # a folder without __init__.py: Python's own way
