"""The milestone table and the helpers that the rules take their inputs and params from."""

import functools
import os
from dataclasses import fields
from pathlib import Path

from snakemake.dag import DAG

import autodagger
from autodagger.dagger.options import TrainingOptions
from autodagger.errors import exit_in_words
from autodagger.expert.desk import ASKING, mentions
from autodagger.expert.kept_answers import find_late_answers
from autodagger.files import digest_json, exists, is_readable, sha256_file
from autodagger.results.layout import Results
from autodagger.results.rows import collect_rows
from autodagger.sources import list_game_sources, list_imports, list_sources
from autodagger.workflow.config_file import check_config_files, get_config_file
from autodagger.workflow.confinement import tell_confinement
from autodagger.workflow.damage import is_damaged
from autodagger.workflow.ending import show_results, write_failures
from autodagger.workflow.engine import (
    ease_scheduling,
    mark_failed_jobs,
    see_cancelled_jobs,
)
from autodagger.workflow.foresight import foresee_decision, plan_anew_after_surprises
from autodagger.workflow.gpu import is_gpu_there
from autodagger.workflow.job import prepare_jobs
from autodagger.workflow.logging_later import forget_failed_logging
from autodagger.workflow.pipeline import check_adapter, load_pipeline
from autodagger.workflow.run_lock import dismiss_earlier_runs, hold_run_lock
from autodagger.workflow.study import (
    EXPERT_OPTIONS,
    SHARED_KEYS,
    describe_members,
    end_study,
    get_study_files,
    load_study,
    take_first,
)

# Our Snakefile's folder. `workflow.basedir` is another one where ours is a module of a workflow.
HOME = Path(str(workflow.current_basedir)).parent
IS_MODULE = Path(workflow.basedir).resolve() != HOME.resolve()
prepare_jobs(HOME)
if workflow.is_main_process:
    plan_anew_after_surprises(DAG)


def get_own_config_file():
    return check_config_files(get_config_file(HOME, IS_MODULE))[0]


def take_shared():
    """What the study that this run belongs to says beside its options."""
    return {key: config.pop(key, default) for key, default in SHARED_KEYS.items()}


@exit_in_words()
def get_study():
    """What its members have in common, in the study's folder, and they: from a config with lists."""
    pipeline = get_pipeline(take_first(config, workflow.configfiles))
    return pipeline, load_study(config, pipeline.options["output_dir"])


def get_member_rows():
    results = [member.results for member in MEMBERS]
    return [one.row(milestone) for one in results for milestone in PIPELINE.selected]


def get_member_budgets():
    """A rule that lists budgets is looked at anew when they come out otherwise than foreseen."""
    results = [member.results for member in MEMBERS if PIPELINE.options["agent"]]
    return [one.budget(milestone) for one in results for milestone in PIPELINE.selected]


def get_member_agents(wildcards):
    """What their agents come to, of those that have one."""
    results = [member.results for member in MEMBERS if PIPELINE.options["agent"]]
    return [one.full_run for one in results if get_agent_chain(one)]


@exit_in_words()
def get_pipeline(config, member=""):
    """Options, game and milestones; what is wrong with them ends Snakemake without traceback.

    The adapter of a study's members has been tried by the study.
    """
    check_config_files(*([] if IS_MODULE or member else workflow.configfiles))
    is_first = workflow.is_main_process and not member
    pipeline = load_pipeline(config, workflow.configfiles, HOME, probe=is_first)
    if is_first:
        check_adapter(pipeline)
    return pipeline


def get_run_lock(member=""):
    """Held by what was started, once."""
    return hold_run_lock() if workflow.is_main_process and not member else None


def begin_run():
    """What is done before the first job of a run that is no dry one."""
    dismiss_earlier_runs()
    ease_scheduling(workflow)
    see_cancelled_jobs()
    tell_confinement(PIPELINE.options["unconfined_experts"])


def get_goal(wildcards):
    return PIPELINE.milestones[wildcards.milestone].to_params()


def get_task_inputs(wildcards):
    """All that an evaluation or a training plays with."""
    expert = str(Path(config["policy_dir"], f"{wildcards.milestone}.py"))
    return get_game_inputs(wildcards) | {
        # None, when it is missing or unreadable: then adding it is a change of inputs.
        "expert": expert if is_readable(expert) else [],
        "tools": get_tools(),
    }


@functools.cache
def get_tools():
    folder = config["tools_dir"]
    return sorted(map(str, Path(folder).glob("*.py"))) if folder else []


def get_game_inputs(wildcards):
    """All that a replay plays with."""
    return get_game() | {"start_states": get_start_states(wildcards)}


def get_game():
    return {
        "rom": str(PIPELINE.rom) if PIPELINE.rom else [],
        "adapter": str(PIPELINE.adapter),
        "siblings": [os.path.relpath(path) for path in get_game_sources()[0]],
    }


