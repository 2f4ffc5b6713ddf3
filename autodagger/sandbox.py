"""Confines a process that runs experts: it may read and compute, and nothing else.

Two layers. A Python audit hook (PEP 578) refuses with a message a person can act on, on every
platform. On Linux a seccomp filter behind it refuses the same things to code that goes round
Python (ctypes, an extension module), because an audit hook alone is no barrier.
"""

import ctypes
import os
import platform
import resource
import signal
import struct
import sys
from typing import Any

MEMORY_LIMIT_BYTES = 4 << 30
"""Address space for one emulator and one expert; beyond it an expert meets MemoryError."""

_REFUSED_EVENTS = (
    "socket.",
    "subprocess.",
    "os.exec",
    "os.fork",
    "os.kill",
    "os.posix_spawn",
    "os.spawn",
    "os.system",
    "os.startfile",
    "os.remove",
    "os.rename",
    "os.rmdir",
    "os.mkdir",
    "os.link",
    "os.symlink",
    "os.truncate",
    "os.chmod",
    "os.chown",
    "os.utime",
    "shutil.",
    "tempfile.",
    "signal.pthread_kill",
)


class ConfinementError(PermissionError):
    """An expert tried what experts may not do."""


def confine() -> None:
    """Gives up, for good, this process's rights to write files, to connect and to start processes.

    Pipes and shared memory that are open already keep working.
    """
    sys.dont_write_bytecode = True
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT_BYTES, MEMORY_LIMIT_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.addaudithook(_refuse)
    if sys.platform == "linux":
        _install_seccomp_filter()


def die_with_parent() -> None:
    """Has the kernel end this process when its parent ends, even by SIGKILL (Linux)."""
    if sys.platform == "linux":
        _PR_SET_PDEATHSIG = 1
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def _refuse(event: str, args: tuple[Any, ...]) -> None:
    if event == "open":
        if len(args) >= 3 and isinstance(args[2], int) and args[2] & _WRITE_FLAGS:
            raise ConfinementError(f"experts cannot write files (tried {args[0]!r})")
    elif event.startswith(_REFUSED_EVENTS):
        raise ConfinementError(
            f"experts can neither change files, reach the network nor start processes ({event})"
        )


_WRITE_FLAGS = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND

# seccomp: linux/seccomp.h, linux/bpf_common.h, linux/audit.h; system call numbers from the
# kernel's arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h.
_LOAD, _JUMP_EQUAL, _JUMP_SET, _RETURN = 0x20, 0x15, 0x45, 0x06
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
_EPERM, _ENOSYS = 1, 38
_NUMBER, _ARCHITECTURE = 0, 4  # offsets in struct seccomp_data
_CLONE_THREAD = 0x00010000

_X86_64 = {
    "audit": 0xC000003E,
    # socket connect accept sendto sendmsg bind listen socketpair, fork vfork execve kill, truncate
    # rename mkdir rmdir creat link unlink symlink chmod chown lchown utime mknod, ptrace, utimes,
    # mkdirat mknodat fchownat unlinkat renameat linkat symlinkat fchmodat, renameat2, execveat,
    # io_uring_setup, openat2, process_vm_writev, pidfd_send_signal
    "refused": (41, 42, 43, 44, 46, 49, 50, 53, 57, 58, 59, 62, 76, 82, 83, 84, 85, 86, 87, 88, 90)
    + (92, 94, 132, 133, 101, 235, 258, 259, 260, 263, 264, 265, 266, 268, 316, 322, 425, 437)
    + (311, 424),
    "open": ((2, 1), (257, 2)),  # open, openat: number, index of the flags
    "clone": 56,
    "clone3": 435,
}
_AARCH64 = {
    "audit": 0xC00000B7,
    # socket..sendmsg (198-211), execve kill ptrace truncate, mknodat mkdirat unlinkat symlinkat
    # linkat renameat fchmodat fchownat renameat2 execveat io_uring_setup openat2
    # process_vm_writev pidfd_send_signal
    "refused": (198, 199, 200, 201, 202, 203, 206, 211, 221, 129, 117, 45, 33, 34, 35, 36, 37, 38)
    + (53, 54, 276, 281, 425, 437, 271, 424),
    "open": ((56, 2),),
    "clone": 220,
    "clone3": 435,
}


def _install_seccomp_filter() -> None:
    table = {"x86_64": _X86_64, "aarch64": _AARCH64}.get(platform.machine())
    if table is None:
        return  # another processor: the audit hook stands alone
    program = _assemble(table)
    code = ctypes.create_string_buffer(b"".join(program))
    # struct sock_fprog: unsigned short len, then a pointer, with native padding between.
    fprog = struct.pack("@HP", len(program), ctypes.addressof(code))
    libc = ctypes.CDLL(None, use_errno=True)
    _PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _SECCOMP_MODE_FILTER = 38, 22, 2
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    # A kernel without seccomp refuses this call; the audit hook then stands alone.
    libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, fprog, 0, 0)


def _assemble(table: dict[str, Any]) -> list[bytes]:
    """The filter as BPF instructions (struct sock_filter: code, jump true, jump false, value)."""

    def instruction(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
        return struct.pack("<HBBI", code, if_true, if_false, value)

    refuse = instruction(_RETURN, _ERRNO | _EPERM)
    program = [
        instruction(_LOAD, _ARCHITECTURE),
        instruction(_JUMP_EQUAL, table["audit"], if_true=1),
        refuse,
        instruction(_LOAD, _NUMBER),
    ]
    for number in table["refused"]:
        program += [instruction(_JUMP_EQUAL, number, if_false=1), refuse]
    # glibc tries clone3 first and falls back to clone, whose flags a filter can read.
    program += [
        instruction(_JUMP_EQUAL, table["clone3"], if_false=1),
        instruction(_RETURN, _ERRNO | _ENOSYS),
        instruction(_JUMP_EQUAL, table["clone"], if_false=4),
        instruction(_LOAD, _argument(0)),
        instruction(_JUMP_SET, _CLONE_THREAD, if_true=1),
        refuse,
        instruction(_RETURN, _ALLOW),
    ]
    for number, flags in table["open"]:
        program += [
            instruction(_JUMP_EQUAL, number, if_false=4),
            instruction(_LOAD, _argument(flags)),
            instruction(_JUMP_SET, _WRITE_FLAGS, if_false=1),
            refuse,
            instruction(_RETURN, _ALLOW),
        ]
    return [*program, instruction(_RETURN, _ALLOW)]


def _argument(index: int) -> int:
    """Offset of a system call argument's lower half in struct seccomp_data."""
    return 16 + 8 * index
