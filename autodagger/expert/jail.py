"""Where experts' processes come from, as the trusted side sees it."""

import atexit
import functools
import importlib.util
import json
import os
import socket
import subprocess
import sys
from collections.abc import Collection
from pathlib import Path
from typing import Self

from autodagger.errors import UserError
from autodagger.expert.layers import LAYERS
from autodagger.expert.wire import Line, WireError

_START_SECONDS = 60.0

_CODE = (
    "import sys; sys.path.insert(0, sys.argv.pop()); "
    "from autodagger.expert.zygote import main; main()"
)
_ROOT = str(Path(__file__).parents[2])
_KEPT_VARIABLES = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "PYTHONHOME")
"""Without these, some interpreters do not start; they tell an expert where Python lies."""


class Jail:
    """A process that forks one confined process for each expert; use it in a `with` block.

    Args:
        unconfined: Whether experts may run where the seccomp filter cannot be had.
        skip: Layers to leave out, see `layers.LAYERS`; for tests.
        pictures: Whether experts can have pictures of the screen: PIL is then loaded, which takes
            0.03 s and 6 MB.

    Attributes:
        layers: For each layer what holds, or why it does not.
        door: Sending a byte and a file descriptor, one end of a connection, through it starts an
            expert's process at that end. Other processes may be given it.

    Raises:
        UserError: The filter cannot be had, and `unconfined` is false.
    """

    def __init__(
        self, unconfined: bool = False, skip: Collection[str] = (), pictures: bool = False
    ) -> None:
        self.door, theirs = socket.socketpair()
        variables = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
        command = [sys.executable, "-s", "-S", "-P", "-c", _CODE]  # -S: nothing of site-packages
        # The environment is not ours, and strings hash alike in
        # every run, so that an expert that walks through a set does it the same way again.
        self._process = subprocess.Popen(
            [
                *command,
                str(theirs.fileno()),
                json.dumps(list(skip)),
                _find_packages() if pictures else "",
                _ROOT,
            ],
            env={"PYTHONHASHSEED": "0", **variables},
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            pass_fds=[theirs.fileno()],
        )
        theirs.close()
        try:
            self.layers: dict[str, str] = Line(self.door).receive(_START_SECONDS)
        except (TimeoutError, WireError) as error:
            self.close()
            raise UserError(
                "the process that runs the experts did not start; what it said stands above. "
                "Check that Python's own library is whole: python -c 'import ctypes, decimal'."
            ) from error
        if self.layers["seccomp"] != "yes" and not unconfined:
            self.close()
            raise UserError(
                f"experts cannot be confined on this machine: {self.layers['seccomp']}. Run on "
                "Linux with seccomp and a Python built for the machine; or, for experts that you "
                "trust as much as your own programs, set unconfined_experts: true. They can then "
                "read and write your files and reach the network."
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the experts' processes."""
        self.door.close()
        self._process.kill()
        self._process.wait()


def _find_packages() -> str:
    """The folder that PIL is in."""
    found = importlib.util.find_spec("PIL")
    assert found is not None  # it is among the package's own needs
    return str(Path(str(found.origin)).parents[1])


@functools.cache
def get_jail(pictures: bool = False) -> Jail:
    """One that all of this process use, until it ends."""
    jail = Jail(pictures=pictures)
    atexit.register(jail.close)
    return jail


def describe(layers: dict[str, str]) -> str:
    """A report of layers in a line."""
    missing = [name for name in LAYERS if layers[name].startswith(("no:", "switched off"))]
    held = ", ".join(name for name in LAYERS if name not in missing) or "nothing"
    lacks = [f"; no {name} ({layers[name].removeprefix('no: ')})" for name in missing]
    text = f"experts are confined by {held}{''.join(lacks)}"
    if "seccomp" in missing:
        return f"WARNING: experts can read and write your files and reach the network ({text})"
    return text
