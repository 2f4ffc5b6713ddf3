"""AutoDAgger: turns scripted game experts into neural policies that play from pixels.

`autodagger.load(path)` gives the player of a trained file, an `autodagger.Policy`.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autodagger.player.policy import Policy, load

__all__ = ["Policy", "__version__", "load"]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """What is public, loaded when it is asked for: it brings torch."""
    if name not in ("Policy", "load"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from autodagger.player import policy

    return getattr(policy, name)
