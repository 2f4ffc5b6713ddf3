"""Confinement: what a confined process tries is refused, through Python and behind its back.

All attempts of one kind are made in one confined process, which reports each; what they would have
done is looked for outside as well.
"""

import json
import os
import platform
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.grid import ROOT

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="confinement is tested on Linux")

IN_PYTHON = {
    "write a file": "open(folder + '/new', 'w')",
    "append to a file": "open(folder + '/old', 'a')",
    "create a file": "open(folder + '/new', 'x')",
    "update a file": "open(folder + '/old', 'r+')",
    "write by pathlib": "Path(folder, 'old').write_text('x')",
    "write by os.open": "os.open(folder + '/new', os.O_CREAT | os.O_RDONLY)",
    "truncate": "os.truncate(folder + '/old', 0)",
    "unlink": "os.unlink(folder + '/old')",
    "unlink by pathlib": "Path(folder, 'old').unlink()",
    "rename": "os.rename(folder + '/old', folder + '/new')",
    "replace": "os.replace(folder + '/old', folder + '/new')",
    "mkdir": "os.mkdir(folder + '/new')",
    "rmdir": "os.rmdir(folder + '/empty')",
    "rmtree": "shutil.rmtree(folder + '/empty')",
    "copy": "shutil.copy(folder + '/old', folder + '/new')",
    "temporary file": "tempfile.NamedTemporaryFile(dir=folder)",
    "link": "os.link(folder + '/old', folder + '/new')",
    "symlink": "os.symlink(folder + '/old', folder + '/new')",
    "named pipe": "os.mkfifo(folder + '/new')",
    "chmod": "os.chmod(folder + '/old', 0o777)",
    "chmod of an open file": "os.chmod(open(folder + '/old').fileno(), 0o777)",
    "utime": "os.utime(folder + '/old', (0, 0))",
    "socket": "socket.socket()",
    "unix socket": "socket.socket(socket.AF_UNIX)",
    "socket pair": "socket.socketpair()",
    "connect": "socket.create_connection(('127.0.0.1', 9))",
    "resolve a name": "socket.getaddrinfo('localhost', 80)",
    "subprocess": "subprocess.run(['true'])",
    "os.system": "os.system('touch ' + folder + '/new')",
    "os.popen": "os.popen('true').read()",
    "posix_spawn": "os.posix_spawn('/bin/true', ['true'], {})",
    "fork": "os.fork() or os._exit(0)",
    "exec": "os.execv('/bin/true', ['true'])",
    "kill": "os.kill(victim, 9)",
    "killpg": "os.killpg(os.getpgid(victim), 9)",
    "pidfd signal": "signal.pidfd_send_signal(os.pidfd_open(victim), 9)",
    "multiprocessing": "multiprocessing.get_context('spawn').Process(target=print).start()",
    "memory": "bytearray(6 << 30)",
    "memory in pieces": "[bytes(64 << 20) for _ in range(100)]",
}

IN_C = {
    "open to write": "libc.open(old, os.O_WRONLY)",
    "open to create": "libc.open(new, os.O_CREAT | os.O_RDONLY, 0o600)",
    "openat to create": "libc.openat(-100, new, os.O_CREAT | os.O_WRONLY, 0o600)",
    "creat": "libc.creat(new, 0o600)",
    "openat2": "libc.syscall(437, -100, new, struct.pack('QQQ', 0o101, 0o600, 0), 24)",
    "unlink": "libc.unlink(old)",
    "unlinkat": "libc.unlinkat(-100, old, 0)",
    "rename": "libc.rename(old, new)",
    "renameat2": "libc.renameat2(-100, old, -100, new, 0)",
    "mkdir": "libc.mkdir(new, 0o700)",
    "rmdir": "libc.rmdir(empty)",
    "link": "libc.link(old, new)",
    "symlink": "libc.symlink(old, new)",
    "mknod": "libc.mknod(new, 0o10600, 0)",
    "truncate": "libc.truncate(old, 0)",
    "chmod": "libc.chmod(old, 0o777)",
    "fchmod": "libc.fchmod(os.open(old, os.O_RDONLY), 0o777)",
    "fchmodat": "libc.fchmodat(-100, old, 0o777, 0)",
    "chown": "libc.chown(old, 1, 1)",
    "fchown": "libc.fchown(os.open(old, os.O_RDONLY), 1, 1)",
    "utimensat": "libc.utimensat(-100, old, struct.pack('qqqq', 0, 0, 0, 0), 0)",
    "setxattr": "libc.setxattr(old, b'user.x', b'1', 1, 0)",
    "fopen": "-1 if libc.fopen(new, b'w') is None else 0",
    "socket": "libc.socket(2, 1, 0)",
    "unix socket": "libc.socket(1, 1, 0)",
    "io_uring": "libc.syscall(425, 1, bytes(120))",
    "fork": "libc.fork() or os._exit(0)",
    "vfork": "libc.syscall(58)",
    "clone": "libc.syscall(56, 17, 0, 0, 0, 0) or os._exit(0)",
    "clone3": "libc.syscall(435, struct.pack('8Q', 0, 0, 0, 0, 17, 0, 0, 0), 64) or os._exit(0)",
    "system": "-1 if libc.system(b'exit 0') != 0 else 0",
    "execve": "libc.execv(b'/bin/true', argv)",
    "kill": "libc.kill(victim, 9)",
    "tkill": "libc.syscall(200, victim, 9)",
    "tgkill": "libc.syscall(234, victim, victim, 9)",
    "sigqueue": "libc.sigqueue(victim, 9, ctypes.c_void_p(0))",
    "pidfd_send_signal": "libc.syscall(424, os.pidfd_open(victim), 9, 0, 0)",
    "ptrace": "libc.ptrace(16, victim, 0, 0)",
    "process_vm_writev": "libc.syscall(311, victim, 0, 0, 0, 0, 0)",
    "limits of another process": "libc.prlimit(victim, 0, struct.pack('QQ', 1, 1), None)",
    "other system call table": "libc.syscall(0x40000000 | 87, old)",
    "memory": "-1 if libc.malloc(6 << 30) is None else 0",
}
ONLY_X86_64 = {
    "openat2",
    "io_uring",
    "vfork",
    "clone",
    "clone3",
    "tkill",
    "tgkill",
    "pidfd_send_signal",
    "process_vm_writev",
    "other system call table",
}
"""Attempts that give system call numbers of that processor."""

