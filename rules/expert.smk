"""Each expert plays: how often does it reach its milestone, in how many steps, ending where?"""


rule evaluate_expert:
    input:
        unpack(get_task_inputs),
        unpack(get_test_inputs),
    output:
        report=RESULTS.expert_report(),
        trajectories=RESULTS.expert_replays(),
        states=RESULTS.states(),
        test_states=RESULTS.test_states(),
    log:
        RESULTS.log("evaluate_expert"),
    benchmark:
        RESULTS.benchmark("evaluate_expert")
    priority: 10
    conda:
        "../envs/autodagger.yaml"
    resources:
        mem_mb=grow(1000),
        runtime=grow(60),
        cpus_per_task=config["num_envs"],
    params:
        sources=get_sources("evaluate_expert"),
        console=get_console(),
        milestone=get_goal,
        vision=get_vision,
        options=get_options(*EXPERT_OPTIONS),
    message:
        "{wildcards.milestone}: evaluating the expert"
    script:
        "../scripts/evaluate_expert.py"


rule record_expert_videos:
    input:
        unpack(get_game_inputs),
        trajectories=[RESULTS.expert_replays()],
    output:
        videos=report(
            update(directory(RESULTS.expert_videos())),
            patterns=["{video}.mp4"],
            category="Videos",
            subcategory="{milestone}",
            labels={"player": "expert", "video": "{video}"},
        ),
    log:
        RESULTS.log("record_expert_videos"),
    benchmark:
        RESULTS.benchmark("record_expert_videos")
    conda:
        "../envs/autodagger.yaml"
    resources:
        mem_mb=grow(1000),
        runtime=grow(30),
    params:
        sources=get_sources("record_videos"),
        console=get_console(),
        milestone=get_goal,
        options=get_options("video_fps", "video_scale", "videos_per_evaluation"),
        is_student=False,
    message:
        "{wildcards.milestone}: recording the expert's videos"
    script:
        "../scripts/record_videos.py"
