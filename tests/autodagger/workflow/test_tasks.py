"""What commands take a milestone's jobs to be about: the same as the jobs themselves do."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from autodagger.game.milestone import Milestone
from autodagger.results.layout import Results
from autodagger.workflow.agent_job import get_chain
from autodagger.workflow.config import load_config
from autodagger.workflow.job import get_task
from autodagger.workflow.tasks import make_task

FIRST = Milestone("A", None, 9, "x == `1`")
SECOND = Milestone("B", "A", 9, "x == `2`", index=1, description="after A")


class Inputs(dict[str, Any]):
    """As a job has them: by name, and by attribute."""

    __getattr__ = dict.__getitem__


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("walk", "fight"):
        (tools / f"{name}.py").touch()
    return {"tools": tools, "game": tmp_path / "game", "output": tmp_path / "out"}


def make_both(files: dict[str, Path], milestone: Milestone, own: Path) -> tuple[Any, Any]:
    """What commands make of a milestone, and what its job does."""
    options = load_config(
        {
            "policy_dir": "experts",
            "tools_dir": str(files["tools"]),
            "output_dir": str(files["output"]),
            "vision_model": "m",
            "vision_url": "http://localhost/v1",
            "seed": 7,
        }
    )
    pipeline: Any = SimpleNamespace(
        options=options,
        game_dir=files["game"],
        rom=Path("game.gba"),
        milestones={"A": FIRST, "B": SECOND},
        get_own_state=lambda _: own,
    )
    results = Results(files["output"])
    starts, tests = (own, own) if own.exists() else (results.states("A"), results.test_states("A"))
    inputs = Inputs(
        adapter=str(files["game"] / "adapter.py"),
        rom="game.gba",
        tools=sorted(map(str, files["tools"].glob("*.py"))),
        start_states=str(starts) if milestone.predecessor else [],
        test_states=str(tests) if milestone.predecessor else [],
    )
    params = SimpleNamespace(milestone=milestone.to_params())
    job = SimpleNamespace(input=inputs, params=params, config=options)
    return make_task(pipeline, results, milestone.id), get_task(job)


@pytest.mark.parametrize("milestone", [FIRST, SECOND], ids=["from power-on", "after another"])
@pytest.mark.parametrize("has_own", [False, True], ids=["recorded", "own state"])
def test_commands_and_jobs_are_about_the_same(
    files: dict[str, Path], tmp_path: Path, milestone: Milestone, has_own: bool
) -> None:
    own = tmp_path / "A_completed.state"
    if has_own:
        own.touch()
    made, job = make_both(files, milestone, own)
    assert made.milestone.to_params() == job.milestone.to_params()
    for name in vars(job).keys() - {"milestone"}:
        assert getattr(made, name) == getattr(job, name), name
    assert job.vision.url == "http://localhost/v1"


def test_tasks_of_a_chain_are_those_of_its_milestones(files: dict[str, Path]) -> None:
    config = load_config({"policy_dir": "experts", "output_dir": str(files["output"]), "seed": 7})
    inputs = Inputs(adapter="game/adapter.py", rom=[], tools=[], start_states=["a.zip"])
    goals = [one.to_params() for one in (FIRST, SECOND)]
    job = SimpleNamespace(input=inputs, params=SimpleNamespace(chain=goals), config=config)
    first, second = get_chain(job).tasks
    assert (first.starts, second.starts) == (None, Path("a.zip"))
    assert [one.expert for one in (first, second)] == [Path("experts/A.py"), Path("experts/B.py")]
    assert second.vision and second.vision.file == Results(files["output"]).vision("B")
