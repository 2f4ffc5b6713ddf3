"""The chain of milestones that the agent plays, and what its rules take from it."""

from autodagger.agent.options import AgentOptions
from autodagger.game.milestone import list_path

# Milestones that it learns at once; Snakemake gives it no more than --cores.
AGENT_THREADS = 4


def get_agent_chain(results=None):
    """The milestones from power-on on that have a student, up to the first that has none.

    Those that are reached wherever they start are none of them, and no end either.

    By the budgets as they are or are foreseen.
    """
    chain = []
    for milestone in list_path(PIPELINE.milestones):
        if milestone not in PIPELINE.selected:
            break
        decision = get_decision(milestone, results)
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
        if milestone not in chain and get_decision(milestone) != "pass":
            return milestone
    return ""


def get_chain_games(wildcards):
    """All that a replay of whole runs plays with."""
    # A rule that lists budgets is looked at anew when they come out otherwise than foreseen.
    return get_game() | {
        "budgets": [RESULTS.budget(milestone) for milestone in get_agent_chain()]
    }


def get_agent_starts(chain):
    """Start states for training, in the order of the milestones; the first has none."""
    previous = [PIPELINE.milestones[milestone].predecessor for milestone in chain]
    return [get_end_states(milestone) for milestone in previous if milestone]


def get_chain_inputs(wildcards):
    """All that the agent is made from, and judged with."""
    chain = get_agent_chain()
    return get_chain_games(wildcards) | {
        "experts": [str(Path(config["policy_dir"], f"{m}.py")) for m in chain],
        "tools": get_tools(),
        "models": [RESULTS.best(milestone) for milestone in chain],
        "trainings": [RESULTS.training(milestone) for milestone in chain],
        "start_states": get_agent_starts(chain),
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
