"""A small pipeline: the first three milestones of Mossbrook, on the real emulator."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
GAME = ROOT / "games" / "mossbrook"
MILESTONES = ("GAME_RUNNING", "PLAYER_NAME_SET", "INTRO_CUTSCENE_COMPLETE")
SMALL = {
    "milestone_config": "milestone_config.json",
    "policy_dir": "experts",
    "tools_dir": str(GAME / "tools"),
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
    "record_video": False,
}
SABOTAGE = """
import os, sys, time
if sys.orig_argv[-1].endswith(".{script}.py"):
    from contextlib import contextmanager
    from autodagger.workflow import job
    run_job = job.run_job

    @contextmanager
    def run_sabotaged_job(snakemake, stage):
        with run_job(snakemake, stage) as progress:
            if snakemake.wildcards.get("milestone") == "{milestone}":
                {statement}
            yield progress

    job.run_job = run_sabotaged_job
"""


@dataclass
class Pipeline:
    """A working folder with a config.yaml, experts and a milestone file of its own."""

    folder: Path

    @property
    def results(self) -> Path:
        return self.folder / "dagger_pipeline_results"

    def run(self, *arguments: str, cores: int = 2) -> subprocess.CompletedProcess[str]:
        command = [*self.command, "--cores", str(cores), *arguments]
        return subprocess.run(
            command, cwd=self.start, capture_output=True, text=True, env=self.environment
        )

    @property
    def start(self) -> Path:
        """Where commands are typed."""
        return ROOT

    @property
    def command(self) -> list[str]:
        snakefile = str(ROOT / "Snakefile")
        return [sys.executable, "-m", "snakemake", "-s", snakefile, "-d", str(self.folder)]

    @property
    def environment(self) -> dict[str, str]:
        paths = [str(self.folder / "sabotage"), str(ROOT / "scripts")]
        return os.environ | {"PYTHONPATH": os.pathsep.join(paths)}

    def sabotage(self, script: str, milestone: str, statement: str) -> None:
        """Has the job of a script and milestone do something else first, until `mend`."""
        (self.folder / "sabotage").mkdir(exist_ok=True)
        values = {"script": script, "milestone": milestone, "statement": statement}
        (self.folder / "sabotage" / "sitecustomize.py").write_text(SABOTAGE.format(**values))

    def mend(self) -> None:
        shutil.rmtree(self.folder / "sabotage")

    def stop(self, moment: str, kind: signal.Signals, *arguments: str, cores: int = 2) -> int:
        """Runs until a file of that pattern appears among the results; returns the exit status.

        SIGKILL is for Snakemake alone, as by the system; the others for its jobs, too, as by
        Ctrl-C in a terminal or the end of a session.
        """
        command = [*self.command, "--cores", str(cores), *arguments]
        with subprocess.Popen(
            command,
            cwd=self.start,
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=heed_ctrl_c,
        ) as run:
            end = time.monotonic() + 90
            while not any(self.results.glob(moment)):
                assert time.monotonic() < end and run.poll() is None, f"no {moment}"
                time.sleep(0.005)
            (os.kill if kind == signal.SIGKILL else os.killpg)(run.pid, kind)
        while is_group_alive(run.pid):
            assert time.monotonic() < end, "the jobs live on"
            time.sleep(0.05)
        shutil.rmtree(self.folder / ".snakemake" / "locks", ignore_errors=True)
        return run.returncode

    def plan(self, *arguments: str) -> list[tuple[str, str]]:
        """The (rule, milestone) pairs that a dry run lists, without `all`."""
        result = self.run("-n", *arguments, "--quiet", "host")
        assert result.returncode == 0, result.stderr
        return list_jobs(result.stdout + result.stderr)

    def read(self, path: str) -> Any:
        return json.loads((self.results / path).read_text())

    def rows(self) -> dict[str, dict[str, Any]]:
        return {row["milestone_id"]: row for row in self.read("pipeline_results.json")}

    def configure(self, **options: Any) -> None:
        path = self.folder / "config.yaml"
        path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()) | options))

    def expert(self, milestone: str) -> Path:
        return self.folder / "experts" / f"{milestone}.py"


def is_group_alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def heed_ctrl_c() -> None:
    """For a child of tests that a shell started in the background: there it is ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def list_jobs(output: str) -> list[tuple[str, str]]:
    """(rule, milestone) of every job that Snakemake's output announces, by the rules' messages."""
    jobs = set()
    for line in re.findall(r"^Job \d+: (.*)", output, re.MULTILINE):
        milestone, _, message = line.rpartition(": ")
        jobs.add((RULE_BY_MESSAGE[message], milestone or "all"))
    return sorted(jobs)


def read_messages() -> dict[str, str]:
    """The rules by what their messages say after the milestone."""
    paths = [*(ROOT / "rules").glob("*.smk"), ROOT / "study.smk"]
    text = "\n".join(path.read_text() for path in paths)
    found = re.findall(
        r'^(?:rule|checkpoint) (\w+):.*?message:\s+"(?:{wildcards.milestone}: )?([^"]*)"',
        text,
        re.M | re.S,
    )
    return {message: rule for rule, message in found}


RULE_BY_MESSAGE = read_messages()


def make_pipeline(folder: Path) -> Pipeline:
    folder.mkdir(parents=True)
    (folder / "config.yaml").write_text(yaml.safe_dump(SMALL))
    entries = json.loads((GAME / "milestone_config.json").read_text())["milestones"]
    chosen = [entry for entry in entries if entry["id"] in MILESTONES]
    (folder / "milestone_config.json").write_text(json.dumps({"milestones": chosen}))
    (folder / "experts").mkdir()
    for milestone in MILESTONES:
        shutil.copy(GAME / "experts" / f"{milestone}.py", folder / "experts")
    return Pipeline(folder)


@pytest.fixture
def pipeline(tmp_path: Path) -> Pipeline:
    """A pipeline in which nothing has run yet."""
    return make_pipeline(tmp_path / "work")


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    """A pipeline after a complete run; tests that change it take a `copy_of_finished`."""
    pipeline = make_pipeline(tmp_path_factory.mktemp("workflow") / "finished")
    result = pipeline.run()
    assert result.returncode == 0, result.stderr
    return pipeline


@pytest.fixture
def copy_of_finished(finished: Pipeline, request: pytest.FixtureRequest) -> Callable[[], Pipeline]:
    """Copies of the finished pipeline beside it, so that relative paths stay as they were."""

    def copy() -> Pipeline:
        folder = finished.folder.with_name(request.node.name.replace("/", "_")[-60:])
        shutil.copytree(finished.folder, folder, symlinks=True)
        return Pipeline(folder)

    return copy
