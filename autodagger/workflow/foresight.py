"""What Snakemake's plan takes for granted, and whether it came true.

Whether a milestone's student is trained is known when its budget is, and whether start states come
out as they were when they are made. Snakemake's checkpoints are for that: after each, it plans
anew, looking at every job of the workflow, which in a chain of n milestones costs n². So the plan
takes the usual for granted (students are trained; what is made anew differs from what was there),
and only a checkpoint that came out otherwise has Snakemake plan anew.
"""

from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from autodagger.files import DamagedFile, exists, sha256_file
from autodagger.workflow.damage import read_decision


class Foresight:
    """What the plan of this Snakemake takes for granted."""

    def __init__(self) -> None:
        self._decisions: dict[str, set[str]] = defaultdict(set)
        self._contents: dict[str, str] = {}

    def read_decision(self, budget: str | Path) -> str:
        """What a budget.json says; "train" as long as there is none."""
        decision = read_decision(budget) if exists(budget) else "train"
        self._decisions[str(budget)].add(decision)
        return decision

    def keep_contents(self, files: Iterable[str]) -> None:
        """Notes down what is in the files, those that are there, before they are made anew."""
        for file in files:
            with suppress(DamagedFile):
                self._contents[file] = sha256_file(file)

    def has_failed(self, outputs: Iterable[str]) -> bool:
        """Whether what a checkpoint has made is not what the plan took for granted."""
        return any(self._is_otherwise(file) for file in outputs)

    def _is_otherwise(self, file: str) -> bool:
        if (told := self._decisions.get(file)) and told != {read_decision(file)}:
            return True
        with suppress(DamagedFile):
            return self._contents.get(file) == sha256_file(file)
        return False


def plan_anew_when_needed(workflow: Any, foresight: Foresight, rules: Iterable[str]) -> None:
    """Has this Snakemake plan anew after jobs that were foreseen wrongly.

    Args:
        workflow: Snakemake's own object, with a plan; tried with Snakemake 9.27.
        foresight: What that plan took for granted.
        rules: Those that work as checkpoints from now on. (Were they declared so, Snakemake would
            also plan everything twice at its start.)
    """
    dag = workflow.dag
    plan_anew = dag.update_checkpoint_dependencies
    due = [job for job in dag.needrun_jobs() if job.rule.name in rules]
    foresight.keep_contents(str(file) for job in due for file in job.output)
    for rule in rules:
        workflow.get_rule(rule).is_checkpoint = True

    async def plan_anew_if_needed(jobs: Iterable[Any]) -> bool:
        made = [job for job in jobs if job.is_checkpoint]
        unforeseen = [job for job in made if foresight.has_failed(map(str, job.output))]
        for job in dag.bfs(dag.depending, *unforeseen):
            if not dag.finished(job):  # what waited for them has to find a reason again
                dag.reason(job).clear()
        return bool(unforeseen) and await plan_anew(unforeseen)

    dag.update_checkpoint_dependencies = plan_anew_if_needed
