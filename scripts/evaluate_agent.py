"""Judges the agent in whole runs, beside the experts in one go and the switched students."""

from autodagger.agent.evaluation import evaluate_agent
from autodagger.agent.pictures import draw_survival
from autodagger.dagger.options import TrainingOptions
from autodagger.student.model_file import load_students
from autodagger.workflow.agent_job import get_chain
from autodagger.workflow.job import get_machine, get_outputs, run_job

with run_job(snakemake, "judge") as progress:
    files, outputs, chain = snakemake.input, get_outputs(snakemake), get_chain(snakemake)
    view = TrainingOptions.take(snakemake.config).view
    report = evaluate_agent(
        chain,
        files.agent,
        load_students(files.models, chain.ids, chain.actions, view),
        get_machine(snakemake),
        runs=snakemake.params.options["agent_runs"],
        gap=snakemake.params.gap or None,
        outputs=outputs,
        progress=progress,
    )
    draw_survival(report, outputs["survival"])
