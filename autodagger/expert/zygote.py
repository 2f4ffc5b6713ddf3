"""The process from which experts' processes are forked: it has loaded what they need.

It runs no foreign line, has an empty environment, and lives where `layers.leave_system` brings it.
Its own processes: the one started by `autodagger.expert.jail`, and within the new namespaces its
child, the first process there, which forks the experts'. When that one ends, the kernel ends all.
"""

import gc
import json
import os
import select
import signal
import socket
import sys
from collections.abc import Collection
from typing import NoReturn

from autodagger.expert.inmate import preload, serve
from autodagger.expert.layers import TALK, Kernel, confine, end_with_parent, leave_system
from autodagger.expert.wire import pack


def main() -> None:
    """Arguments: the descriptor of the door, the layers to skip, PIL's folder or nothing."""
    door = socket.socket(fileno=int(sys.argv[1]))
    skip = json.loads(sys.argv[2])
    kernel = Kernel()
    end_with_parent(kernel)
    preload(sys.argv[3])
    report = leave_system(kernel, skip)
    end_with_parent(kernel)  # a change of user has forgotten it
    child = os.fork()
    if child:
        door.close()
        os.waitpid(child, 0)
        return
    end_with_parent(kernel)
    report |= _try_layers(kernel, skip)
    door.sendall(pack(report))
    gc.collect()
    gc.freeze()  # pages that no child writes stay shared
    _fork_experts(kernel, door, skip)


def _try_layers(kernel: Kernel, skip: Collection[str]) -> dict[str, str]:
    """What holds in a process that is confined as the experts' will be."""
    ours, theirs = socket.socketpair()
    child = os.fork()
    if not child:
        report = confine(kernel, theirs.fileno(), skip)
        os.write(TALK, json.dumps(report).encode())
        os._exit(0)
    theirs.close()
    with ours, ours.makefile("rb") as answer:
        text = answer.read()
    os.waitpid(child, 0)
    if not text:
        return {"seccomp": "no: a process ended while it was confined"}
    report = json.loads(text)
    return dict(report)


def _fork_experts(kernel: Kernel, door: socket.socket, skip: Collection[str]) -> None:
    """A process for each connection that comes through the door, until nobody holds it any more.

    A process ends with its connection, and a connection with its process: the copy kept here tells
    when the other side has closed it, and is closed when the process is gone.
    """
    ended, wake = os.pipe()
    os.set_blocking(wake, False)
    os.set_blocking(ended, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    experts: dict[int, int] = {}  # process ids by connection
    poll = select.poll()
    poll.register(door, select.POLLIN)
    poll.register(ended, select.POLLIN)
    while True:
        for descriptor, _ in poll.poll():
            if descriptor == ended:
                os.read(ended, 512)
            elif descriptor == door.fileno():
                message, descriptors, _, _ = socket.recv_fds(door, 1, 1)
                if not message:
                    return
                (connection,) = descriptors
                experts[connection] = _fork_expert(kernel, connection, skip)
                poll.register(connection, 0)  # its end comes unasked
            else:
                os.kill(experts[descriptor], signal.SIGKILL)
                poll.modify(descriptor, 0)
        for connection, process in list(experts.items()):
            if os.waitpid(process, os.WNOHANG)[0]:
                poll.unregister(connection)
                os.close(connection)
                del experts[connection]


def _fork_expert(kernel: Kernel, connection: int, skip: Collection[str]) -> int:
    process = os.fork()
    if process:
        return process
    _live(kernel, connection, skip)


def _live(kernel: Kernel, connection: int, skip: Collection[str]) -> NoReturn:
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        confine(kernel, connection, skip)
        serve(TALK)
    finally:
        os._exit(1)
