"""The milestone table and the helpers that the rules take their inputs and params from."""

import functools
import os
import re
import shutil
import sys
from pathlib import Path

from snakemake.exceptions import IncompleteCheckpointException
from snakemake.io import checkpoint_target

from autodagger.config import (
    check_folders,
    check_milestone_options,
    load_config,
    select_milestones,
    suggest,
)
from autodagger.errors import UserError
from autodagger.files import read_json
from autodagger.game import check_rom, load_game
from autodagger.job import INTERRUPTED, list_failed_jobs, prepare_jobs
from autodagger.lifeline import hold_run_lock
from autodagger.milestone import load_milestones
from autodagger.sources import list_sources
from autodagger.summary import (
    build_failed_row,
    collect_rows,
    format_table,
    write_results,
)

prepare_jobs(workflow.basedir)


def get_config_file():
    """The config.yaml of the working folder, else the one beside the Snakefile."""
    return (
        "config.yaml"
        if Path("config.yaml").is_file()
        else f"{workflow.basedir}/config.yaml"
    )


def get_checked_config():
    """The options with their defaults; what is wrong with them ends Snakemake without traceback."""
    try:
        return load_config(config, workflow.configfiles)
    except UserError as error:
        sys.exit(str(error))


def find_path(path):
    """A path as the user wrote it, else the same beside the Snakefile; relative either way.

    Relative paths keep a moved checkout up to date.
    """
    beside = Path(os.path.relpath(workflow.basedir), path)
    return str(beside if beside.exists() and not Path(path).exists() else Path(path))


def get_game_dir():
    return find_path(
        Path("games", config["game"]) if is_game_name() else config["game"]
    )


def is_game_name():
    return len(Path(config["game"]).parts) == 1


def get_rom():
    return (
        find_path(config["rom_path"])
        if config["rom_path"]
        else str(Path(get_game_dir(), GAME.rom))
    )


def get_game():
    try:
        return load_game(Path(get_game_dir()))
    except UserError as error:
        sys.exit(str(error))


def get_milestone_table():
    """Milestones by id, in config order, after everything a user can have wrong was checked."""
    try:
        check_rom(GAME, Path(get_rom()))
        table = {
            m.id: m
            for m in load_milestones(
                Path(find_path(config["milestone_config"])), GAME.done_when
            )
        }
        check_milestone_options(config, list(table))
        check_folders(
            {
                key: config[key] and find_path(config[key])
                for key in ("policy_dir", "tools_dir")
            }
        )
    except UserError as error:
        sys.exit(str(error))
    config["milestone_ids"] = list(table)
    return table


def get_selection():
    """The ids that this run makes, and the reason by id for those it skips."""
    return select_milestones(config, list(MILESTONES))


def get_goal(wildcards):
    return MILESTONES[wildcards.milestone].to_params()


def get_expert(wildcards):
    """The expert's file; none, when it is missing: then adding it is a change of inputs."""
    path = get_expert_path(wildcards)
    return path if Path(path).is_file() else []


def get_expert_path(wildcards):
    return str(Path(find_path(config["policy_dir"]), f"{wildcards.milestone}.py"))


def get_missing_expert(wildcards):
    """Where the expert was looked for and what is there instead, or None."""
    if get_expert(wildcards):
        return None
    path = Path(get_expert_path(wildcards))
    nearest = suggest(
        wildcards.milestone, [file.stem for file in path.parent.glob("*.py")], "{}.py"
    )
    return (
        f"{path} does not exist{nearest}. Write it (run(state) -> button name), "
        "or name its folder with policy_dir."
    )


def get_missing_start(wildcards):
    """What to say when the start states turn out to be none, or None for power-on."""
    previous = MILESTONES[wildcards.milestone].predecessor
    if previous is None or get_own_state(previous).is_file():
        return None
    return (
        f"{get_own_state(previous)} does not exist, and the expert of {previous} never reached it. "
        "Mend that expert, or put a save state there."
    )


def get_tools(wildcards):
    if config["tools_dir"] is None:
        return []
    return sorted(map(str, Path(find_path(config["tools_dir"])).glob("*.py")))


def get_start_states(wildcards):
    """The user's own state, else what the previous expert recorded, else none (power-on)."""
    previous = MILESTONES[wildcards.milestone].predecessor
    if previous is None:
        return []
    own = get_own_state(previous)
    return str(own) if own.is_file() else get_evaluation(previous).states


@functools.cache
def get_own_state(previous):
    return Path(find_path(config["state_dir"]), f"{previous}_completed.state")


@functools.cache  # asked for after every evaluation, for every job
def get_chain(milestone):
    """The milestones whose evaluations lead to this one's start states, the first one first."""
    chain = []
    previous = MILESTONES[milestone].predecessor
    while previous is not None and not get_own_state(previous).is_file():
        chain.insert(0, previous)
        previous = MILESTONES[previous].predecessor
    return chain


def get_history(wildcards):
    """Reports of the evaluations before: never a reason to run, but to be looked at anew.

    When an evaluation is done, Snakemake decides afresh about the jobs that list one of its files,
    and only about them. So each job lists all that could have made it due; `ancient` says that
    they do not by themselves.
    """
    return [
        ancient(f"{config['output_dir']}/expert_eval/{milestone}/expert_eval.json")
        for milestone in get_chain(wildcards.milestone)
    ]


