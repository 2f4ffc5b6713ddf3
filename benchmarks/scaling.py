"""Seconds of the whole pipeline as milestones and cores grow."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psutil
import yaml

from benchmarks.common import GAME_DIR, ROOT

PATHS: dict[str, Any] = {
    "game": str(GAME_DIR),
    "policy_dir": str(GAME_DIR / "experts"),
    "tools_dir": str(GAME_DIR / "tools"),
    "milestone_config": "milestone_config.json",
}
OPTIONS: dict[str, Any] = {"eval_episodes": 5, "dagger_iterations": 2, "record_video": False}


def measure(work: Path, tiny: bool) -> dict[str, Any]:
    """A row for each number of milestones and of cores."""
    counts, cores = ((1,), (2,)) if tiny else ((3, 6), (1, 2))
    rows = [_run(milestones, number) for milestones in counts for number in cores]
    return {"options": OPTIONS, "rows": rows}


def _run(milestones: int, cores: int) -> dict[str, Any]:
    begin, busy = time.perf_counter(), busy_seconds()
    results = run_pipeline(OPTIONS, milestones, cores)
    seconds = time.perf_counter() - begin
    return {
        "milestones": milestones,
        "cores": cores,
        "seconds": round(seconds, 1),
        "seconds_per_milestone": round(seconds / milestones, 1),
        "machine_busy": round((busy_seconds() - busy) / seconds, 2),
        "completed": sum(row["status"] == "completed" for row in results),
    }


def run_pipeline(
    options: Mapping[str, Any], milestones: int | None = None, cores: int = 2
) -> list[dict[str, Any]]:
    """The whole workflow in a folder of its own over the first `milestones`; its rows."""
    listed = json.loads((GAME_DIR / "milestone_config.json").read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as folder:
        shortened = {"milestones": listed["milestones"][:milestones]}
        Path(folder, "milestone_config.json").write_text(json.dumps(shortened))
        config = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
        Path(folder, "config.yaml").write_text(yaml.safe_dump(config | PATHS | dict(options)))
        command = [sys.executable, "-m", "snakemake", "--cores", str(cores)]
        command += ["-s", str(ROOT / "Snakefile"), "-d", folder, "--quiet", "all"]
        environment = os.environ | {"PYTHONPATH": str(ROOT / "scripts")}
        subprocess.run(command, check=True, env=environment, stderr=subprocess.DEVNULL)
        results = next(Path(folder).rglob("pipeline_results.json")).read_text(encoding="utf-8")
    rows: list[dict[str, Any]] = json.loads(results)
    return rows


def busy_seconds() -> float:
    """CPU seconds of the whole machine: shows when others were at work, too."""
    times = psutil.cpu_times()
    return float(times.user + times.nice + times.system)
