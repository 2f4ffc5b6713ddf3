from snakemake.utils import min_version

min_version("9.19")


include: "rules/common.smk"


configfile: get_config_file()


config.update(get_checked_config())
GAME = get_game()
MILESTONES = get_milestone_table()
SELECTED, SKIPPED = get_selection()
RUN_LOCK = hold_run_lock()


pathvars:
    results=config["output_dir"],


wildcard_constraints:
    milestone="[A-Za-z0-9_-]+",


include: "rules/expert.smk"
include: "rules/budget.smk"
include: "rules/student.smk"
include: "rules/summary.smk"


rule all:
    default_target: True
    input:
        *[get_student_files(milestone) for milestone in SELECTED],
        experts=get_expert_videos(),
        results=["<results>/pipeline_results.csv", "<results>/pipeline_results.json"],
    localrule: True


onstart:
    lift_job_rate_limit()


onsuccess:
    show_results()


onerror:
    show_results(write_failures(log))
