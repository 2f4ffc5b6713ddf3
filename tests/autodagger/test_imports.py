"""The package's floors: imports go down only, and load what they need and no more."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import autodagger
from autodagger.sources import list_imports
from tests.grid import ROOT

PACKAGE = Path(autodagger.__file__).parent
FLOORS = (
    ("__main__",),
    ("commands",),
    ("authoring",),
    ("workflow",),
    ("report",),
    ("player",),
    ("agent", "diagnosis"),
    ("results", "evaluation", "dagger"),
    ("rollout",),
    ("task",),
    ("expert",),
    ("game", "student"),
    ("actions", "errors", "files", "processes", "seeding", "signs", "sources", "stats"),
)
"""From the top. Rooms on one floor do not see each other, but for the ground floor's."""

LEVEL = {room: len(FLOORS) - number for number, rooms in enumerate(FLOORS) for room in rooms}
GROUND = 1
MODULES = sorted(PACKAGE.rglob("*.py"))
FACE = PACKAGE / "__init__.py"


def get_room(module: str) -> str:
    return module.split(".")[0]


def get_module(path: Path) -> str:
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts)


def find_wrong_imports(path: Path) -> list[str]:
    """Imports that go up, or sideways into another wing."""
    room = get_room(get_module(path))
    return [
        f"{get_module(path)} imports {module}"
        for module in sorted(set(list_imports(path)))
        if get_room(module) != room and LEVEL[get_room(module)] >= max(LEVEL[room], GROUND + 1)
    ]


@pytest.mark.parametrize("path", MODULES, ids=get_module)
def test_imports_go_down_only(path: Path) -> None:
    if path.name != "__init__.py":
        assert get_room(get_module(path)) in LEVEL, "give its room a floor above"
        assert find_wrong_imports(path) == []


def test_an_upward_and_a_sideward_import_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a copy of a module, with a line put in."""
    path = PACKAGE / "game" / "starts.py"
    text = path.read_text() + "\nfrom autodagger.rollout import pool\n"
    text += "import autodagger.student.view\n"
    monkeypatch.setattr(Path, "read_text", lambda self, **_: text)
    assert find_wrong_imports(path) == [
        "game.starts imports rollout.pool",
        "game.starts imports student.view",
    ]


def test_no_module_imports_itself_in_a_circle() -> None:
    graph = {get_module(path): set(list_imports(path)) for path in MODULES}
    while leaves := {module for module, needs in graph.items() if not needs & graph.keys()}:
        graph = {module: needs for module, needs in graph.items() if module not in leaves}
    assert graph == {}


@pytest.mark.parametrize(
    "path",
    [path for path in MODULES if path.name == "__init__.py" and path != FACE],
    ids=get_module,
)
def test_a_wings_init_is_a_docstring_alone(path: Path) -> None:
    """A face that exports its modules would make every rule depend on everything."""
    [docstring, *rest] = ast.parse(path.read_text()).body
    assert isinstance(docstring, ast.Expr)
    assert not [node for node in rest if not isinstance(node, ast.Assign)]


def test_the_face_loads_nothing_until_it_is_asked() -> None:
    code = "import sys, autodagger; assert not {'torch', 'numpy'} & set(sys.modules); "
    code += "autodagger.load; sys.exit('torch' not in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0
    with pytest.raises(AttributeError, match="no attribute 'lod'"):
        autodagger.lod  # noqa: B018


@pytest.mark.parametrize(
    "module", ["dagger.dataset", "student.view", "student.model_file", "player.policy"]
)
def test_loads_neither_emulator_nor_gymnasium_nor_snakemake(module: str) -> None:
    heavy = "{'stable_retro', 'gymnasium', 'snakemake', 'wandb', 'pandas', 'jsonschema'}"
    code = f"import sys, autodagger.{module}; sys.exit(', '.join({heavy} & set(sys.modules)) or 0)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


LIGHT_JOBS = ("plan_budget", "summarize_milestone", "summarize_pipeline", "log_trainings")
HEAVY = ("numpy", "PIL", "pandas", "torch", "gymnasium", "jsonschema", "http.client", "ssl")


def find_loaded(code: str, *names: str) -> str:
    """Which of these modules a piece of code loads, in an interpreter of its own."""
    code += f"\nimport sys; print(' '.join({{*{names}}} & {{*sys.modules}}))"
    command = [sys.executable, "-c", code]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout


def read_script_imports(script: str) -> str:
    body = ast.parse((ROOT / "scripts" / f"{script}.py").read_text()).body
    return "\n".join(
        ast.unparse(node) for node in body if isinstance(node, ast.Import | ast.ImportFrom)
    )


@pytest.mark.parametrize("script", LIGHT_JOBS)
def test_a_light_job_loads_nothing_heavy(script: str) -> None:
    """They are most of the jobs of a thousand milestones, and each is a process."""
    assert find_loaded(read_script_imports(script), *HEAVY).split() == []


def test_a_heavy_job_is_found() -> None:
    assert "numpy" in find_loaded(read_script_imports("record_videos"), *HEAVY)


def test_the_table_is_written_without_anything_heavy(tmp_path: Path) -> None:
    code = (
        "from autodagger.results.layout import Results\n"
        "from autodagger.results.rows import collect_rows, write_results\n"
        f"results = Results({str(tmp_path)!r})\n"
        "write_results(collect_rows(results, ['A'], {'A': 'in skip list'}), results)"
    )
    assert find_loaded(code, *HEAVY).split() == []
    assert "in skip list" in (tmp_path / "pipeline_results.csv").read_text()


@pytest.mark.parametrize("script", ["train_student", "evaluate_student"])
def test_who_learns_leaves_games_to_its_workers(script: str) -> None:
    heavy = ("gymnasium", "stable_retro", "imageio_ffmpeg", "pandas", "matplotlib")
    assert find_loaded(read_script_imports(script), *heavy).split() == []


def test_what_rules_import_needs_no_torch() -> None:
    """Every call of Snakemake, a dry run too, would wait for it."""
    modules = "workflow.pipeline workflow.ending workflow.gpu workflow.run_lock dagger.options"
    imports = ", ".join(f"autodagger.{module}" for module in modules.split())
    code = f"import sys, {imports}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0


CONSOLE = re.compile(
    r"gba\b|mgba|(stable.?|lib)retro|game ?boy|genesis|mossbrook|pokemon emerald"
    r"|0x0[23][0-9a-f]{6}|\b(160|240)\b",
    re.IGNORECASE,
)
"""Names of consoles, of what emulates them, their addresses, and the size of a screen."""

SCREENS = {"results/video.py": ["240"]}  # the caption's own width
CODE = sorted([*MODULES, *(ROOT / "rules").glob("*.smk"), *(ROOT / "scripts").glob("*.py")])


def find_console(path: Path) -> list[str]:
    words = [match[0] for match in CONSOLE.finditer(path.read_text(encoding="utf-8"))]
    allowed = SCREENS.get(path.relative_to(PACKAGE).as_posix(), []) if path in MODULES else []
    return [word for word in words if word not in allowed]


@pytest.mark.parametrize(
    "path",
    [path for path in CODE if path.parent != PACKAGE / "game"],
    ids=lambda path: path.name,
)
def test_no_module_outside_the_games_wing_names_the_console(path: Path) -> None:
    assert find_console(path) == []


def test_a_console_that_is_named_is_found() -> None:
    assert {"mgba", "160", "0x02000000"} <= {
        word for path in (PACKAGE / "game").glob("*.py") for word in find_console(path)
    }
