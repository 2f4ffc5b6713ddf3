"""Each expert plays: how often does it reach its milestone, in how many steps, ending where?"""


# A checkpoint, so that the next milestones are looked at anew when it is done: states that come
# out as they were before run nothing after it.
checkpoint evaluate_expert:
    input:
        expert=get_expert,
        tools=get_tools,
        rom=get_rom(),
        adapter=get_adapter(),
        start_states=get_start_states,
        history=get_history,
        sources=get_sources("expert_evaluation"),
    output:
        report="<results>/expert_eval/{milestone}/expert_eval.json",
        trajectories="<results>/expert_eval/{milestone}/trajectories.json",
        states="<results>/milestone_states/{milestone}/completed_states.zip",
    log:
        "<results>/logs/evaluate_expert/{milestone}.log",
    benchmark:
        "<results>/benchmarks/evaluate_expert/{milestone}.tsv"
    priority: 10
    conda:
        "../envs/autodagger.yaml"
    params:
        milestone=get_goal,
        missing_expert=get_missing_expert,
        missing_start=get_missing_start,
        episodes=config["eval_episodes"],
        seed=config["seed"],
    message:
        "{wildcards.milestone}: evaluating the expert"
    script:
        "../scripts/evaluate_expert.py"


rule record_expert_videos:
    input:
        trajectories=["<results>/expert_eval/{milestone}/trajectories.json"],
        rom=get_rom(),
        adapter=get_adapter(),
        start_states=get_start_states,
        history=get_history,
        sources=get_sources("video"),
    output:
        videos=directory("<results>/expert_eval_videos/{milestone}"),
    log:
        "<results>/logs/record_expert_videos/{milestone}.log",
    benchmark:
        "<results>/benchmarks/record_expert_videos/{milestone}.tsv"
    conda:
        "../envs/autodagger.yaml"
    params:
        milestone=get_goal,
        fps=config["video_fps"],
        scale=config["video_scale"],
        per_evaluation=config["videos_per_evaluation"],
    message:
        "{wildcards.milestone}: recording the expert's videos"
    script:
        "../scripts/record_videos.py"
