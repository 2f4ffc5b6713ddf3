"""The file that a student is kept in: tensors and plain values, which run no code when read."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from autodagger.errors import UserError, show
from autodagger.files import read_bytes
from autodagger.student.networks import NetworkArgs, Student
from autodagger.student.view import View

FORMAT = 2

MAX_BYTES = 3 << 30
"""More than the widest network has that options allow."""

_RETRAIN = "Train it again: delete the file and run Snakemake."


@dataclass(frozen=True)
class Expected:
    """Which student belongs somewhere.

    Attributes:
        milestone_id: What it was trained for.
        actions: The game's.
        view: What the options let it see; None: whatever it is.
    """

    milestone_id: str
    actions: Sequence[str]
    view: View | None = None


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
    data = read_bytes(path, "model", f"Expected a student. {_RETRAIN}", MAX_BYTES)
    try:
        content = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises many kinds for a damaged file
        # Its own words advise to run the file's code; they stay in the traceback.
        raise UserError(
            f"model {path}: cannot be read as tensors and plain values, so it is damaged or from "
            f"elsewhere. {_RETRAIN}"
        ) from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        found = content.get("format") if isinstance(content, dict) else type(content).__name__
        raise UserError(f"model {path}: found format {show(found)}; expected {FORMAT}. {_RETRAIN}")
    try:
        args, weights = _from_builtins(content["network"]), content["weights"]
        _check_sizes(args, weights)
        student = Student(args)
        student.load_state_dict(weights)
    except Exception as error:  # of whatever kind the values are
        text = str(error) or type(error).__name__
        raise UserError(f"model {path}: incomplete ({text[:500]}). {_RETRAIN}") from error
    broken = [name for name, tensor in weights.items() if not torch.isfinite(tensor).all()]
    if broken:
        raise UserError(
            f"model {path}: its weights hold what is no number (NaN or infinity, in {broken[0]}), "
            f"so it cannot play. {_RETRAIN} If that makes them again, lower learning_rate."
        )
    return student, content


def check_student(
    path: Path, args: NetworkArgs, content: Mapping[str, Any], expected: Expected
) -> None:
    """Refuses a student that is sound, and another one than is expected there.

    Raises:
        UserError: Names the file, and what differs.
    """
    if (found := content.get("milestone_id")) != expected.milestone_id:
        raise UserError(
            f"model {path}: found the one of milestone {show(found)}; expected that of "
            f"{expected.milestone_id}. {_RETRAIN}"
        )
    if args.actions != tuple(expected.actions):
        raise UserError(
            f"model {path}: its buttons are {', '.join(args.actions)}; the game has "
            f"{', '.join(expected.actions)}. {_RETRAIN}"
        )
    for key, value in asdict(expected.view or args.view).items():
        if (found := getattr(args.view, key)) != value:
            raise UserError(
                f"model {path}: it was trained with {key} {show(found)}; expected {show(value)}, "
                f"as the options say. {_RETRAIN}"
            )


def _check_sizes(args: NetworkArgs, weights: Mapping[str, Tensor]) -> None:
    """Before anything is built of these sizes: weights are no larger than their file."""
    found = {name: tuple(weights[name].shape) for name in ("head.bias", "hidden.bias", "center")}
    sizes = {
        "head.bias": (len(args.actions),),
        "hidden.bias": (args.hidden_dim,),
        "center": args.view.shape,
    }
    for name, size in sizes.items():
        if found[name] != size:
            raise ValueError(f"{name} has the shape {found[name]}, and its network {size}")


def _to_builtins(args: NetworkArgs) -> dict[str, Any]:
    view = asdict(args.view) | {"frame_size": list(args.view.frame_size)}
    return asdict(args) | {"view": view, "actions": list(args.actions)}


def _from_builtins(content: dict[str, Any]) -> NetworkArgs:
    view = content["view"]
    view = View(**view | {"frame_size": tuple(view["frame_size"])})
    return NetworkArgs(**content | {"view": view, "actions": tuple(content["actions"])})
