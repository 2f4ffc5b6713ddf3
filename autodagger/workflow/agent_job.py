"""What the agent's jobs do around their work, beside `autodagger.workflow.job`."""

from pathlib import Path
from typing import Any

from autodagger.agent.chain import Chain
from autodagger.game.milestone import Milestone
from autodagger.task import Task
from autodagger.workflow.job import get_path, get_vision


def get_chain(snakemake: Any) -> Chain:
    """What an agent's job is about."""
    files, config = snakemake.input, snakemake.config
    starts = iter(files.get("start_states", ()))
    milestones = [Milestone(**goal) for goal in snakemake.params.chain]
    tasks = [
        Task(
            game_dir=Path(files.adapter).parent,
            rom=get_path(files, "rom"),
            milestone=milestone,
            expert=Path(config["policy_dir"], f"{milestone.id}.py"),
            tools=tuple(map(Path, files.get("tools", ()))),
            starts=None if milestone.predecessor is None else Path(next(starts, "")),
            seed=config["seed"],
            vision=get_vision(snakemake, milestone.id),
        )
        for milestone in milestones
    ]
    return Chain(tuple(tasks), config["seed"])
