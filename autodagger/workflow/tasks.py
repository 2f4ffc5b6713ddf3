"""What a milestone's jobs are about, from the options alone: for commands beside Snakemake."""

from pathlib import Path

from autodagger.files import exists
from autodagger.results.layout import Results
from autodagger.task import Machine, Task
from autodagger.workflow.job import make_vision
from autodagger.workflow.pipeline import Pipeline


def make_task(pipeline: Pipeline, results: Results, milestone_id: str) -> Task:
    """A milestone's task with the files that its jobs have as inputs."""
    options, milestone = pipeline.options, pipeline.milestones[milestone_id]
    tools = Path(options["tools_dir"]).glob("*.py") if options["tools_dir"] else ()
    starts = tests = None
    if (previous := milestone.predecessor) is not None:
        own = pipeline.get_own_state(previous)
        found = (
            (own, own) if exists(own) else (results.states(previous), results.test_states(previous))
        )
        starts, tests = found
    return Task(
        game_dir=pipeline.game_dir,
        rom=pipeline.rom,
        milestone=milestone,
        expert=Path(options["policy_dir"], f"{milestone_id}.py"),
        tools=tuple(sorted(tools)),
        starts=starts,
        test_starts=tests,
        seed=options["seed"],
        vision=make_vision(options, results, milestone_id),
    )


def make_machine(pipeline: Pipeline) -> Machine:
    """What the options let a job use."""
    options = pipeline.options
    return Machine(
        options["num_envs"],
        options["train_threads"],
        options["cuda"],
        options["unconfined_experts"],
    )
