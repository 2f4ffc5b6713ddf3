"""What a process gives up before it runs an expert: layers, of which each holds without the others.

The seccomp filter is the one that must be there: an allow list of what an interpreter needs to
compute and to talk over one connection. The others are added wherever the kernel gives them.
Imports the standard library alone.
"""

import ctypes
import os
import resource
import signal
import struct
import sys
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

MEMORY_BYTES = 1 << 30
"""Address space of an expert's process; beyond it an expert meets MemoryError."""

TALK = 3
"""The one file descriptor that an expert's process has: its connection to the game's process."""

_MOST_DESCRIPTORS = 4096
"""More than are open here; a limit of a billion, as some containers have it, takes minutes."""

NOBODY = 65534

LAYERS = ("seccomp", "namespaces", "landlock", "user", "capabilities", "limits", "session")
"""All layers, by the names that reports use."""

_LIMITS = (
    (resource.RLIMIT_AS, MEMORY_BYTES),
    (resource.RLIMIT_CORE, 0),
    (resource.RLIMIT_FSIZE, 0),
    (resource.RLIMIT_NPROC, 0),
    (resource.RLIMIT_MEMLOCK, 0),
    *(
        (getattr(resource, name), 0)
        for name in ("RLIMIT_MSGQUEUE", "RLIMIT_NICE", "RLIMIT_RTPRIO")
        if hasattr(resource, name)
    ),
)

# linux/prctl.h
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_SECCOMP, _PR_CAPBSET_DROP = 1, 4, 22, 24
_PR_SET_NO_NEW_PRIVS, _SECCOMP_MODE_FILTER = 38, 2
_LAST_CAPABILITY = 63  # room for those to come; the kernel refuses what it does not know

# linux/sched.h
_NEW = {
    "mount": 0x00020000,
    "uts": 0x04000000,
    "ipc": 0x08000000,
    "user": 0x10000000,
    "pid": 0x20000000,
    "network": 0x40000000,
}

# linux/mount.h
_MS_RDONLY, _MS_NOSUID, _MS_NODEV, _MS_NOEXEC = 1, 2, 4, 8
_MS_REC, _MS_PRIVATE, _MNT_DETACH = 0x4000, 0x40000, 2

_LANDLOCK_CREATE, _LANDLOCK_RESTRICT = 444, 446  # the same for every processor
_LANDLOCK_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}  # linux/landlock.h: file rights by version

_X86_64, _AARCH64 = 62, 183  # elf.h: EM_X86_64, EM_AARCH64

# System calls: arch/x86/entry/syscalls/syscall_64.tbl, include/uapi/asm-generic/unistd.h; the
# values of AUDIT_ARCH are linux/audit.h's.
_CALLS: dict[int, dict[str, Any]] = {
    _X86_64: {
        "audit": 0xC000003E,
        "pivot_root": 155,
        "allowed": """
            11 munmap  12 brk  25 mremap  28 madvise  202 futex
            13 rt_sigaction  14 rt_sigprocmask  15 rt_sigreturn  131 sigaltstack
            24 sched_yield  35 nanosleep  96 gettimeofday  98 getrusage  100 times  201 time
            228 clock_gettime  229 clock_getres  230 clock_nanosleep  219 restart_syscall
            39 getpid  186 gettid  318 getrandom  60 exit  231 exit_group""",
        "talk": (0, 1),  # read, write
        "map": (9, 10),  # mmap, mprotect
    },
    _AARCH64: {
        "audit": 0xC00000B7,
        "pivot_root": 41,
        "allowed": """
            215 munmap  214 brk  216 mremap  233 madvise  98 futex
            134 rt_sigaction  135 rt_sigprocmask  139 rt_sigreturn  132 sigaltstack
            124 sched_yield  101 nanosleep  169 gettimeofday  165 getrusage  153 times
            113 clock_gettime  114 clock_getres  115 clock_nanosleep  128 restart_syscall
            172 getpid  178 gettid  278 getrandom  93 exit  94 exit_group""",
        "talk": (63, 64),
        "map": (222, 226),
    },
}


class LayerError(Exception):
    """A layer cannot be had here; the message says why."""


def find_calls(program: Path = Path("/proc/self/exe")) -> dict[str, Any]:
    """The system calls of a program's processor; `uname` may name another one.

    Raises:
        LayerError: There is no filter for it.
    """
    if sys.platform != "linux":
        raise LayerError(f"seccomp is Linux's, and this system is {sys.platform}")
    with program.open("rb") as file:
        header = file.read(20)
    (machine,) = struct.unpack_from("<H", header, 18)  # elf.h: e_machine
    if header[:6] != b"\x7fELF\x02\x01" or machine not in _CALLS:
        raise LayerError(
            f"this Python is built for a processor (ELF machine {machine}) that no filter is "
            "written for; there are ones for 64-bit x86 and ARM"
        )
    return _CALLS[machine]


