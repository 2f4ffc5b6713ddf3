"""What this workflow asks of Snakemake beyond its rules.

Snakemake's `workflow` object comes in as an argument; the package never imports Snakemake.
"""

import sys
from collections import defaultdict
from collections.abc import Iterable
from heapq import nsmallest
from typing import Any


def ease_scheduling(workflow: Any) -> None:
    """Has the main process do what a job costs it, whatever the number of jobs; in `onstart`."""
    _lift_job_rate_limit(workflow)
    _offer_few_jobs(workflow)


def _lift_job_rate_limit(workflow: Any) -> None:
    """Spares a core: Snakemake's limit, 100 jobs a second, means nothing to jobs of seconds.

    With a limit (and its command line always sets one) Snakemake 9.27 plans another look at the
    queue a second after each look, and each job that ends begins a further chain of them: after a
    hundred jobs it does little else. A limit that somebody chose stays.
    """
    limiter = workflow.scheduler.job_rate_limiter
    if limiter and (limiter.max_jobs, limiter.timespan) == (100, 1):
        workflow.scheduler.job_rate_limiter = None


def mark_failed_jobs(workflow: Any) -> None:
    """Has the next run make failed jobs' outputs anew, also old models that they leave in place.

    For these, Snakemake 9.27 notes down the failed job's inputs and params, as if it had made them.
    """
    for job in workflow.scheduler.failed:
        workflow.persistence.started(job)  # marks them as incomplete


def see_cancelled_jobs() -> None:
    """Has Snakemake's plugin for Slurm see that a job was cancelled, and try it again.

    sacct says "CANCELLED by 1000", with the user's number, of which the plugin (2.8.0) knows the
    first word alone: it would wait for the job for ever.
    """
    plugin: Any = sys.modules.get("snakemake_executor_plugin_slurm")
    query = getattr(plugin, "query_job_status", None)
    if query is None:
        return

    async def query_first_words(*arguments: Any) -> Any:
        states, seconds = await query(*arguments)
        return states and {job: state.partition(" ")[0] for job, state in states.items()}, seconds

    plugin.query_job_status = query_first_words


def _offer_few_jobs(workflow: Any) -> None:
    """Has Snakemake choose among the jobs of each rule that could start now, not among all.

    After each job that ends, its schedulers weigh all jobs that are ready, with all their inputs:
    hundreds, in a chain whose experts are evaluated first. Those of one rule want equal resources,
    so no more of them than there are free slots can matter: the first ones.
    """
    scheduler = workflow.scheduler
    select = scheduler.job_selector

    def select_among_few(jobs: Iterable[Any]) -> Any:
        slots = min(scheduler.resources[name] for name in ("_cores", "_nodes"))
        ready: dict[str, list[Any]] = defaultdict(list)
        for job in jobs:
            ready[", ".join(sorted(job.rules))].append(job)
        return select({job for kind in ready.values() for job in nsmallest(slots, kind, _get_rank)})

    scheduler.job_selector = select_among_few


def _get_rank(job: Any) -> tuple[int, int]:
    return -job.priority, job.jobid
