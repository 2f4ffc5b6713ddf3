"""Which modules a result depends on."""

from pathlib import Path

import pytest

from autodagger.errors import UserError
from autodagger.sources import list_game_sources, list_imports, list_sources
from tests.grid import ROOT


def names(*modules: str) -> set[str]:
    return {path.stem for path in list_sources(*modules)}


def test_follows_imports() -> None:
    assert {"training", "policy", "pool", "worker", "env"} <= names("dagger.training")
    assert {"gba", "emulator"} <= names(*list_imports(ROOT / "games/mossbrook/adapter.py"))


def test_follows_the_files_beside_an_adapter(tmp_path: Path) -> None:
    texts = {
        "adapter": "from .maps import read\nfrom . import tiles",
        "maps": "from .memory import Memory\nfrom .adapter import x",
        "tiles": "import numpy",
        "memory": "from autodagger.game.retro import RetroGame",
        "unused": "",
    }
    for name, text in texts.items():
        (tmp_path / f"{name}.py").write_text(text)
    found = [path.stem for path in list_game_sources(tmp_path / "adapter.py")]
    assert found[:3] == ["maps", "memory", "tiles"]
    assert "retro" in found and not {"adapter", "unused"} & set(found)


def test_follows_folders_below_an_adapter_up_and_down(tmp_path: Path) -> None:
    texts = {
        "adapter": "from .data import places\nfrom .pack.inner import Y",
        "data/places": "from ..top import Z\nfrom ....beyond import Q",
        "pack/__init__": "",
        "pack/inner": "def late():\n    from . import other as Y",
        "pack/other": "",
        "top": "",
        "__init__": "",
    }
    for name, text in texts.items():
        path = tmp_path / f"{name}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    found = {str(path.relative_to(tmp_path)) for path in list_game_sources(tmp_path / "adapter.py")}
    assert found == {f"{name}.py" for name in texts} - {"adapter.py", "__init__.py"}


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"\nx = (\n", r"late\.py, line 2: '\(' was never closed\. Expected Python"),
        (b"x = '\xff'", r"late\.py, line 1: .*utf-8"),
        (b"x\0", r"late\.py.*: source code .*null bytes"),
    ],
)
def test_a_file_that_is_imported_late_and_no_python_is_named(
    tmp_path: Path, content: bytes, expected: str
) -> None:
    (tmp_path / "adapter.py").write_text("def read():\n    from .late import x")
    (tmp_path / "late.py").write_bytes(content)
    with pytest.raises(UserError, match=expected):
        list_game_sources(tmp_path / "adapter.py")


def test_the_budget_depends_on_little() -> None:
    assert names("evaluation.budget") == {"budget"}


@pytest.mark.parametrize("module", ["evaluation.expert", "dagger.training", "results.video"])
def test_no_result_depends_on_reports_and_progress(module: str) -> None:
    assert not names(module) & {"tracking", "board", "rows", "config", "job", "run_lock"}


def test_training_does_not_depend_on_videos() -> None:
    assert "video" not in names("dagger.training")


def test_lists_sorted_files_that_exist() -> None:
    files = list_sources("dagger.training")
    assert files == sorted(files)
    assert all(path.is_file() for path in files)
