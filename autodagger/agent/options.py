"""The options of config.yaml that the agent depends on. Free of torch."""

from dataclasses import dataclass

from autodagger.dagger.options import Options, option


@dataclass(frozen=True)
class AgentOptions(Options):
    """Those of an agent's training; see config.yaml for their meaning."""

    agent_demonstrations: int = option(20, minimum=1, maximum=10000)
    agent_rounds: int = option(3, minimum=1, maximum=1000)
    agent_journeys: int = option(16, minimum=1, maximum=10000)
    agent_practice: int = option(10, minimum=0, maximum=10000)
