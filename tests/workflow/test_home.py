"""A home folder that cannot be written, or is none: only Snakemake's cache needs one."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.workflow.conftest import ROOT, Pipeline

NO_HOME = "/proc"  # where root cannot make a folder either
SHOW = "--eval=show:;@echo $$XDG_CACHE_HOME"


@pytest.mark.parametrize("has_home", [True, False])
def test_make_gives_snakemake_a_place_for_its_cache(tmp_path: Path, has_home: bool) -> None:
    if not shutil.which("make"):
        pytest.skip("needs make")
    environment = {**os.environ, "HOME": str(tmp_path) if has_home else NO_HOME}
    for name in ("XDG_CACHE_HOME", "MAKEFLAGS", "MAKELEVEL"):  # `make test` may have started us
        environment.pop(name, None)
    command = ["make", "--no-print-directory", SHOW, "show"]
    result = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    expected = "" if has_home else str(ROOT / ".snakemake" / "cache")
    assert result.stdout.strip() == expected, result.stderr


def test_with_that_place_snakemake_runs_without_a_home(pipeline: Pipeline) -> None:
    place = str(pipeline.folder / ".snakemake" / "cache")
    environment = pipeline.environment | {"HOME": NO_HOME, "XDG_CACHE_HOME": place}
    command = [*pipeline.command, "--cores", "1", "-n"]
    result = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert "Traceback" not in result.stderr
