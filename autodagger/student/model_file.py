"""The file that a student is kept in: tensors and plain values, which run no code when read."""

import io
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from autodagger.errors import UserError
from autodagger.student.networks import NetworkArgs, Student
from autodagger.student.view import View

FORMAT = 2


def save_student(
    weights: dict[str, Tensor],
    args: NetworkArgs,
    *,
    milestone_id: str,
    digests: dict[str, str],
    scores: dict[str, Any],
) -> bytes:
    """A `.pth` file's bytes: tensors and builtins only, so that it loads with `weights_only=True`.

    Equal input gives equal bytes.

    Args:
        weights: The student's `state_dict`.
        args: What builds it.
        milestone_id: What it was trained for.
        digests: Of what it was trained from, see `autodagger.dagger.checkpoint.fingerprint`.
        scores: The metrics of its iteration.
    """
    content = {
        "format": FORMAT,
        "milestone_id": milestone_id,
        "network": _to_builtins(args),
        "digests": digests,
        "scores": scores,
        "weights": {name: tensor.detach().cpu().contiguous() for name, tensor in weights.items()},
    }
    buffer = io.BytesIO()
    torch.save(content, buffer)
    return buffer.getvalue()


def load_student(path: Path) -> tuple[Student, dict[str, Any]]:
    """A student and the rest of its file's content; no code of the file is run.

    Raises:
        UserError: The file is no student of this program.
    """
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises many kinds for a damaged file
        # Its own words advise to run the file's code; they stay in the traceback.
        raise UserError(
            f"model {path}: cannot be read as tensors and plain values, so it is damaged or from "
            "elsewhere. Train it again: delete the file and run Snakemake."
        ) from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        found = content.get("format") if isinstance(content, dict) else type(content).__name__
        raise UserError(
            f"model {path}: found format {found!r}; expected {FORMAT}. Train it again: delete the "
            "file and run Snakemake."
        )
    try:
        student = Student(_from_builtins(content["network"]))
        student.load_state_dict(content["weights"])
    except (KeyError, TypeError, RuntimeError) as error:
        raise UserError(
            f"model {path}: incomplete ({error}). Train it again: delete the file and run "
            "Snakemake."
        ) from error
    return student, content


def _to_builtins(args: NetworkArgs) -> dict[str, Any]:
    view = asdict(args.view) | {"frame_size": list(args.view.frame_size)}
    return asdict(args) | {"view": view, "actions": list(args.actions)}


def _from_builtins(content: dict[str, Any]) -> NetworkArgs:
    view = content["view"]
    view = View(**view | {"frame_size": tuple(view["frame_size"])})
    return NetworkArgs(**content | {"view": view, "actions": tuple(content["actions"])})
