"""What every job of the workflow does around its work: one progress line an event, a log, an end.

The `snakemake` object of a script comes in as an argument; the package never imports Snakemake.
"""

import gc
import os
import sys
import time
import traceback
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from autodagger.errors import UserError
from autodagger.expert.vision import Vision
from autodagger.files import DamagedFile
from autodagger.game.milestone import Milestone
from autodagger.processes import PARENT_VARIABLE
from autodagger.results.layout import CRASHED, FAILED, Results, get_marker
from autodagger.signs import Sign, get_host, is_sign_alive, keep_touching
from autodagger.task import Machine, Progress, Task
from autodagger.workflow.run_lock import end_with_run, get_run
from autodagger.workflow.tracking import Tracker, open_tracker

INTERRUPTED = 130
"""Exit status of a job that Ctrl-C ended, as shells have it."""

_STAGE_WIDTH = len("student")


@contextmanager
def run_job(snakemake: Any, stage: str) -> Iterator[Progress]:
    """Runs the body of a script: gives it a `progress` callable, and a failure its lines.

    Whatever the body and the processes below it print goes to the rule's log; the terminal gets
    the progress lines. While the body runs, and after it failed or was killed, a marker lies beside
    the log (see `autodagger.workflow.ending`).

    Raises:
        SystemExit: The body failed; the message and the log's path are on the terminal.
    """
    gc.freeze()  # what is imported stays: no collection looks at it, nor the end of the process
    end_with_run()
    log = Path(snakemake.log[0])
    marker, prefix = get_marker(log), _format_prefix(snakemake, stage)
    _look_for_others(marker, prefix)
    sign = Sign(os.getpid(), get_host(), get_run() or "-")
    sign.write(marker)
    keep_touching(marker.absolute())
    with _redirect_to(log) as terminal:
        try:
            yield _make_progress(terminal, prefix)
        except BaseException as error:
            if _is_interrupt(error):  # Ctrl-C is no crash
                marker.unlink(missing_ok=True)
                sys.exit(INTERRUPTED)
            if not isinstance(error, Exception):
                raise
            text = _describe_failure(error)
            os.write(terminal, f"{prefix} failed: {text} (see {log})\n".encode())
            with suppress(OSError):  # a full disk: the terminal has it
                outcome = FAILED if isinstance(error, UserError) else CRASHED
                replace(sign, outcome=outcome).write(marker)
                if not isinstance(error, DamagedFile):  # which says all there is to say
                    traceback.print_exception(error)
                print(text, file=sys.stderr)  # last in the log: the row's `error`
            sys.exit(1)
    marker.unlink(missing_ok=True)


def _look_for_others(marker: Path, prefix: str) -> None:
    """Waits for what is left of a killed run to end; gives up what has failed for good.

    Snakemake tries a job again when its profile says so: for nodes that fail.

    Raises:
        SystemExit: In this run, the job has said before what is wrong.
    """
    left = Sign.read(marker)
    if left and left.outcome == FAILED and left.run == get_run():
        print(f"{prefix} not tried again: it would say the same", file=sys.stderr)
        sys.exit(1)
    if left and is_sign_alive(marker):
        host = left.host.partition("/")[0]
        print(f"{prefix} waits until an earlier job on {host} has ended", file=sys.stderr)
        while is_sign_alive(marker):
            time.sleep(1)


def prepare_jobs(package_folder: str | Path) -> None:
    """Lets the jobs of this Snakemake import the package, and end when this process does."""
    paths = [str(package_folder), os.environ.get("PYTHONPATH")]
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
    os.environ[PARENT_VARIABLE] = str(os.getpid())


def get_task(snakemake: Any) -> Task:
    """What the job is about: its inputs and params as one value."""
    files, milestone = snakemake.input, Milestone(**snakemake.params.milestone)
    starts, tests = get_path(files, "start_states"), get_path(files, "test_states")
    return build_task(snakemake, milestone, starts, tests)


def build_task(
    snakemake: Any, milestone: Milestone, starts: Path | None, test_starts: Path | None = None
) -> Task:
    """A milestone's part of what the job is about, with these start states."""
    files, config = snakemake.input, snakemake.config
    return Task(
        game_dir=Path(files.adapter).parent,
        rom=get_path(files, "rom"),
        milestone=milestone,
        expert=Path(config["policy_dir"], f"{milestone.id}.py"),
        tools=tuple(map(Path, files.get("tools", ()))),
        starts=starts,
        test_starts=test_starts,
        seed=config["seed"],
        vision=make_vision(config, get_results(snakemake), milestone.id),
    )


