"""What confines the experts on this machine: told at a run's start, tried out by `make doctor`."""

import sys
import tempfile
from pathlib import Path

from autodagger.errors import UserError
from autodagger.expert.expert import Expert
from autodagger.expert.jail import Jail, describe
from autodagger.expert.layers import LAYERS

ATTEMPTS = {
    "read a file": "libc.open(b'/proc/self/exe', 0)",
    "write a file": "libc.open(PATH, 0o1101, 0o600)",
    "delete a file": "libc.unlink(PATH)",
    "list a folder": "0 if libc.opendir(b'/') else -1",
    "open a connection": "libc.socket(2, 1, 0)",
    "start a process": "libc.fork()",
    "start a program": "libc.execv(b'/bin/true', None)",
    "signal a process": "libc.kill(1, 0)",
    "watch a process": "libc.ptrace(16, 1, 0, 0)",
    "share memory": "libc.shmget(0, 4096, 0o1600)",
    "take much memory": "-1 if libc.malloc(8 << 30) in (0, None) else 0",
    "write to the terminal": "libc.write(2, b'', 0)",
}
"""What experts may not do, as C functions: round all of Python's own checks."""

_EXPERT = """
import ctypes
libc = ctypes.CDLL(None)
libc.opendir.restype = libc.malloc.restype = ctypes.c_void_p
libc.malloc.argtypes = [ctypes.c_size_t]
PATH = {path!r}
def run(state):
    for attempt in {attempts!r}:
        log(eval(attempt) == -1)
    return "no_op"
"""


def tell_confinement(unconfined: bool) -> None:
    """Prints what holds here, once a run; ends the program where experts cannot be confined."""
    try:
        with Jail(unconfined) as jail:
            print(describe(jail.layers), file=sys.stderr)
    except UserError as error:
        sys.exit(str(error))


def try_out() -> bool:
    """Prints which layers hold here and what became of each attempt; whether all were refused."""
    try:
        with Jail() as jail, tempfile.TemporaryDirectory() as name:
            for layer in LAYERS:
                print(f"{layer:13} {jail.layers[layer]}")
            path = Path(name, "ATTEMPTS.py")
            attempts = list(ATTEMPTS.values())
            path.write_text(_EXPERT.format(path=str(path).encode(), attempts=attempts))
            expert = Expert(path, (), ("no_op",), jail.door)
            expert.act({})
            refused = [line == "True" for line in expert.log]
            expert.close()
    except UserError as error:
        print(error)
        return False
    print("\nan expert tried to:")
    refused += [False] * (len(ATTEMPTS) - len(refused))  # where one went so far as to end it
    for attempt, held in zip(ATTEMPTS, refused, strict=True):
        print(f"{attempt:22} {'refused' if held else 'ALLOWED'}")
    return all(refused)
