"""What the agent's jobs do around their work, beside `autodagger.workflow.job`."""

from pathlib import Path
from typing import Any

from autodagger.agent.chain import Chain
from autodagger.game.milestone import Milestone
from autodagger.workflow.job import build_task


def get_chain(snakemake: Any) -> Chain:
    """What an agent's job is about."""
    files = iter(snakemake.input.get("start_states", ()))
    milestones = [Milestone(**goal) for goal in snakemake.params.chain]
    tasks = [
        build_task(snakemake, one, None if one.predecessor is None else Path(next(files, "")))
        for one in milestones
    ]
    return Chain(tuple(tasks), snakemake.config["seed"])
