"""Whether a student is trained, and how many steps its episodes get."""


checkpoint plan_budget:
    input:
        report=get_report,
        history=get_history,
        sources=get_sources("budget"),
    output:
        budget="<results>/budget/{milestone}/budget.json",
    log:
        "<results>/logs/plan_budget/{milestone}.log",
    benchmark:
        "<results>/benchmarks/plan_budget/{milestone}.tsv"
    priority: 10
    conda:
        "../envs/autodagger.yaml"
    params:
        step_multiplier=config["step_multiplier"],
        min_success_rate=config["min_success_rate"],
    message:
        "{wildcards.milestone}: planning the step budget"
    script:
        "../scripts/plan_budget.py"
