"""Players as files of other programs: ONNX, and torch's own `torch.export`.

The screen goes in as the game gives it, (H, W, 3) uint8: what a student does to it is inside. What
it remembers goes in and comes out by name. The file says all that is needed to play with it, as
JSON under `autodagger`: see `describe`.
"""

import contextlib
import importlib.util
import io
import json
import logging
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from autodagger.agent.network import AgentNetwork
from autodagger.errors import UserError
from autodagger.files import write_bytes
from autodagger.player.graphs import AgentGraph, StudentGraph
from autodagger.player.policy import Policy

FORMATS = ("onnx", "pt2")
KEY = "autodagger"
"""Of the metadata: a property of an ONNX model, an extra file of a `.pt2` (with `.json`)."""

NEXT = "next_"
"""Before the name of what is remembered, where it comes out of an ONNX model."""

_OF_ONNX = ("onnx", "onnxscript")

Graph = StudentGraph | AgentGraph


def export_policy(policy: Policy, path: Path, kind: str) -> None:
    """Writes a player as a file of another program.

    Args:
        policy: It.
        path: The file.
        kind: One of `FORMATS`.

    Raises:
        UserError: Nobody knows the size of the game's screen, or a package is missing.
    """
    if kind == "onnx":
        _check_packages()
    graph = build_graph(policy)
    text = json.dumps(describe(policy, graph), indent=2)
    with _quiet():
        program = torch.export.export(graph, _get_example(policy, graph), strict=False)
        data = _to_onnx(program, graph, text) if kind == "onnx" else _to_pt2(program, text)
    write_bytes(path, data)


def build_graph(policy: Policy) -> Graph:
    """A player as a module without memory; raises UserError as `export_policy`."""
    if policy.screen_size is None:
        raise UserError(
            "this model does not say the size of its game's screen, as those of earlier versions "
            "do not. Name it: --screen HEIGHTxWIDTH, such as --screen 144x160."
        )
    kind = AgentGraph if isinstance(policy.network, AgentNetwork) else StudentGraph
    return kind(policy.network, policy.screen_size).eval().requires_grad_(False)  # type: ignore[arg-type]


def describe(policy: Policy, graph: Graph) -> dict[str, Any]:
    """What a program needs to know that plays with an exported file.

    Returns:
        JSON-like values. `actions`: names by index. `milestones`: ids, of an agent by `belief`.
        `screen`: the shape of the input. `state`: what is remembered, by name, with shape and
        type, and the number that all of it is before an episode's first step.
    """
    state = {
        name: {"shape": list(value.shape), "dtype": _name_dtype(value), "start": _get_start(value)}
        for name, value in graph.start.items()
    }
    return {
        "actions": list(policy.actions),
        "milestones": list(policy.milestones),
        "game": policy.origin.game if policy.origin else None,
        "screen": [*(policy.screen_size or ()), 3],
        "state": state,
    }


def _name_dtype(value: Tensor) -> str:
    return str(value.dtype).removeprefix("torch.")


def _get_start(value: Tensor) -> float:
    return value.flatten()[0].item()


def _get_example(policy: Policy, graph: Graph) -> tuple[Any, ...]:
    screen = torch.zeros((*(policy.screen_size or ()), 3), dtype=torch.uint8)
    return screen, {name: value.clone() for name, value in graph.start.items()}


def _to_onnx(program: torch.export.ExportedProgram, graph: Graph, text: str) -> bytes:
    names = list(graph.start)
    model = torch.onnx.export(
        program,
        input_names=["screen", *names],
        output_names=["logits", "action", *(f"{NEXT}{name}" for name in names)],
        dynamo=True,
        verbose=False,
    )
    assert model is not None
    model.model.metadata_props[KEY] = text
    return bytes(model.model_proto.SerializeToString())


def _to_pt2(program: torch.export.ExportedProgram, text: str) -> bytes:
    buffer = io.BytesIO()
    torch.export.save(program, buffer, extra_files={f"{KEY}.json": text})
    return buffer.getvalue()


def _check_packages() -> None:
    missing = [name for name in _OF_ONNX if importlib.util.find_spec(name) is None]
    if missing:
        raise UserError(
            f"export to ONNX needs {' and '.join(missing)}, which is not installed. Install it: "
            "pip install -r envs/requirements-export.txt (or pip install 'autodagger[export]'), or "
            "export to torch's own format with --format pt2."
        )


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Without what the exporter says of packages and of itself that changes nothing here."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
