"""Each student learns from its expert (DAgger), and is then tested on fresh episodes."""


rule train_student:
    input:
        budget=get_budget,
        expert=get_expert,
        tools=get_tools,
        rom=get_rom(),
        adapter=get_adapter(),
        start_states=get_start_states,
        history=get_history,
        sources=get_sources("dagger"),
    output:
        best="<results>/models/{milestone}/dagger_{milestone}_best.pth",
        final="<results>/models/{milestone}/dagger_{milestone}_final.pth",
        training="<results>/models/{milestone}/training.json",
        trajectories="<results>/models/{milestone}/trajectories.json",
    log:
        "<results>/logs/train_student/{milestone}.log",
    benchmark:
        "<results>/benchmarks/train_student/{milestone}.tsv"
    priority: 4
    conda:
        "../envs/autodagger.yaml"
    threads: config["train_threads"]
    resources:
        gpu=1 if is_gpu_used() else 0,
    params:
        milestone=get_goal,
        options=get_options(
            "dagger_iterations",
            "episodes_per_iter",
            "train_steps_per_iter",
            "batch_size",
            "learning_rate",
            "hidden_dim",
            "network",
            "frame_size",
            "grayscale",
            "previous_action",
            "beta_schedule",
            "dart_noise",
            "early_stop",
        ),
        seed=config["seed"],
    message:
        "{wildcards.milestone}: training the student"
    script:
        "../scripts/train_student.py"


rule evaluate_student:
    input:
        model="<results>/models/{milestone}/dagger_{milestone}_best.pth",
        budget=get_budget,
        expert=get_expert,
        tools=get_tools,
        rom=get_rom(),
        adapter=get_adapter(),
        start_states=get_start_states,
        history=get_history,
        sources=get_sources("student_evaluation"),
    output:
        report="<results>/student_eval/{milestone}/student_eval.json",
        trajectories="<results>/student_eval/{milestone}/trajectories.json",
    log:
        "<results>/logs/evaluate_student/{milestone}.log",
    benchmark:
        "<results>/benchmarks/evaluate_student/{milestone}.tsv"
    priority: 6
    conda:
        "../envs/autodagger.yaml"
    threads: config["train_threads"]
    resources:
        gpu=1 if is_gpu_used() else 0,
    params:
        milestone=get_goal,
        episodes=config["student_eval_episodes"],
        seed=config["seed"],
    message:
        "{wildcards.milestone}: testing the student on fresh episodes"
    script:
        "../scripts/evaluate_student.py"


rule record_student_videos:
    input:
        trajectories=[
            "<results>/models/{milestone}/trajectories.json",
            "<results>/student_eval/{milestone}/trajectories.json",
        ],
        budget=get_budget,
        rom=get_rom(),
        adapter=get_adapter(),
        start_states=get_start_states,
        history=get_history,
        sources=get_sources("video"),
    output:
        videos=directory("<results>/dagger_videos/{milestone}"),
    log:
        "<results>/logs/record_student_videos/{milestone}.log",
    benchmark:
        "<results>/benchmarks/record_student_videos/{milestone}.tsv"
    conda:
        "../envs/autodagger.yaml"
    params:
        milestone=get_goal,
        fps=config["video_fps"],
        scale=config["video_scale"],
        per_iteration=config["videos_per_iteration"],
        per_evaluation=config["videos_per_evaluation"],
    message:
        "{wildcards.milestone}: recording the student's videos"
    script:
        "../scripts/record_videos.py"
