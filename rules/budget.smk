"""Whether a student is trained, and how many steps its episodes get."""


rule plan_budget:
    input:
        report=RESULTS.expert_report(),
    output:
        budget=RESULTS.budget(),
    log:
        RESULTS.log("plan_budget"),
    benchmark:
        RESULTS.benchmark("plan_budget")
    priority: 10
    localrule: True
    conda:
        "../envs/autodagger.yaml"
    params:
        sources=get_sources("plan_budget"),
        options=get_options("step_multiplier", "min_success_rate"),
    message:
        "{wildcards.milestone}: planning the step budget"
    script:
        "../scripts/plan_budget.py"
