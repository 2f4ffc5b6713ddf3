"""Confines a process that runs experts: it may read and compute, and nothing else.

Two layers. A Python audit hook (PEP 578) refuses with a message a person can act on, on every
platform. On Linux a seccomp filter behind it refuses the same things to code that goes round
Python (ctypes, an extension module), because an audit hook alone is no barrier.
"""

import ctypes
import os
import platform
import resource
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
    _lower_limit(resource.RLIMIT_AS, MEMORY_LIMIT_BYTES)
    _lower_limit(resource.RLIMIT_CORE, 0)
    sys.addaudithook(_refuse)
    if sys.platform == "linux":
        _install_seccomp_filter()


def _lower_limit(kind: int, most: int) -> None:
    """Limits this process to `most`, or to what `ulimit` leaves it where that is less.

    Only root may raise a hard limit, and nobody asked for it.
    """
    given = [limit for limit in resource.getrlimit(kind) if limit != resource.RLIM_INFINITY]
    limit = min([most, *given])
    resource.setrlimit(kind, (limit, limit))


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
_LOAD, _JUMP_EQUAL, _JUMP_GREATER_EQUAL, _JUMP_SET, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
_EPERM, _ENOSYS = 1, 38
_NUMBER, _ARCHITECTURE = 0, 4  # offsets in struct seccomp_data
_CLONE_THREAD = 0x00010000
_X32 = 0x40000000  # from here on x86_64 numbers its system calls a second time, for 32-bit pointers

_X86_64 = {
    "audit": 0xC000003E,
    "refused": """
        41 socket  42 connect  43 accept  44 sendto  46 sendmsg  49 bind  50 listen  53 socketpair
        57 fork  58 vfork  59 execve  322 execveat
        62 kill  129 rt_sigqueueinfo  200 tkill  297 rt_tgsigqueueinfo  424 pidfd_send_signal
        101 ptrace  311 process_vm_writev
        85 creat  76 truncate  82 rename  264 renameat  316 renameat2  83 mkdir  258 mkdirat
        84 rmdir  86 link  265 linkat  87 unlink  263 unlinkat  88 symlink  266 symlinkat
        133 mknod  259 mknodat  90 chmod  91 fchmod  268 fchmodat  452 fchmodat2  92 chown
        93 fchown  94 lchown  260 fchownat  132 utime  235 utimes  261 futimesat  280 utimensat
        188 setxattr  189 lsetxattr  190 fsetxattr  197 removexattr  198 lremovexattr
        199 fremovexattr  165 mount  166 umount2  272 unshare  308 setns
        425 io_uring_setup  437 openat2""",
    "own_process": 234,  # tgkill
    "no_process": 302,  # prlimit64
    "open": ((2, 1), (257, 2)),  # open, openat: number, index of the flags
    "clone": 56,
    "clone3": 435,
}
_AARCH64 = {
    "audit": 0xC00000B7,
    "refused": """
        198 socket  199 socketpair  200 bind  201 listen  202 accept  203 connect  206 sendto
        211 sendmsg  221 execve  281 execveat
        129 kill  130 tkill  138 rt_sigqueueinfo  240 rt_tgsigqueueinfo  424 pidfd_send_signal
        117 ptrace  271 process_vm_writev
        45 truncate  38 renameat  276 renameat2  34 mkdirat  37 linkat  35 unlinkat  36 symlinkat
        33 mknodat  52 fchmod  53 fchmodat  452 fchmodat2  55 fchown  54 fchownat  88 utimensat
        5 setxattr  6 lsetxattr  7 fsetxattr  14 removexattr  15 lremovexattr  16 fremovexattr
        40 mount  39 umount2  97 unshare  268 setns  425 io_uring_setup  437 openat2""",
    "own_process": 131,  # tgkill
    "no_process": 261,  # prlimit64
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
        instruction(_JUMP_GREATER_EQUAL, _X32, if_false=1),
        refuse,
    ]
    for number in (int(word) for word in table["refused"].split() if word.isdigit()):
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
    for number, process in ((table["own_process"], os.getpid()), (table["no_process"], 0)):
        program += [
            instruction(_JUMP_EQUAL, number, if_false=4),
            instruction(_LOAD, _argument(0)),
            instruction(_JUMP_EQUAL, process, if_true=1),
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