def make_vision(options: Mapping[str, Any], results: Results, milestone_id: str) -> Vision:
    """Who answers the questions of a milestone's expert."""
    model, url = options["vision_model"] or "", options["vision_url"] or ""
    return Vision(results.vision(milestone_id), model, url, options["vision_timeout"])


def get_path(files: Any, name: str) -> Path | None:
    """An input that may be missing."""
    return Path(files[name]) if files.get(name) else None


def get_machine(snakemake: Any) -> Machine:
    """What the job may use."""
    config = snakemake.config
    return Machine(
        config["num_envs"], snakemake.threads, config["cuda"], config["unconfined_experts"]
    )


def get_outputs(snakemake: Any) -> dict[str, Path]:
    """The files to write, by name."""
    return {name: Path(path) for name, path in snakemake.output.items()}


def get_results(snakemake: Any) -> Results:
    """Where everything else lies."""
    return Results(snakemake.config["output_dir"], snakemake.config.get("expert_dir"))


def get_milestone(snakemake: Any) -> str:
    """The milestone's id; of a job that is about all of them, what its log is called."""
    milestone: str = snakemake.wildcards.get("milestone", Path(snakemake.log[0]).stem)
    return milestone


def get_tracker(snakemake: Any, warn: Progress) -> AbstractContextManager[Tracker | None]:
    """The W&B run of a training; None, and nothing of W&B loaded, without the option `track`."""
    config = snakemake.config
    if not config["track"]:
        return nullcontext()
    return open_tracker(
        project=config["wandb_project"],
        entity=config["wandb_entity"],
        milestone_id=get_milestone(snakemake),
        config={**snakemake.params.options, "seed": snakemake.params.seed},
        inputs=list(snakemake.input),
        results=get_results(snakemake),
        warn=warn,
    )


@contextmanager
def _redirect_to(log: Path) -> Iterator[int]:
    """Sends stdout and stderr, of child processes too, to the log; yields the real stderr."""
    sys.stdout.flush()
    sys.stderr.flush()
    saved = os.dup(1), os.dup(2)
    with log.open("wb") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    try:
        yield saved[1]
    finally:
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError):  # the log's disk is full: no reason to hide what went wrong
                stream.flush()
        os.dup2(saved[0], 1)
        os.dup2(saved[1], 2)
        os.close(saved[0])
        os.close(saved[1])


def _is_interrupt(error: BaseException | None) -> bool:
    """Whether it is Ctrl-C, or what came of it in somebody's `finally`."""
    while error is not None:
        if isinstance(error, KeyboardInterrupt):
            return True
        error = error.__context__
    return False


def _describe_failure(error: Exception) -> str:
    if isinstance(error, UserError):
        return str(error)
    name = type(error).__name__
    first_line = next(iter(str(error).splitlines()), name)
    if name in ("MemoryError", "OutOfMemoryError"):  # the latter is torch's, for the GPU
        return (
            f"out of memory ({first_line}). Lower batch_size or hidden_dim, play fewer emulators "
            "at once (num_envs), run fewer jobs at once (--cores), or train on the CPU "
            "(cuda: false)."
        )
    return f"{name}: {error}"


def _make_progress(terminal: int, prefix: str) -> Progress:
    def progress(message: str) -> None:
        with suppress(OSError):  # a full disk is told by what needs it: results, not the log
            print(time.strftime("%H:%M:%S"), message, file=sys.stderr, flush=True)
        # One write a line: jobs side by side never mix within a line.
        os.write(terminal, f"{prefix} {message}\n".encode())

    return progress


def _format_prefix(snakemake: Any, stage: str) -> str:
    """`[ 5/12] PLAYER_BEDROOM     student`."""
    known = snakemake.config.get("milestone_ids", [])
    milestone = get_milestone(snakemake)
    width = max(map(len, [*known, milestone]))
    total = len(known)
    number = f"{known.index(milestone) + 1:>{len(str(total))}}" if milestone in known else "-"
    member = snakemake.config.get("member")
    study = f"{member} " if member else ""
    return f"{study}[{number}/{total}] {milestone:<{width}} {stage:<{_STAGE_WIDTH}}"
