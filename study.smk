"""Runs side by side that differ in options: snakemake -s study.smk --cores all (docs/studies.md)."""

from snakemake.utils import min_version

min_version("9.19")


include: "rules/common.smk"
include: "rules/chain.smk"


configfile: get_own_config_file()


PIPELINE, MEMBERS = get_study()
STUDY_DIR = PIPELINE.options["output_dir"]
RUN_LOCK = get_run_lock()

for member in MEMBERS:
    # Snakemake looks both up by the names of these variables.
    member_name, member_prefix = member.name, member.prefix

    module:
        name: member_name
        snakefile:
            "Snakefile"
        config:
            dict(member.config)

    if member.owns_experts:

        use rule * from member_name as member_prefix*

    else:

        # EXPERT_RULES, which Snakemake wants spelt out.
        use rule * from member_name exclude evaluate_expert, record_expert_videos as member_prefix*


rule compare_members:
    input:
        rows=get_member_rows(),
        budgets=get_member_budgets(),
        agents=get_member_agents,
    output:
        # The last ones stay until there are new ones, whatever happens to this job.
        **{name: update(file) for name, file in get_study_files(STUDY_DIR).items()},
    log:
        Path(STUDY_DIR, "logs", "compare_members", "study.log"),
    benchmark:
        Path(STUDY_DIR, "benchmarks", "compare_members", "study.tsv")
    localrule: True
    conda:
        "envs/autodagger.yaml"
    params:
        sources=get_sources("compare_members"),
        members=describe_members(MEMBERS),
        milestones=list(PIPELINE.milestones),
        selected=PIPELINE.selected,
        skipped=PIPELINE.skipped,
    message:
        "comparing all runs"
    script:
        "scripts/compare_members.py"


rule study:
    default_target: True
    input:
        *[getattr(rules, f"{member.prefix}all").input for member in MEMBERS],
        **get_study_files(STUDY_DIR),
    localrule: True


onstart:
    begin_run()


onsuccess:
    end_study(MEMBERS, PIPELINE)


onerror:
    mark_failed_jobs(workflow)
    end_study(MEMBERS, PIPELINE, log)