def get_evaluation(milestone):
    """The outputs of a milestone's expert evaluation, which Snakemake makes first.

    The evaluations before it are asked for in order: Snakemake waits for the first that is due.
    """
    chain = [*get_chain(milestone), milestone]
    return [checkpoints.evaluate_expert.get(milestone=m).output for m in chain][-1]


def get_adapter():
    return str(Path(get_game_dir(), "adapter.py"))


def get_sources(*modules):
    """The package's modules that decide the result of a rule."""
    return [os.path.relpath(path) for path in list_sources(*modules)]


def get_options(*names):
    return {name: config[name] for name in names}


def get_report(wildcards):
    return get_evaluation(wildcards.milestone).report


def get_budget(wildcards):
    return checkpoints.plan_budget.get(milestone=wildcards.milestone).output.budget


def is_trained(milestone):
    """Whether the budget says to train; Snakemake makes the budget first."""
    get_evaluation(milestone)  # a new report has this asked again
    plan = checkpoints.plan_budget.get(milestone=milestone)
    budget = plan.output.budget
    if not Path(budget).is_file():  # it is being made anew at this moment
        raise IncompleteCheckpointException(plan.rule, checkpoint_target(budget))
    return read_json(budget)["decision"] == "train"


def get_training(wildcards):
    folder = f"{config['output_dir']}/models/{wildcards.milestone}"
    return f"{folder}/training.json" if is_trained(wildcards.milestone) else []


def get_student_report(wildcards):
    folder = f"{config['output_dir']}/student_eval/{wildcards.milestone}"
    return f"{folder}/student_eval.json" if is_trained(wildcards.milestone) else []


def get_expert_videos():
    milestones = SELECTED if config["record_video"] else []
    return [
        f"{config['output_dir']}/expert_eval_videos/{milestone}"
        for milestone in milestones
    ]


def get_student_files(milestone):
    """An input function: models, evaluation and videos of a milestone that is trained.

    The budget is among them: a rule that lists it is looked at anew when it is made.
    """
    output, model = config["output_dir"], f"models/{milestone}/dagger_{milestone}"
    budget = f"{output}/budget/{milestone}/budget.json"
    files = [f"{output}/{model}_best.pth", f"{output}/{model}_final.pth"]
    files.append(f"{output}/student_eval/{milestone}/student_eval.json")
    if config["record_video"]:
        files.append(f"{output}/dagger_videos/{milestone}")
    return lambda wildcards: [budget, *(files if is_trained(milestone) else [])]


def is_gpu_used():
    """Whether trainings take the GPU; torch would take seconds to say so at every start."""
    return config["cuda"] and shutil.which("nvidia-smi") is not None


def get_results(failed=None):
    return collect_rows(Path(config["output_dir"]), list(MILESTONES), SKIPPED, failed)


def write_failures(logs):
    """After a crash: CSV and JSON with a `failed` row for each milestone of which a job failed.

    Its row on disk goes, so that the next run writes it anew.
    """
    output = Path(config["output_dir"])
    failed = {}
    for rule, milestone, log in find_failed_jobs(logs):
        failed[milestone] = build_failed_row(output, milestone, rule, log)
        Path(output, "rows", f"{milestone}.json").unlink(missing_ok=True)
    rows = get_results(failed)
    write_results(
        rows, output / "pipeline_results.csv", output / "pipeline_results.json"
    )
    return rows


def find_failed_jobs(logs):
    """(rule, milestone, log) by the jobs' markers, and by Snakemake's own log; none by Ctrl-C."""
    folder = Path(config["output_dir"], "logs")
    jobs = list_failed_jobs(folder, os.getpid())
    text = "".join(Path(path).read_text(errors="replace") for path in logs)
    if "Signals.SIGINT" in text or f"exit status {INTERRUPTED}" in text:
        return []
    pattern = rf"^    log: {re.escape(str(folder))}/(\w+)/([\w-]+)\.log \(check"
    for rule, milestone in re.findall(pattern, text, re.MULTILINE):
        jobs.append((rule, milestone, folder / rule / f"{milestone}.log"))
    return [job for job in jobs if job[1] in MILESTONES]


def show_results(rows=None):
    """The final table, and where everything is; nothing without rows."""
    table = format_table(get_results() if rows is None else rows)
    output = config["output_dir"]
    lines = ["", table, ""]
    lines.append(
        f"Results: {output}/pipeline_results.csv, .json; models: {output}/models/"
    )
    if config["record_video"]:
        lines.append(f"Videos: {output}/expert_eval_videos/, {output}/dagger_videos/")
    if table:
        print("\n".join(lines), file=sys.stderr)


def lift_job_rate_limit():
    """Spares a core: Snakemake's default limit, 100 jobs a second, means nothing to jobs of seconds.

    With a limit (and its command line always sets one) Snakemake 9.27 plans another look at the
    queue a second after each look, and each job that ends begins a further chain of them: after a
    hundred jobs it does little else. A limit that somebody chose stays.
    """
    limiter = workflow.scheduler.job_rate_limiter
    if limiter and (limiter.max_jobs, limiter.timespan) == (100, 1):
        workflow.scheduler.job_rate_limiter = None