HARMLESS = {
    "read a file": "open(folder + '/old').read() == 'old'",
    "list a folder": "'old' in os.listdir(folder)",
    "import a module": "__import__('colorsys') is not None",
    "start a thread": "[t := threading.Thread(target=print), t.start(), t.join()] != []",
    "compute": "sum(range(1000)) == 499500",
    "allocate": "len(bytearray(100 << 20)) > 0",
    "write to an open file": "kept.write('x') == 1",
    "own limits": "resource.getrlimit(resource.RLIMIT_AS)[0] > 0",
    "random": "len(os.urandom(4)) == 4",
    "time": "time.sleep(0.01) is None",
}

PROGRAM = """
import ctypes, errno, json, multiprocessing, os, resource, shutil, signal, socket, struct
import subprocess, sys, tempfile, threading, time
from pathlib import Path
from autodagger.expert.sandbox import confine

kind, folder, victim, attempts = json.loads(sys.argv[1])
old, new, empty = (f"{folder}/{name}".encode() for name in ("old", "new", "empty"))
kept = open(folder + "/kept", "w")
libc = ctypes.CDLL(None, use_errno=True)
libc.malloc.restype = libc.fopen.restype = ctypes.c_void_p
libc.malloc.argtypes = [ctypes.c_size_t]
argv = (ctypes.c_char_p * 2)(b"true", None)
confine()
filtered = "Seccomp:\\t2" in Path("/proc/self/status").read_text()
print(json.dumps(["filtered", filtered]), flush=True)
for name, code in attempts.items():
    ctypes.set_errno(0)
    try:
        value = eval(code)
        code = errno.errorcode.get(ctypes.get_errno(), "")
        result = f"refused: {code}" if kind == "c" and value == -1 else "allowed"
    except (PermissionError, MemoryError) as error:
        result = f"refused: {type(error).__name__}: {error}"
    except BaseException as error:
        result = f"other: {type(error).__name__}: {error}"
    print(json.dumps([name, result]), flush=True)
"""


def run_confined(kind: str, folder: Path, victim: int, attempts: dict[str, str]) -> dict[str, str]:
    """What became of each attempt."""
    (folder / "empty").mkdir()
    (folder / "old").write_text("old")
    (folder / "old").chmod(0o640)
    os.utime(folder / "old", (1e9, 1e9))
    result = subprocess.run(
        [sys.executable, "-c", PROGRAM, json.dumps([kind, str(folder), victim, attempts])],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    lines = [json.loads(line) for line in result.stdout.splitlines() if line.startswith("[")]
    assert lines, result.stderr
    return dict(lines)


def find_traces(folder: Path) -> str:
    """What of the attempts can be seen from outside; empty when nothing."""
    status = (folder / "old").stat()
    found = {
        "text": (folder / "old").read_text(),
        "mode, links, time": (status.st_mode & 0o777, status.st_nlink, status.st_mtime),
        "owner": status.st_uid,
        "files": sorted(file.name for file in folder.iterdir()),
    }
    expected = {
        "text": "old",
        "mode, links, time": (0o640, 1, 1e9),
        "owner": os.getuid(),
        "files": ["empty", "kept", "old"],
    }
    return "" if found == expected else str(found)


@pytest.fixture(scope="module")
def victim() -> Iterator[subprocess.Popen[bytes]]:
    """A process that nobody confined may end."""
    process = subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True
    )
    yield process
    process.kill()
    process.wait()


