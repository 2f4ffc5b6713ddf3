"""What Snakemake's plan takes for granted, and what is done where it is wrong.

Whether a milestone's student is trained is known when its budget is, and whether start states come
out as they were, when they are made. Snakemake's checkpoints are for that: after each, it looks at
every job of the workflow anew, which in a chain of n milestones costs n². So the plan takes the
usual for granted (a student is trained; what is made anew differs from what was there), and only a
job that came out otherwise is a checkpoint.

Snakemake's classes and objects come in as arguments; the package never imports Snakemake.
"""

import atexit
import sys
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import Any

from autodagger.files import exists
from autodagger.workflow.damage import read_decision

_RULES = ("evaluate_expert", "plan_budget")
"""Rules whose jobs can come out otherwise; in a module, the end of their names."""

_UNCERTAIN = (
    "These jobs at most: of those that wait for an evaluation or a budget, the ones run whose "
    "inputs come out otherwise than they were."
)
_SHARE = 20
"""Planning anew may take one part of this many of the time."""

_foreseen: dict[str, set[str]] = defaultdict(set)
"""What was said of each budget's decision."""


def foresee_decision(budget: str | Path) -> str:
    """What a budget.json says; "train" as long as there is none."""
    decision = read_decision(budget) if exists(budget) else "train"
    _foreseen[str(budget)].add(decision)
    return decision


def plan_anew_after_surprises(dag_class: Any) -> None:
    """Has Snakemake plan anew after those jobs that came out otherwise than its plan has it.

    What waits for such a job is held back until the new plan, which is made when there is nothing
    else to start, or often enough to cost a twentieth of the time.

    Args:
        dag_class: `snakemake.dag.DAG`, as it is in Snakemake 9.27.
    """
    plan_anew, get_ready = dag_class.update_checkpoint_dependencies, dag_class.ready_jobs.fget
    if hasattr(plan_anew, "planner"):  # a second workflow of ours, in modules
        return
    planner = _Planner(plan_anew)

    async def look_at_finished(dag: Any, jobs: Iterable[Any] | None = None) -> bool:
        if jobs is None:  # before the first job
            _tell_what_is_uncertain(dag)
            return bool(await plan_anew(dag))
        return await planner.look_at_finished(dag, list(jobs))

    def list_ready(dag: Any) -> Any:
        if planner.is_due(bool(get_ready(dag))):
            dag.workflow.async_run(planner.plan(dag))
        return get_ready(dag)

    look_at_finished.planner = planner  # type: ignore[attr-defined]
    dag_class.update_checkpoint_dependencies = look_at_finished
    dag_class.ready_jobs = property(list_ready)


class _Planner:
    """Collects surprises, and plans anew for all of them at once."""

    def __init__(self, plan_anew: Callable[..., Awaitable[bool]]) -> None:
        self._plan_anew = plan_anew
        self._surprises: list[Any] = []
        self._next = 0.0

    async def look_at_finished(self, dag: Any, jobs: list[Any]) -> bool:
        """Snakemake's own checkpoints change its plan at once, as ever; surprises wait."""
        for job in jobs:
            if await _is_surprise(dag, job):
                self._surprises.append(job)
                for waiting in dag.depending[job]:
                    if waiting in dag._n_until_ready:
                        dag._n_until_ready[waiting] += 1  # counted anew by the next plan
        checkpoints = [job for job in jobs if job.is_checkpoint]
        return bool(checkpoints) and bool(await self._plan_anew(dag, checkpoints))

    def is_due(self, has_ready: bool) -> bool:
        return bool(self._surprises) and (not has_ready or time.monotonic() > self._next)

    async def plan(self, dag: Any) -> None:
        begin = time.monotonic()
        surprises, self._surprises = self._surprises, []
        rules = {job.rule for job in surprises}
        for rule in rules:
            rule.is_checkpoint = True
        _forget_reasons(dag, surprises)
        try:
            await self._plan_anew(dag, surprises)
        finally:
            for rule in rules:
                rule.is_checkpoint = False
        _let_go_of_replaced(dag)
        end = time.monotonic()
        self._next = end + _SHARE * (end - begin)


def _tell_what_is_uncertain(dag: Any) -> None:
    """At the end of a dry run's long list, how far it can be believed."""
    again = [job for job in dag.needrun_jobs() if _is_ours(job) and all(map(exists, job.output))]
    if dag.workflow.dryrun and again:
        atexit.register(print, _UNCERTAIN, file=sys.stderr)


def _is_ours(job: Any) -> bool:
    return bool(job.rule.name.endswith(_RULES))


async def _is_surprise(dag: Any, job: Any) -> bool:
    if not _is_ours(job):
        return False
    for file in job.output:
        if (told := _foreseen.get(str(file))) and told != {read_decision(file)}:
            return True
        for waiting in dag.depending[job]:
            if file in waiting.input and await _is_as_before(dag, file, waiting):
                return True
    return False


async def _is_as_before(dag: Any, file: Any, job: Any) -> bool:
    """Whether a file is what it was when a job last read it."""
    known = dag.workflow.persistence.input_checksums(job, file)
    return len(known) == 1 and await file.is_same_checksum(*known, dag.max_checksum_file_size)


def _forget_reasons(dag: Any, surprises: Iterable[Any]) -> None:
    """What waits for these jobs has to find its reason to run again: it may have none."""
    for job in dag.bfs(dag.depending, *surprises):
        if not dag.finished(job):
            dag.reason(job).clear()


def _let_go_of_replaced(dag: Any) -> None:
    """Jobs that others have replaced: Snakemake remembers them, with their inputs, to the end."""
    jobs = set(dag.jobs)
    dag._checked_jobs &= jobs
    dag._checked_needrun_jobs &= jobs
    for job in dag._jobid.keys() - jobs:  # whose number shall not be given again
        job.input = type(job.input)()
    for job in dag._priority.keys() - jobs:
        del dag._priority[job]
