"""Makes one player of all students, or goes on from its last checkpoint."""

from autodagger.agent.options import AgentOptions
from autodagger.agent.training import fingerprint, train_agent
from autodagger.dagger.options import TrainingOptions
from autodagger.results.layout import AGENT
from autodagger.student.model_file import load_students
from autodagger.task import Budget
from autodagger.workflow.agent_job import get_chain
from autodagger.workflow.job import (
    get_machine,
    get_outputs,
    get_results,
    get_tracker,
    run_job,
)
from autodagger.workflow.tracking import mark_logged

with run_job(snakemake, "agent") as progress, get_tracker(snakemake, progress) as tracker:
    files, params = snakemake.input, snakemake.params
    chain, options = get_chain(snakemake), AgentOptions(**params.options)
    training_options = TrainingOptions(**params.training_options)
    budgets = [Budget.read(path) for path in files.budgets]
    train_agent(
        chain,
        load_students(files.models, chain.ids, chain.actions, training_options.view),
        budgets,
        options,
        training_options,
        get_machine(snakemake),
        fingerprint(chain, files.models, budgets, options, training_options),
        checkpoint_dir=get_results(snakemake).checkpoint(AGENT),
        outputs=get_outputs(snakemake),
        progress=progress,
        tracker=tracker,
    )
    if tracker:
        results = get_results(snakemake)
        mark_logged(tracker, results, AGENT, results.agent_training)