class Kernel:
    """Calls that Python has no name for; each raises OSError where it fails.

    Made while there still are files to read.
    """

    def __init__(self) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._calls: dict[str, Any] | LayerError
        try:
            self._calls = find_calls()
        except LayerError as error:
            self._calls = error

    @property
    def calls(self) -> dict[str, Any]:
        """See `find_calls`."""
        if isinstance(self._calls, LayerError):
            raise self._calls
        return self._calls

    def prctl(self, option: int, *values: Any) -> None:
        """See its manual page in section 2, as for the next ones."""
        padded = [ctypes.c_ulong(v) if isinstance(v, int) else v for v in values]
        padded += [ctypes.c_ulong(0)] * (4 - len(padded))
        self._check(self._libc.prctl(option, *padded))

    def call(self, number: int, *values: Any) -> int:
        """A system call by its number, see syscall(2)."""
        longs = [ctypes.c_long(v) if isinstance(v, int) else v for v in values]
        return self._check(self._libc.syscall(ctypes.c_long(number), *longs))

    def unshare(self, flags: int) -> None:
        """Leaves namespaces for new ones, by flags of linux/sched.h."""
        self._check(self._libc.unshare(flags))

    def mount(self, source: str, target: str, kind: str | None, flags: int, data: str = "") -> None:
        """Attaches a file system, or changes how one is."""
        texts = [None if text is None else text.encode() for text in (source, target, kind)]
        self._check(self._libc.mount(*texts, ctypes.c_ulong(flags), data.encode()))

    def unmount(self, target: str, flags: int) -> None:
        """Detaches a file system."""
        self._check(self._libc.umount2(target.encode(), flags))

    def clear_capabilities(self) -> None:
        """See capset(2), version 3: three sets of 64 bits, all empty."""
        header = struct.pack("=Ii", 0x20080522, 0)
        self._check(self._libc.capset(header, bytes(24)))

    def _check(self, result: int) -> int:
        if result < 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
        return result


def end_with_parent(kernel: Kernel) -> None:
    """Has the kernel end this process when its parent ends; a change of user forgets it."""
    if sys.platform == "linux":
        kernel.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def leave_system(kernel: Kernel, skip: Collection[str]) -> dict[str, str]:
    """For the process that experts' processes come from: another user, and namespaces of its own.

    The pid namespace is its children's, of which the first to end takes all others with it.

    Returns:
        For each layer in question, what holds, or why it does not.
    """
    if sys.platform != "linux":
        return {"user": "no: not on this system", "namespaces": "no: not on this system"}
    report = {}
    is_root, spaces = os.geteuid() == 0, [name for name in _NEW if name != "user"]
    spaced = False
    if "namespaces" not in skip and is_root:
        spaced = _try(lambda: _enter_namespaces(kernel, spaces)) is None
    if "user" in skip:
        report["user"] = "switched off"
    elif is_root:
        report["user"] = _try(lambda: _become_nobody(kernel)) or "nobody"
    else:
        report["user"] = "not root"
    if "namespaces" in skip:
        report["namespaces"] = "switched off"
    elif spaced:
        report["namespaces"] = ", ".join(sorted(spaces))
    else:
        problem = _try(lambda: _enter_namespaces(kernel, [*spaces, "user"]))
        report["namespaces"] = problem or ", ".join(sorted(_NEW))
    return report


def _try(action: Callable[[], object]) -> str | None:
    """None, or why it cannot be done."""
    try:
        action()
    except (OSError, ValueError, AttributeError, LayerError) as error:
        return f"no: {error}"  # AttributeError: another system's C library
    return None


def _become_nobody(kernel: Kernel) -> None:
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)
    kernel.prctl(_PR_SET_DUMPABLE, 1)  # or its files in /proc are root's


def _enter_namespaces(kernel: Kernel, names: Collection[str]) -> None:
    user, group = os.geteuid(), os.getegid()
    kernel.unshare(sum(_NEW[name] for name in names))
    if "user" in names:
        for name, text in (
            ("setgroups", "deny"),
            ("uid_map", f"{NOBODY} {user} 1"),
            ("gid_map", f"{NOBODY} {group} 1"),
        ):
            Path("/proc/self", name).write_text(text)
    _empty_root(kernel)


def _empty_root(kernel: Kernel) -> None:
    """Of the file system nothing is left but an empty folder that cannot be written."""
    kernel.mount("none", "/", None, _MS_REC | _MS_PRIVATE)
    flags = _MS_RDONLY | _MS_NOSUID | _MS_NODEV | _MS_NOEXEC
    kernel.mount("none", "/proc", "tmpfs", flags, "size=4k,nr_inodes=2")
    os.chdir("/proc")
    # The new root over the old one, which is then taken away from below it; see the notes of
    # pivot_root(2) on one folder given twice.
    kernel.call(kernel.calls["pivot_root"], b".", b".")
    kernel.unmount(".", _MNT_DETACH)
    os.chdir("/")


