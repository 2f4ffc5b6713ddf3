"""The toy cartridge through the whole pipeline, as a user of Emerald runs it."""

import base64
import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.games.emerald.toy import FOLDER, list_ids
from tests.vision import Stub, serving
from tests.workflow.conftest import ROOT, Pipeline

PASSING = {"ROUTE_101", "OLDALE_TOWN"}
OPTIONS = {
    "game": str(FOLDER),
    "policy_dir": str(FOLDER / "experts"),
    "milestone_config": str(FOLDER / "milestone_config.json"),
    "output_dir": "dagger_pipeline_results",
    "tools_dir": str(ROOT / "games" / "emerald" / "tools"),
    "start_states": 20,
    "student_eval_episodes": 50,
    "agent": False,
    "record_video": False,
    "vision_model": "stub",
}
ARGUMENTS = (
    "--configfile",
    str(ROOT / "presets" / "emerald.yaml"),
    "--config",
    *(f"{key}={value}" for key, value in OPTIONS.items()),
)
QUESTION_BOX = (27 * 8 + 4, 10 * 8 + 4)
"""A pixel of paper between YES and NO."""


def is_question_box(body: dict[str, Any]) -> bool:
    """What a model would see in the picture of a request."""
    url = body["messages"][0]["content"][1]["image_url"]["url"]
    picture = Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))).convert("RGB")
    return picture.getpixel(QUESTION_BOX) == (255, 255, 255)


def run_with_model(pipeline: Pipeline) -> Stub:
    with serving() as stub:
        stub.reply = lambda number: str(is_question_box(stub.asked[number])).lower()
        result = pipeline.run(*ARGUMENTS, f"vision_url={stub.url}")
        assert result.returncode == 0, result.stderr
    return stub


@pytest.mark.slow
def test_students_learn_the_references_milestones(tmp_path: Path) -> None:
    pipeline = Pipeline(tmp_path / "work")
    pipeline.folder.mkdir()
    (pipeline.folder / "config.yaml").write_text("{}")
    stub = run_with_model(pipeline)
    rows = pipeline.rows()
    assert list(rows) == list_ids()
    for name in rows.keys() - PASSING:
        assert rows[name]["status"] == "completed", rows[name]
        assert rows[name]["dagger_final_success_rate"] >= 0.9, rows[name]
    for name in PASSING:
        assert rows[name]["reason"].startswith("already reached"), rows[name]
        assert not (pipeline.results / "models" / name).exists()
    assert {is_question_box(body) for body in stub.asked} == {False, True}
    assert pipeline.plan(*ARGUMENTS) == []
