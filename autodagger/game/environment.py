"""Environments of Gymnasium, made by their id; what is missing is named, and how to install it."""

import importlib.util
import re
import shlex
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import gymnasium
from gymnasium.error import DependencyNotInstalled

from autodagger.errors import UserError, suggest

_MODULES = {"MiniGrid-": "minigrid", "BabyAI-": "minigrid", "ALE/": "ale_py"}
"""What registers the environments whose names begin so."""


def make_environment(
    env_id: str, env_kwargs: Mapping[str, Any], package: str | None = None
) -> gymnasium.Env[Any, Any]:
    """The environment, which draws into an array.

    Args:
        env_id: With the module that registers it before a colon, see `GymGame`.
        env_kwargs: Its further arguments.
        package: What `pip install` takes to bring it, if it has another name than the module.

    Raises:
        UserError: Its package is not installed, or there is none of this name.
    """
    module, _, name = env_id.rpartition(":")
    package = package or module.split(".")[0].replace("_", "-")
    if module and importlib.util.find_spec(module.split(".")[0]) is None:
        raise UserError(
            f"environment {env_id} needs the Python package {module}, which is not installed here. "
            f"{_install(package)}"
        )
    with explain_missing_package(env_id):
        try:
            return gymnasium.make(
                env_id, render_mode="rgb_array", disable_env_checker=True, **env_kwargs
            )
        except DependencyNotInstalled:
            raise
        except (gymnasium.error.Error, ImportError, TypeError) as error:
            raise UserError(
                f"environment {env_id}: it cannot be made ({error}){_suggest(module, name)}. "
                "Expected an id that gymnasium.make takes, with the module that registers it "
                "before a colon, such as 'minigrid:MiniGrid-DoorKey-6x6-v0', and arguments that it "
                "knows (env_kwargs)."
            ) from error


@contextmanager
def explain_missing_package(env_id: str) -> Iterator[None]:
    """Names what an environment lacks, which some notice only when they draw."""
    try:
        yield
    except DependencyNotInstalled as error:
        found = re.search(r"pip install [\"'`]*([\w\[\]\-,.]+)", str(error))
        advice = _install(found[1] if found else "what it names")
        raise UserError(
            f"environment {env_id} lacks a Python package ({error}). {advice}"
        ) from error


def _install(package: str) -> str:
    return f"Run .venv/bin/python -m pip install {shlex.quote(package)} and start again."


def _suggest(module: str, name: str) -> str:
    owner = next((owner for start, owner in _MODULES.items() if name.startswith(start)), None)
    if owner and not module:
        return f" (did you mean '{owner}:{name}'?)"
    return suggest(name, gymnasium.registry, f"{module}:{{}}" if module else "{}")