@pytest.fixture(scope="module")
def python_attempts(
    tmp_path_factory: pytest.TempPathFactory, victim: subprocess.Popen[bytes]
) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("python")
    results = run_confined("python", folder, victim.pid, IN_PYTHON)
    return results | {"traces": find_traces(folder)}


@pytest.fixture(scope="module")
def c_attempts(
    tmp_path_factory: pytest.TempPathFactory, victim: subprocess.Popen[bytes]
) -> dict[str, str]:
    if platform.machine() not in ("x86_64", "aarch64"):
        pytest.skip(f"no system call filter for {platform.machine()}")
    folder = tmp_path_factory.mktemp("c")
    attempts = {
        name: code
        for name, code in IN_C.items()
        if platform.machine() == "x86_64" or name not in ONLY_X86_64
    }
    results = run_confined("c", folder, victim.pid, attempts)
    if not results["filtered"]:
        pytest.skip("this kernel has no system call filter (seccomp)")
    return results | {"traces": find_traces(folder)}


@pytest.mark.parametrize("attempt", IN_PYTHON)
def test_python_refuses(python_attempts: dict[str, str], attempt: str) -> None:
    assert python_attempts[attempt].startswith("refused: ")


def test_refusal_says_what_experts_may_not_do(python_attempts: dict[str, str]) -> None:
    assert "experts cannot write files (tried " in python_attempts["write a file"]
    assert "/new'" in python_attempts["write a file"]
    for attempt in ("unlink", "socket", "subprocess", "kill"):
        assert "ConfinementError: experts can neither" in python_attempts[attempt]


@pytest.mark.parametrize("attempt", IN_C)
def test_kernel_refuses(c_attempts: dict[str, str], attempt: str) -> None:
    if attempt not in c_attempts and platform.machine() != "x86_64":
        pytest.skip("the attempt gives a system call number of x86_64")
    reasons = {"clone3": "ENOSYS", "memory": "ENOMEM"}
    assert c_attempts[attempt] == f"refused: {reasons.get(attempt, 'EPERM')}"


def test_nothing_has_happened(
    python_attempts: dict[str, str], c_attempts: dict[str, str], victim: subprocess.Popen[bytes]
) -> None:
    assert victim.poll() is None
    assert python_attempts["traces"] == c_attempts["traces"] == ""


def test_reading_and_computing_stay_allowed(tmp_path: Path) -> None:
    results = run_confined("python", tmp_path, os.getpid(), HARMLESS)
    del results["filtered"]
    assert results == dict.fromkeys(HARMLESS, "allowed")


DEPENDENT = """
import os, sys, time
if os.fork():
    print(flush=True)
    time.sleep(600)
from autodagger.processes import die_with_parent
die_with_parent()
with open(sys.argv[1], "w") as file:
    file.write(str(os.getpid()))
os.rename(sys.argv[1], sys.argv[1] + ".ready")
time.sleep(600)
"""


def test_process_dies_with_its_killed_parent(tmp_path: Path) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", DEPENDENT, str(tmp_path / "child")],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
    )
    ready = tmp_path / "child.ready"
    assert wait_until(ready.exists)
    child = int(ready.read_text())
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    assert wait_until(lambda: not is_alive(child))


def wait_until(holds: object, seconds: float = 60.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if holds():  # type: ignore[operator]
            return True
        time.sleep(0.02)
    return False


def is_alive(process: int) -> bool:
    """Whether a process runs; a zombie, which nobody has fetched yet, does not."""
    try:
        status = Path(f"/proc/{process}/stat").read_text()
    except FileNotFoundError:
        return False
    return status.rsplit(")", 1)[1].split()[0] != "Z"


@pytest.mark.parametrize("soft_only", [False, True])
def test_a_lower_limit_of_the_machines_stays(soft_only: bool) -> None:
    """`ulimit -v 3900000`: an ordinary user may not raise it, and root should not."""
    lower = 3_900_000 << 10
    program = (
        "import resource\n"
        "from autodagger.expert.sandbox import confine\n"
        "hard = resource.getrlimit(resource.RLIMIT_AS)[1]\n"
        f"resource.setrlimit(resource.RLIMIT_AS, ({lower}, hard if {soft_only} else {lower}))\n"
        "import os\n"
        "if os.getuid() == 0: os.setresuid(65534, 65534, 65534)\n"  # an ordinary user
        "confine()\n"
        "print(*resource.getrlimit(resource.RLIMIT_AS))\n"
    )
    command = [sys.executable, "-c", program]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert result.stdout.split() == [str(lower), str(lower)], result.stderr


def test_without_a_lower_limit_experts_get_the_documented_one() -> None:
    program = (
        "import resource\n"
        "from autodagger.expert.sandbox import MEMORY_LIMIT_BYTES, confine\n"
        "confine()\n"
        "assert max(resource.getrlimit(resource.RLIMIT_AS)) <= MEMORY_LIMIT_BYTES\n"
        "assert resource.getrlimit(resource.RLIMIT_CORE) == (0, 0)\n"
    )
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True)