@functools.cache
def get_game_sources():
    """What the adapter imports: files beside it, and modules of the package."""
    files, package = (
        list_game_sources(PIPELINE.adapter),
        Path(autodagger.__file__).parent,
    )
    inside = [file for file in files if file.is_relative_to(package)]
    return [file for file in files if file not in inside], inside


def get_test_inputs(wildcards):
    return {"test_states": get_start_states(wildcards, "test_states")}


def get_start_states(wildcards, kind="states"):
    """Where the episodes begin; none is power-on."""
    previous = PIPELINE.milestones[wildcards.milestone].predecessor
    return [] if previous is None else get_end_states(previous, kind)


def get_end_states(milestone, kind="states"):
    """Where a milestone ends: the user's own save state, else what its expert recorded."""
    own = PIPELINE.get_own_state(milestone)
    if exists(own):
        return str(own)
    states = getattr(RESULTS, kind)(milestone)
    return ancient(states) if is_damaged(states) else str(states)


@functools.cache
def get_sources(script):
    """What a rule's script and the package's modules that decide its result are, as one digest.

    Snakemake knows a script's time alone, see profiles/default; and as inputs they were most of
    what it has to look at.
    """
    path = Path(HOME, "scripts", f"{script}.py")
    return digest_sources(path, *list_sources(*list_imports(path)))


@functools.cache
def get_console():
    """Likewise, what of the package the game's adapter needs."""
    return digest_sources(*get_game_sources()[1])


def digest_sources(*files):
    return digest_json(
        {os.path.relpath(file, HOME): sha256_file(file) for file in files}
    )


def get_options(*names):
    """Options as one param: Snakemake compares params as a set of texts, without their names.

    Of two plain numbers one can become the other's equal unseen.
    """
    return {name: config[name] for name in names}


def get_training_options():
    return get_options(*(option.name for option in fields(TrainingOptions)))


def get_vision(wildcards):
    return find_vision_model([wildcards.milestone])


def find_vision_model(milestones):
    """The one whose answers count, where an expert of these or a tool asks any at all.

    And which questions had none once, and have now.
    """
    sources = [Path(config["policy_dir"], f"{m}.py") for m in milestones]
    if not mentions([*sources, *map(Path, get_tools())], ASKING):
        return {}
    files, can_ask = map(RESULTS.vision, milestones), bool(config["vision_url"])
    late = [find_late_answers(file, can_ask) for file in files]
    return get_options("vision_model") | {"late_answers": late}


def get_decision(milestone, results=None):
    """What becomes of a milestone by its budget; before there is one, it is foreseen."""
    return foresee_decision((results or RESULTS).budget(milestone))


def is_trained(milestone):
    return get_decision(milestone) == "train"


def get_training(wildcards):
    milestone = wildcards.milestone
    return RESULTS.training(milestone) if is_trained(milestone) else []


def get_student_report(wildcards):
    milestone = wildcards.milestone
    return RESULTS.student_report(milestone) if is_trained(milestone) else []


def get_expert_videos():
    milestones = PIPELINE.selected if config["record_video"] else []
    return [RESULTS.expert_videos(milestone) for milestone in milestones]


def get_student_files(milestone):
    """An input function: models, evaluation, videos, dataset of a milestone that is trained.

    The budget is among them: a rule that lists it is looked at anew when it is made. So is
    training.json, without which the models are those of an earlier training.
    """
    files = [RESULTS.best(milestone), RESULTS.final(milestone)]
    files += [RESULTS.training(milestone), RESULTS.student_report(milestone)]
    if config["record_video"]:
        files.append(RESULTS.student_videos(milestone))
    if config["save_dataset"]:
        files.append(RESULTS.datasets(milestone))
    budget = RESULTS.budget(milestone)
    return lambda wildcards: [budget, *(files if is_trained(milestone) else [])]


def get_logging():
    """W&B after the fact; what it could not log before, it tries again."""
    if not config["track"]:
        return []
    if workflow.is_main_process:
        forget_failed_logging(RESULTS, PIPELINE.selected, config)
    return [RESULTS.logged_later]


def get_agent_training(wildcards):
    return RESULTS.agent_training if get_agent_files(wildcards) else []


def get_gpus(wildcards):
    """GPUs of a job: 1 if trainings take one, which a dry run does not ask.

    Nor does a cluster's submitting host, which has another machine's; see docs/cluster.md.
    """
    is_here = workflow.is_main_process and workflow.local_exec and not workflow.dryrun
    return int(config["cuda"] and is_here and is_gpu_there())


def grow(amount):
    """A resource of which a job gets more at each attempt, for clusters."""

    def get_amount(wildcards, attempt):
        return amount * attempt

    return get_amount
