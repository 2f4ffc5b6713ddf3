"""The file that a student is kept in: tensors and plain values, which run no code when read."""

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from autodagger.errors import UserError, show
from autodagger.files import read_bytes
from autodagger.student.networks import NetworkArgs, Student
from autodagger.student.view import View

FORMAT = 2

MAX_BYTES = 3 << 30
"""More than the widest network has that options allow."""

_Network = TypeVar("_Network", bound=nn.Module)

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


@dataclass(frozen=True)
class Origin:
    """The game that a model plays.

    Attributes:
        game: Its folder's name.
        screen: Height and width of its screen in pixels.
    """

    game: str
    screen: tuple[int, int]


def save_student(
    weights: dict[str, Tensor],
    args: NetworkArgs,
    *,
    milestone_id: str,
    digests: dict[str, str],
    scores: dict[str, Any],
    origin: Origin | None = None,
) -> bytes:
    """A `.pth` file's bytes: tensors and builtins only, so that it loads with `weights_only=True`.

    Equal input gives equal bytes.

    Args:
        weights: The student's `state_dict`.
        args: What builds it.
        milestone_id: What it was trained for.
        digests: Of what it was trained from, see `autodagger.dagger.checkpoint.fingerprint`.
        scores: The metrics of its iteration.
        origin: The game that it plays.
    """
    content = {
        "format": FORMAT,
        "milestone_id": milestone_id,
        "network": to_builtins(args),
        "origin": origin and asdict(origin) | {"screen": list(origin.screen)},
        "digests": digests,
        "scores": scores,
        "weights": detach(weights),
    }
    return pack(content)


def pack(content: Mapping[str, Any]) -> bytes:
    """A model file's bytes, of tensors and builtins; equal content gives equal bytes."""
    buffer = io.BytesIO()
    torch.save(dict(content), buffer)
    return buffer.getvalue()


def load_student(path: Path) -> tuple[Student, dict[str, Any]]:
    """A student and the rest of its file's content; no code of the file is run.

    Raises:
        UserError: The file is no student of this program.
    """
    content = read_model(path, "a student", FORMAT)
    return build_student(path, content), content


def build_student(path: Path, content: Mapping[str, Any]) -> Student:
    """The student of what `read_model` gave.

    Raises:
        UserError: The content is no student's.
    """

    def build(weights: Mapping[str, Tensor]) -> Student:
        args = from_builtins(content["network"])
        check_sizes(args, weights)
        return Student(args)

    return load_weights(path, content, build)


def read_origin(path: Path, content: Mapping[str, Any]) -> Origin | None:
    """The game that a model's file is of; None of files that do not say.

    Raises:
        UserError: What it says is damaged.
    """
    origin = content.get("origin")
    if origin is None:
        return None
    try:
        game, (height, width) = origin["game"], origin["screen"]
        if not (isinstance(game, str) and min(int(height), int(width)) > 0):
            raise ValueError("a screen has pixels")
    except Exception as error:  # of whatever kind the values are
        raise UserError(
            f"model {path}: its origin is {show(origin)}; expected a game and its screen's height "
            f"and width. {_RETRAIN}"
        ) from error
    return Origin(game, (int(height), int(width)))


def load_students(
    paths: Sequence[str | Path], milestone_ids: Sequence[str], actions: Sequence[str], view: View
) -> list[Student]:
    """Students that belong together, one for each milestone.

    Args:
        paths: Their files.
        milestone_ids: What they were trained for.
        actions: The game's.
        view: What the options let them see.

    Raises:
        UserError: One of them cannot be read, or is another one than belongs there.
    """
    students = []
    for path, milestone_id in zip(paths, milestone_ids, strict=True):
        student, content = load_student(Path(path))
        check_student(Path(path), student.args, content, Expected(milestone_id, actions, view))
        students.append(student)
    return students


def read_model(path: Path, what: str, *formats: Any) -> dict[str, Any]:
    """The content of a model's file; no code of it is run.

    Args:
        path: The file.
        what: What such a file holds, in words.
        formats: Those that it may have.

    Raises:
        UserError: It cannot be read, or is of another format.
    """
    data = read_bytes(path, "model", f"Expected {what}. {_RETRAIN}", MAX_BYTES)
    try:
        content = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises many kinds for a damaged file
        # Its own words advise to run the file's code; they stay in the traceback.
        raise UserError(
            f"model {path}: cannot be read as tensors and plain values, so it is damaged or from "
            f"elsewhere. {_RETRAIN}"
        ) from error
    if not isinstance(content, dict) or content.get("format") not in formats:
        found = content.get("format") if isinstance(content, dict) else type(content).__name__
        raise UserError(
            f"model {path}: found format {show(found)}; expected "
            f"{' or '.join(map(str, formats))}. {_RETRAIN}"
        )
    return content


def load_weights(
    path: Path, content: Mapping[str, Any], build: Callable[[Mapping[str, Tensor]], _Network]
) -> _Network:
    """A network with the weights of its file.

    Args:
        path: The file, for messages.
        content: What `read_model` gave.
        build: Builds the network; what it raises is the file's mistake.

    Raises:
        UserError: The weights are not that network's, or hold what is no number.
    """
    try:
        weights = content["weights"]
        network = build(weights)
        network.load_state_dict(weights)
    except Exception as error:  # of whatever kind the values are
        text = str(error) or type(error).__name__
        raise UserError(f"model {path}: incomplete ({text[:500]}). {_RETRAIN}") from error
    broken = [name for name, tensor in weights.items() if not torch.isfinite(tensor).all()]
    if broken:
        raise UserError(
            f"model {path}: its weights hold what is no number (NaN or infinity, in {broken[0]}), "
            f"so it cannot play. {_RETRAIN} If that makes them again, lower learning_rate."
        )
    return network


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


def check_sizes(args: NetworkArgs, weights: Mapping[str, Tensor], prefix: str = "") -> None:
    """Before anything is built of these sizes: weights are no larger than their file.

    Args:
        args: What a student is built of.
        weights: Its weights, each name after `prefix`.
        prefix: Likewise.

    Raises:
        ValueError: They are not of these sizes.
        KeyError: One of them is missing.
    """
    names = ("head.bias", "hidden.bias", "center")
    found = {name: tuple(weights[f"{prefix}{name}"].shape) for name in names}
    sizes = {
        "head.bias": (len(args.actions),),
        "hidden.bias": (args.hidden_dim,),
        "center": args.view.shape,
    }
    for name, size in sizes.items():
        if found[name] != size:
            raise ValueError(f"{name} has the shape {found[name]}, and its network {size}")


def detach(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Weights as they are kept."""
    return {name: tensor.detach().cpu().contiguous() for name, tensor in weights.items()}


def to_builtins(args: NetworkArgs) -> dict[str, Any]:
    """A network's arguments as plain values."""
    view = asdict(args.view) | {"frame_size": list(args.view.frame_size)}
    return asdict(args) | {"view": view, "actions": list(args.actions)}


def from_builtins(content: dict[str, Any]) -> NetworkArgs:
    """What `to_builtins` was given."""
    view = content["view"]
    view = View(**view | {"frame_size": tuple(view["frame_size"])})
    return NetworkArgs(**content | {"view": view, "actions": tuple(content["actions"])})
