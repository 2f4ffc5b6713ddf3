"""One row a milestone, and all rows as CSV and JSON."""


rule summarize_milestone:
    input:
        report=get_report,
        history=get_history,
        budget=get_budget,
        training=get_training,
        student=get_student_report,
    output:
        row="<results>/rows/{milestone}.json",
    log:
        "<results>/logs/summarize_milestone/{milestone}.log",
    benchmark:
        "<results>/benchmarks/summarize_milestone/{milestone}.tsv"
    priority: 8
    conda:
        "../envs/autodagger.yaml"
    message:
        "{wildcards.milestone}: writing its row"
    script:
        "../scripts/summarize_milestone.py"


rule summarize_pipeline:
    input:
        rows=expand("<results>/rows/{milestone}.json", milestone=SELECTED),
    output:
        csv="<results>/pipeline_results.csv",
        json="<results>/pipeline_results.json",
    log:
        "<results>/logs/summarize_pipeline/all.log",
    benchmark:
        "<results>/benchmarks/summarize_pipeline/all.tsv"
    conda:
        "../envs/autodagger.yaml"
    params:
        milestones=list(MILESTONES),
        skipped=SKIPPED,
    message:
        "writing pipeline_results.csv and pipeline_results.json"
    script:
        "../scripts/summarize_pipeline.py"
