"""Each student learns from its expert (DAgger), and is then tested on fresh episodes."""


# A good model stays until a finished one takes its place (`update`: Snakemake removes all other
# outputs before the job). That a training has not finished shows in training.json being missing.
rule train_student:
    input:
        unpack(get_task_inputs),
        budget=RESULTS.budget(),
    output:
        best=update(RESULTS.best()),
        final=update(RESULTS.final()),
        training=RESULTS.training(),
        demonstrations=RESULTS.demonstrations(),
        trajectories=RESULTS.rollouts(),
    log:
        RESULTS.log("train_student"),
    benchmark:
        RESULTS.benchmark("train_student")
    priority: 4
    conda:
        "../envs/autodagger.yaml"
    threads: config["train_threads"]
    resources:
        mem_mb=grow(2500),
        runtime=grow(4 * 60),
        cpus_per_task=config["num_envs"],
        gpu=get_gpus,
    params:
        sources=get_sources("train_student"),
        console=get_console(),
        milestone=get_goal,
        vision=get_vision,
        options=get_training_options(),
        seed=config["seed"],
    message:
        "{wildcards.milestone}: training the student"
    script:
        "../scripts/train_student.py"


rule evaluate_student:
    input:
        unpack(get_task_inputs),
        unpack(get_test_inputs),
        model=RESULTS.best(),
        budget=RESULTS.budget(),
    output:
        report=update(RESULTS.student_report()),
        trajectories=update(RESULTS.student_replays()),
    log:
        RESULTS.log("evaluate_student"),
    benchmark:
        RESULTS.benchmark("evaluate_student")
    priority: 6
    conda:
        "../envs/autodagger.yaml"
    threads: config["train_threads"]
    resources:
        mem_mb=grow(1500),
        runtime=grow(60),
        cpus_per_task=config["num_envs"],
        gpu=get_gpus,
    params:
        sources=get_sources("evaluate_student"),
        console=get_console(),
        milestone=get_goal,
        vision=get_vision,
        options=get_options("student_eval_episodes", "seed"),
    message:
        "{wildcards.milestone}: testing the student on fresh episodes"
    script:
        "../scripts/evaluate_student.py"


rule save_dataset:
    input:
        unpack(get_game_inputs),
        demonstrations=RESULTS.demonstrations(),
        rollouts=RESULTS.rollouts(),
    output:
        folder=update(directory(RESULTS.datasets())),
    log:
        RESULTS.log("save_dataset"),
    benchmark:
        RESULTS.benchmark("save_dataset")
    conda:
        "../envs/autodagger.yaml"
    resources:
        mem_mb=grow(1500),
        runtime=grow(60),
    params:
        sources=get_sources("save_dataset"),
        console=get_console(),
        milestone=get_goal,
    message:
        "{wildcards.milestone}: saving the dataset"
    script:
        "../scripts/save_dataset.py"


rule record_student_videos:
    input:
        unpack(get_game_inputs),
        unpack(get_test_inputs),
        trajectories=[RESULTS.rollouts(), RESULTS.student_replays()],
        budget=RESULTS.budget(),
    output:
        videos=report(
            update(directory(RESULTS.student_videos())),
            patterns=["{video}.mp4"],
            category="Videos",
            subcategory="{milestone}",
            labels={"player": "student", "video": "{video}"},
        ),
    log:
        RESULTS.log("record_student_videos"),
    benchmark:
        RESULTS.benchmark("record_student_videos")
    conda:
        "../envs/autodagger.yaml"
    resources:
        mem_mb=grow(1000),
        runtime=grow(60),
    params:
        sources=get_sources("record_videos"),
        console=get_console(),
        milestone=get_goal,
        options=get_options(
            "video_fps", "video_scale", "videos_per_iteration", "videos_per_evaluation"
        ),
        is_student=True,
    message:
        "{wildcards.milestone}: recording the student's videos"
    script:
        "../scripts/record_videos.py"
