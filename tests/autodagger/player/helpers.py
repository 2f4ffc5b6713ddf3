"""Trained files, made by chance, and screens that make them do different things."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from autodagger.agent.agent import save_agent
from autodagger.student.model_file import Origin, save_student
from autodagger.student.networks import Student
from autodagger.student.view import Watcher
from tests.autodagger.agent.helpers import make_screens, make_wild
from tests.autodagger.student.helpers import make_student

ORIGIN = Origin("grid", (160, 240))
NETWORKS = ("nature", "impala", "small")


def write_student(
    folder: Path, origin: Origin | None = ORIGIN, seed: int = 0, **changes: Any
) -> Path:
    """A student's file whose answers differ from screen to screen; of the milestone CURSOR."""
    student = spread(make_student(seed, **changes))
    path = folder / "student.pth"
    names = {"milestone_id": "CURSOR", "digests": {}, "scores": {}}
    path.write_bytes(save_student(student.state_dict(), student.args, **names, origin=origin))  # type: ignore[arg-type]
    return path


def write_agent(
    folder: Path,
    origin: Origin | None = ORIGIN,
    ids: Sequence[str] = ("NAMING", "CURSOR", "CORNER"),
    **changes: Any,
) -> Path:
    """An agent's file whose belief goes to and fro."""
    network = make_wild(len(ids), **changes)
    path = folder / "agent.pth"
    path.write_bytes(save_agent(network, ids, {}, {}, origin))
    return path


@torch.no_grad()
def spread(student: Student) -> Student:
    """The same with answers that no button wins throughout."""
    watcher = Watcher(student.args.view)
    obs = np.stack([watcher.see(screen) for screen in make_screens(64, seed=5)])
    student.center_on(obs)
    logits = student(torch.from_numpy(obs), torch.zeros(64, dtype=torch.int64))
    student.head.bias -= logits.mean(0)
    return student
