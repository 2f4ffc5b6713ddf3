"""What the workflow itself costs as milestones grow: jobs that only write their files.

The rules are ours as they are. Their scripts are stubs that copy what one small, real run of the
game's first milestone has written, so that the files are always what this version reads.
"""

import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import yaml

from benchmarks.common import GAME_DIR, ROOT
from benchmarks.scaling import PATHS

SIZES = (10, 20, 40)
TINY_SIZES = (2, 4)
ROUNDS = 3

RATIOS = {
    "plan_ratio": "plan_cpu_seconds",
    "plan_megabytes_ratio": "plan_megabytes",
    "job_ratio": "job_cpu_milliseconds",
    "end_megabytes_ratio": "end_megabytes",
    "again_ratio": "again_cpu_seconds",
    "again_megabytes_ratio": "again_megabytes",
}
"""What is said of a row beside the one before it, and of which figure."""

OPTIONS: dict[str, Any] = PATHS | {
    "policy_dir": "experts",
    "agent": False,
    "eval_episodes": 2,
    "start_states": 3,
    "dagger_iterations": 1,
    "episodes_per_iter": 1,
    "train_steps_per_iter": 20,
    "hidden_dim": 16,
    "batch_size": 16,
    "frame_size": [40, 60],
    "student_eval_episodes": 2,
    "num_envs": 1,
    "early_stop": False,
}

_FIRST = "M0000"
_LINKED = ("autodagger", "schemas", "games", "envs", "config.yaml", "presets")
_LOOK_SECONDS = 0.05
_SHOWN = 2000  # letters of the log of a run that failed
_STUB = '''"""Copies what a job of this rule has written for another milestone."""

import shutil
from pathlib import Path

milestone = snakemake.wildcards.get("milestone", {first!r})
for path in map(Path, snakemake.output):
    source = Path({template!r}, str(path).replace(milestone, {first!r}))
    if source.is_dir():
        shutil.copytree(source, path, dirs_exist_ok=True)
    elif source.suffix == ".json":
        path.write_text(source.read_text().replace({first!r}, milestone))
    else:
        shutil.copyfile(source, path)
'''


@dataclass
class Watched:
    """What one process of Snakemake needed, without its children.

    Attributes:
        seconds: Wall clock.
        cpu_seconds: User and system.
        megabytes: The most that it held.
        begin: (CPU seconds, MB) when its first job had written something; None without jobs.
        end: Likewise, when it ended.
        said: Its output.
    """

    seconds: float = 0.0
    cpu_seconds: float = 0.0
    megabytes: float = 0.0
    begin: tuple[float, float] | None = None
    end: tuple[float, float] = (0.0, 0.0)
    said: str = ""


def measure(work: Path, tiny: bool, sizes: Sequence[int] = ()) -> dict[str, Any]:
    """A row for each number of milestones, each of which begins where the one before it ends.

    Args:
        work: A folder for what is written meanwhile.
        tiny: Whether two and four milestones do.
        sizes: Numbers of milestones; by default `SIZES`.
    """
    work.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=work) as name:
        folder = Path(name)
        template, home = folder / "template", folder / "home"
        make_milestones(template, 1)
        watch(ROOT, template)
        make_stubs(home, template)
        numbers, rounds = sorted(sizes or (TINY_SIZES if tiny else SIZES)), 1 if tiny else ROUNDS
        rows = [measure_size(home, folder / f"of_{number}", number, rounds) for number in numbers]
    return {"rows": add_ratios(rows)}


def measure_size(home: Path, folder: Path, number: int, rounds: int) -> dict[str, Any]:
    """Dry runs, a run, and as many with nothing to do; of equal ones, that of least CPU time."""

    def repeat(*words: str) -> Watched:
        found = [watch(home, folder, *words) for _ in range(rounds)]
        return min(found, key=lambda watched: watched.cpu_seconds)

    make_milestones(folder, number)
    plan, run, again = repeat("-n", "--quiet", "all"), watch(home, folder), repeat()
    jobs = run.said.count("Finished jobid")
    if run.begin is None or "Nothing to be done" not in again.said:
        raise RuntimeError(
            f"{number} milestones: {jobs} jobs ran, and the next run found something to do. "
            "Expected one run that makes everything: look at the stubs in benchmarks/growth.py. "
            f"They end with:\n{run.said[-_SHOWN:]}{again.said[-_SHOWN:]}"
        )
    shutil.rmtree(folder)
    return {
        "milestones": number,
        "jobs": jobs,
        **_describe("plan", plan),
        "run_seconds": round(run.seconds, 1),
        "job_cpu_milliseconds": round(1000 * (run.end[0] - run.begin[0]) / jobs, 2),
        "begin_megabytes": round(run.begin[1], 1),
        "end_megabytes": round(run.end[1], 1),
        **_describe("again", again),
    }


