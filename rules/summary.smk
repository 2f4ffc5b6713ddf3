"""One row a milestone, and all rows as CSV and JSON."""


rule summarize_milestone:
    input:
        report=RESULTS.expert_report(),
        budget=RESULTS.budget(),
        training=get_training,
        student=get_student_report,
    output:
        row=RESULTS.row(),
    log:
        RESULTS.log("summarize_milestone"),
    benchmark:
        RESULTS.benchmark("summarize_milestone")
    priority: 8
    localrule: True
    conda:
        "../envs/autodagger.yaml"
    params:
        sources=get_sources("summarize_milestone"),
    message:
        "{wildcards.milestone}: writing its row"
    script:
        "../scripts/summarize_milestone.py"


rule summarize_pipeline:
    input:
        rows=[RESULTS.row(milestone) for milestone in PIPELINE.selected],
    output:
        # The last ones stay until there are new ones, whatever happens to this job.
        csv=report(
            update(RESULTS.csv), category="Results", labels={"what": "all milestones"}
        ),
        json=update(RESULTS.json),
    log:
        RESULTS.log("summarize_pipeline", "all"),
    benchmark:
        RESULTS.benchmark("summarize_pipeline", "all")
    localrule: True
    conda:
        "../envs/autodagger.yaml"
    params:
        sources=get_sources("summarize_pipeline"),
        milestones=MILESTONES,
        skipped=PIPELINE.skipped,
    message:
        "writing pipeline_results.csv and pipeline_results.json"
    script:
        "../scripts/summarize_pipeline.py"


rule log_trainings:
    input:
        rows=[RESULTS.row(milestone) for milestone in PIPELINE.selected],
        agent=get_agent_training,
    output:
        note=RESULTS.logged_later,
    log:
        RESULTS.log("log_trainings", "all"),
    benchmark:
        RESULTS.benchmark("log_trainings", "all")
    localrule: True
    conda:
        "../envs/autodagger.yaml"
    params:
        sources=get_sources("log_trainings"),
        milestones=PIPELINE.selected,
    message:
        "logging finished trainings with W&B"
    script:
        "../scripts/log_trainings.py"