def confine(kernel: Kernel, connection: int, skip: Collection[str]) -> dict[str, str]:
    """For an expert's process: gives up, for good, all but computing and `connection`.

    Afterwards `connection` is the file descriptor `TALK`, and no other is open.

    Returns:
        For each layer in question, what holds, or why it does not.
    """
    report = {}
    os.dup2(connection, TALK)
    os.closerange(0, TALK)
    os.closerange(TALK + 1, _MOST_DESCRIPTORS)
    steps = {
        "session": lambda: os.setsid(),
        "limits": lambda: _lower_limits(),
        "capabilities": lambda: _drop_capabilities(kernel),
        "landlock": lambda: _enter_landlock(kernel),
        "seccomp": lambda: _install_filter(kernel),
    }
    if sys.platform == "linux":
        kernel.prctl(_PR_SET_NO_NEW_PRIVS, 1)
        kernel.prctl(_PR_SET_DUMPABLE, 0)
    end_with_parent(kernel)
    for layer, step in steps.items():
        if layer in skip:
            report[layer] = "switched off"
            continue
        report[layer] = _try(step) or "yes"
    return report


def _lower_limits() -> None:
    """Or keeps what `ulimit` gives where that is less: only root may raise a hard limit."""
    for kind, most in _LIMITS:
        given = [limit for limit in resource.getrlimit(kind) if limit != resource.RLIM_INFINITY]
        limit = min([most, *given])
        resource.setrlimit(kind, (limit, limit))


def _drop_capabilities(kernel: Kernel) -> None:
    for number in range(_LAST_CAPABILITY):
        try:
            kernel.prctl(_PR_CAPBSET_DROP, number)
        except OSError:  # unknown, or none of ours to begin with
            continue
    kernel.clear_capabilities()


def _enter_landlock(kernel: Kernel) -> None:
    """No file is opened, no port bound, no signal sent out: a ruleset that allows nothing."""
    version = kernel.call(_LANDLOCK_CREATE, None, 0, 1)
    files = (1 << _LANDLOCK_RIGHTS.get(version, 16)) - 1
    network, scopes = (3 if version >= 4 else 0), (3 if version >= 6 else 0)
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    rules = ctypes.create_string_buffer(struct.pack("=QQQ", files, network, scopes)[:size], size)
    ruleset = kernel.call(_LANDLOCK_CREATE, rules, size, 0)
    kernel.call(_LANDLOCK_RESTRICT, ruleset, 0)
    os.close(ruleset)


# linux/bpf_common.h, linux/seccomp.h
_LOAD, _JUMP_EQUAL, _JUMP_SET, _RETURN = 0x20, 0x15, 0x45, 0x06
_ALLOW, _ERRNO, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_EPERM, _PROT_EXEC = 1, 4
_NUMBER, _ARCHITECTURE = 0, 4  # offsets in struct seccomp_data


def _install_filter(kernel: Kernel) -> None:
    program = _assemble(kernel.calls)
    code = ctypes.create_string_buffer(b"".join(program))
    # struct sock_fprog: unsigned short len, then a pointer, with native padding between.
    fprog = ctypes.create_string_buffer(struct.pack("@HP", len(program), ctypes.addressof(code)))
    kernel.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, fprog)
    _try_out()


def _try_out() -> None:
    """Raises LayerError where the kernel lets through what the filter refuses."""
    try:
        descriptor = os.open("/", os.O_RDONLY)
    except PermissionError:
        return
    except OSError as error:
        raise LayerError(f"a file could be asked for ({error.strerror})") from error
    os.close(descriptor)
    raise LayerError("the kernel took the filter and does not heed it")


def _assemble(calls: dict[str, Any]) -> list[bytes]:
    """The filter as BPF instructions (struct sock_filter: code, jump true, jump false, value)."""

    def instruction(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
        return struct.pack("=HBBI", code, if_true, if_false, value)

    allow, refuse = instruction(_RETURN, _ALLOW), instruction(_RETURN, _ERRNO | _EPERM)
    program = [
        instruction(_LOAD, _ARCHITECTURE),
        instruction(_JUMP_EQUAL, calls["audit"], if_true=1),
        instruction(_RETURN, _KILL),
        instruction(_LOAD, _NUMBER),
    ]
    # Numbers from 0x40000000 on, x86's second set, are none of these either.
    for number in (int(word) for word in calls["allowed"].split() if word.isdigit()):
        program += [instruction(_JUMP_EQUAL, number, if_false=1), allow]
    for number in calls["talk"]:
        program += [
            instruction(_JUMP_EQUAL, number, if_false=4),
            instruction(_LOAD, _argument(0)),
            instruction(_JUMP_EQUAL, TALK, if_false=1),
            allow,
            refuse,
        ]
    for number in calls["map"]:
        program += [
            instruction(_JUMP_EQUAL, number, if_false=4),
            instruction(_LOAD, _argument(2)),  # protection
            instruction(_JUMP_SET, _PROT_EXEC, if_true=1),
            allow,
            refuse,
        ]
    return [*program, refuse]


def _argument(index: int) -> int:
    """Offset of a system call argument's lower 32 bits in struct seccomp_data."""
    return 16 + 8 * index