def _describe(name: str, watched: Watched) -> dict[str, float]:
    return {
        f"{name}_seconds": round(watched.seconds, 2),
        f"{name}_cpu_seconds": round(watched.cpu_seconds, 2),
        f"{name}_megabytes": round(watched.megabytes, 1),
    }


def add_ratios(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows, each with how many times the one before it is, for a doubling of milestones."""
    found = []
    for before, row in zip([None, *rows[:-1]], rows, strict=True):
        ratios: dict[str, float | None] = dict.fromkeys(RATIOS)
        if before is not None:
            doublings = math.log2(row["milestones"] / before["milestones"])
            for ratio, figure in RATIOS.items():
                ratios[ratio] = round((row[figure] / before[figure]) ** (1 / doublings), 3)
        found.append(row | ratios)
    return found


def make_milestones(folder: Path, number: int) -> None:
    """A folder for a run of `number` milestones, each of them the game's first one."""
    listed = json.loads((GAME_DIR / "milestone_config.json").read_text(encoding="utf-8"))
    first = listed["milestones"][0]
    ids = [f"M{place:04}" for place in range(number)]
    (folder / "experts").mkdir(parents=True)
    for milestone in ids:
        shutil.copy(GAME_DIR / "experts" / f"{first['id']}.py", folder / f"experts/{milestone}.py")
    entries = [
        {key: value for key, value in first.items() if key != "starting_state"} | {"id": milestone}
        for milestone in ids
    ]
    (folder / "milestone_config.json").write_text(json.dumps({"milestones": entries}))
    config = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
    (folder / "config.yaml").write_text(yaml.safe_dump(config | OPTIONS))


def make_stubs(home: Path, template: Path) -> None:
    """The workflow with stubs for scripts, which copy what a run in `template` has written."""
    home.mkdir()
    for name in _LINKED:
        (home / name).symlink_to(ROOT / name)
    shutil.copy(ROOT / "Snakefile", home)
    shutil.copytree(ROOT / "rules", home / "rules")
    (home / "scripts").mkdir()
    for script in (ROOT / "scripts").glob("*.py"):
        stub = _STUB.format(first=_FIRST, template=str(template))
        (home / "scripts" / script.name).write_text(stub)


def watch(home: Path, folder: Path, *words: str) -> Watched:
    """Runs Snakemake with the workflow of `home` in `folder`; what its main process needed.

    Raises:
        RuntimeError: It failed; with what it said last.
    """
    command = [sys.executable, "-m", "snakemake", "-s", str(home / "Snakefile"), "-d", str(folder)]
    environment = os.environ | {"PYTHONPATH": f"{home}{os.pathsep}{ROOT / 'scripts'}"}
    watched, begin = Watched(), time.perf_counter()
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(
            [*command, "--cores", "2", *words], cwd=ROOT, env=environment, stdout=log, stderr=log
        )
        while process.poll() is None:
            _look(psutil.Process(process.pid), folder, watched)
            time.sleep(_LOOK_SECONDS)
        watched.seconds = time.perf_counter() - begin
        log.seek(0)
        watched.said = log.read()
    if process.returncode:
        raise RuntimeError(f"{command} failed:\n{watched.said[-_SHOWN:]}")
    return watched


def _look(process: psutil.Process, folder: Path, watched: Watched) -> None:
    """Takes in what it needs now; a process that has just ended holds nothing."""
    cpu_seconds, megabytes = sum(process.cpu_times()[:2]), process.memory_info().rss / 1e6
    if not megabytes:
        return
    watched.cpu_seconds = cpu_seconds
    watched.megabytes = max(watched.megabytes, megabytes)
    watched.end = cpu_seconds, megabytes
    if watched.begin is None and any(folder.glob("*/expert_eval")):
        watched.begin = watched.end
