"""One player of the whole game, made of all students; judged in whole runs from power-on."""


rule train_agent:
    input:
        unpack(get_chain_inputs),
    output:
        agent=update(RESULTS.agent),
        training=RESULTS.agent_training,
    log:
        RESULTS.log("train_agent", "agent"),
    benchmark:
        RESULTS.benchmark("train_agent", "agent")
    priority: 5
    conda:
        "../envs/autodagger.yaml"
    threads: AGENT_THREADS
    resources:
        mem_mb=grow(8000),
        runtime=grow(720),
        cpus_per_task=config["num_envs"],
        gpu=get_gpus,
    params:
        sources=get_sources("train_agent"),
        console=get_console(),
        chain=get_chain_goals,
        vision=get_chain_vision,
        options=get_options(*(option.name for option in fields(AgentOptions))),
        training_options=get_training_options(),
        seed=config["seed"],
    message:
        "teaching one agent all milestones"
    script:
        "../scripts/train_agent.py"


rule evaluate_agent:
    input:
        unpack(get_chain_inputs),
        agent=RESULTS.agent,
    output:
        report=update(RESULTS.full_run),
        runs=update(RESULTS.agent_runs),
        survival=report(
            update(RESULTS.survival),
            category="Agent",
            labels={"what": "runs that passed each milestone"},
        ),
    log:
        RESULTS.log("evaluate_agent", "agent"),
    benchmark:
        RESULTS.benchmark("evaluate_agent", "agent")
    priority: 6
    conda:
        "../envs/autodagger.yaml"
    threads: config["train_threads"]
    resources:
        mem_mb=grow(4000),
        runtime=grow(4 * 60),
        cpus_per_task=config["num_envs"],
        gpu=get_gpus,
    params:
        sources=get_sources("evaluate_agent"),
        console=get_console(),
        chain=get_chain_goals,
        vision=get_chain_vision,
        gap=get_gap,
        options=get_options("agent_runs", "seed"),
    message:
        "judging the agent in whole runs"
    script:
        "../scripts/evaluate_agent.py"


rule record_agent_videos:
    input:
        unpack(get_chain_games),
        runs=RESULTS.agent_runs,
    output:
        videos=report(
            update(directory(RESULTS.agent_videos)),
            patterns=["{video}.mp4"],
            category="Agent",
            labels={"what": "{video}"},
        ),
        strip=report(
            update(RESULTS.strip),
            category="Agent",
            labels={"what": "one run, a picture a milestone"},
        ),
    log:
        RESULTS.log("record_agent_videos", "agent"),
    benchmark:
        RESULTS.benchmark("record_agent_videos", "agent")
    conda:
        "../envs/autodagger.yaml"
    resources:
        mem_mb=grow(1500),
        runtime=grow(60),
    params:
        sources=get_sources("record_agent_videos"),
        console=get_console(),
        chain=get_chain_goals,
        options=get_options("video_fps", "video_scale"),
    message:
        "recording the agent's videos"
    script:
        "../scripts/record_agent_videos.py"
