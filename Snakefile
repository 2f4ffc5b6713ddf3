from snakemake.utils import min_version

min_version("9.19")


include: "rules/common.smk"


configfile: get_own_config_file()


SHARED = take_shared()
PIPELINE = get_pipeline(config, SHARED["member"])
MILESTONES = list(PIPELINE.milestones)
config = {**PIPELINE.options, **SHARED, "milestone_ids": MILESTONES}
RESULTS = Results(config["output_dir"], config["expert_dir"])
RUN_LOCK = get_run_lock(SHARED["member"])


wildcard_constraints:
    milestone="[A-Za-z0-9_-]+",


include: "rules/expert.smk"
include: "rules/budget.smk"
include: "rules/student.smk"
include: "rules/summary.smk"
include: "rules/chain.smk"
include: "rules/agent.smk"


rule all:
    default_target: True
    input:
        *[get_student_files(milestone) for milestone in PIPELINE.selected],
        get_agent_files,
        get_logging(),
        experts=get_expert_videos(),
        # After a stop the tables are there without them: onerror writes them.
        rows=[RESULTS.row(milestone) for milestone in PIPELINE.selected],
        results=[RESULTS.csv, RESULTS.json],
    localrule: True


onstart:
    begin_run()


onsuccess:
    rows = collect_rows(RESULTS, MILESTONES, PIPELINE.skipped)
    show_results(RESULTS, rows, config)


onerror:
    mark_failed_jobs(workflow)
    rows = write_failures(
        RESULTS, MILESTONES, PIPELINE.selected, PIPELINE.skipped, log
    )
    show_results(RESULTS, rows, config)
