"""Whether a student is trained, and how many steps its episodes get."""


checkpoint plan_budget:
    input:
        report=get_report,
        history=get_history,
        sources=get_sources("plan_budget"),
    output:
        budget=RESULTS.budget(),
    log:
        RESULTS.log("plan_budget"),
    benchmark:
        RESULTS.benchmark("plan_budget")
    priority: 10
    conda:
        "../envs/autodagger.yaml"
    params:
        options=get_options("step_multiplier", "min_success_rate"),
    message:
        "{wildcards.milestone}: planning the step budget"
    script:
        "../scripts/plan_budget.py"
