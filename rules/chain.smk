"""The chain of milestones that the agent plays, and what its rules take from it."""

from autodagger.agent.options import AgentOptions
from autodagger.game.milestone import list_path

# Milestones that it learns at once; Snakemake gives it no more than --cores.
AGENT_THREADS = 4


def get_agent_chain():
    """The milestones from power-on on that have a student, up to the first that has none.

    Those that are reached wherever they start are none of them, and no end either.

    By the budgets as they are: one that is made anew has this asked again. A checkpoint would have
    to be waited for that, when it is its turn, need not run.
    """
    chain = []
    for milestone in list_path(PIPELINE.milestones):
        if milestone not in PIPELINE.selected:
            break
        budget = RESULTS.budget(milestone)
        if not exists(budget):
            is_trained(milestone)  # Snakemake makes it first
        decision = read_decision(budget)
        if decision == "fail":
            break
        if decision == "train":
            chain.append(milestone)
    return chain


def get_chain_goals(wildcards):
    return [
        PIPELINE.milestones[milestone].to_params() for milestone in get_agent_chain()
    ]


def get_gap(wildcards):
    """The milestone before which the chain ends; none if it is the whole way."""
    chain = get_agent_chain()
    for milestone in list_path(PIPELINE.milestones):
        if (
            milestone not in chain
            and read_decision(RESULTS.budget(milestone)) != "pass"
        ):
            return milestone
    return ""


def get_chain_games(wildcards):
    """All that a replay of whole runs plays with."""
    return {
        "rom": str(PIPELINE.rom) if PIPELINE.rom else [],
        "adapter": str(PIPELINE.adapter),
        "console": get_console(),
        # A rule that lists these is looked at anew when they are made.
        "budgets": [RESULTS.budget(milestone) for milestone in get_agent_chain()],
    }


def get_agent_starts(chain):
    """Start states for training; not those of `get_start_states`, which waits for checkpoints."""
    previous = [PIPELINE.milestones[milestone].predecessor for milestone in chain]
    owns = [(m, PIPELINE.get_own_state(m)) for m in previous if m is not None]
    return [str(own) if exists(own) else RESULTS.states(m) for m, own in owns]


def get_chain_inputs(wildcards):
    """All that the agent is made from, and judged with."""
    chain = get_agent_chain()
    return get_chain_games(wildcards) | {
        "experts": [str(Path(config["policy_dir"], f"{m}.py")) for m in chain],
        "tools": get_tools(),
        "models": [RESULTS.best(milestone) for milestone in chain],
        "trainings": [RESULTS.training(milestone) for milestone in chain],
        "start_states": get_agent_starts(chain),
        "history": [
            ancient(str(RESULTS.expert_report(milestone))) for milestone in chain
        ],
    }


def get_chain_vision(wildcards):
    return find_vision_model(get_agent_chain())


def get_agent_files(wildcards):
    """What is asked for in the end; nothing where the first milestone has no student."""
    if not config["agent"] or not get_agent_chain():
        return []
    files = [RESULTS.agent, RESULTS.agent_training, RESULTS.full_run, RESULTS.survival]
    return [
        *files,
        *([RESULTS.agent_videos, RESULTS.strip] if config["record_video"] else []),
    ]
