"""Confinement: hostile experts are held by the filter alone, and by the layers behind it."""

import json
import os
import platform
import shlex
import shutil
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest

from autodagger.errors import UserError
from autodagger.expert import expert as expert_module
from autodagger.expert.expert import Expert, ExpertError
from autodagger.expert.jail import Jail, describe, get_jail
from autodagger.expert.layers import LAYERS, LayerError, find_calls
from tests.autodagger.expert.attacks import (
    ANSWERS,
    IN_PYTHON,
    SYSTEM_CALLS,
    attempt,
    judge_answer,
    make_source,
    run_attack,
)
from tests.grid import ACTIONS, ROOT, GridStates, load_expert, make_spec, play, write_expert

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="experts are confined on Linux")
X86 = platform.machine() == "x86_64"


@pytest.fixture(scope="module")
def victim() -> Iterator["subprocess.Popen[bytes]"]:
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    yield process
    process.kill()
    process.wait()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    tmp_path.joinpath("old").write_text("old")
    return tmp_path


# ---- Attacks ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*(SYSTEM_CALLS if X86 else ()), *IN_PYTHON])
def test_attack_is_held(name: str, folder: Path, victim: "subprocess.Popen[bytes]") -> None:
    assert run_attack(name, get_jail().door, folder, victim) is None


@pytest.mark.skipif(not X86, reason="x86's numbers")
def test_every_call_that_is_not_allowed_is_refused(folder: Path) -> None:
    calls = find_calls()
    allowed = {int(word) for word in calls["allowed"].split() if word.isdigit()}
    allowed |= {*calls["talk"], *calls["map"]}
    allowed |= {335, 336}  # uretprobe, uprobe: filters never see them, and they end the process
    body = f"""
allowed = {allowed}
numbers = [n for n in [*range(500), *range(0x40000000, 0x40000200)] if n not in allowed]
through = []
for n in numbers:
    ctypes.set_errno(0)
    if libc.syscall(ctypes.c_long(n), 0, 0, 0, 0, 0, 0) != -1 or ctypes.get_errno() != 1:
        through.append(n)
log(len(numbers))
return through
"""
    _, log = attempt(make_source(body, folder, 0), get_jail().door, folder)
    assert log == [str(500 + 512 - len(allowed)), "refused"]


@pytest.mark.parametrize("name", ANSWERS)
def test_answer_does_no_harm(name: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It ends, in time, as an action or a text that can be printed; and the next episode begins."""
    monkeypatch.setattr(expert_module, "CALL_SECONDS", 0.7)
    begin = time.monotonic()
    assert judge_answer(name, get_jail().door, folder) is None
    assert time.monotonic() - begin < 30


def test_time_of_an_episode_is_limited(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each call within its limit, and all together hours."""
    monkeypatch.setattr(expert_module, "EPISODE_SECONDS", 0.5)
    text = "import time\ndef run(state):\n    time.sleep(0.1)\n    return 'a'"
    expert = load_expert(write_expert(folder, text))
    with pytest.raises(ExpertError, match=r"CURSOR\.py took longer than 0\.5 s in one episode"):
        for _ in range(100):
            expert.act({})


FORGED = """
import sys
def run(state):
    f = sys._getframe()
    while f and '_env' not in getattr(f.f_locals.get('self'), '__dict__', {}): f = f.f_back
    env = f.f_locals['self']._env; env._holds = lambda e, k, s: env._steps > 0
    return 'no_op'
"""
PICKLE = """
class P:
    def __reduce__(self): return exec, ("open({path!r}, 'w')",)
def run(state):
    import gc, multiprocessing.connection as c
    for o in gc.get_objects():
        if isinstance(o, c.Connection): o.send(P())
    return 'no_op'
"""
HALF = """
import os, struct
def run(state):
    for number in range(64):
        try: os.write(number, struct.pack('!i', 1000))
        except OSError: pass
    while True: pass
"""
SHORT_MEMORY = """
import ctypes, os
def run(state):
    for number in range(64): ctypes.CDLL(None).ftruncate(number, 0)
    for f in os.listdir('/proc/self/fd'):
        ctypes.CDLL(None).ftruncate(int(f), 0)
    return 'no_op'
"""
OWNER = """
def run(state):
    import os, fcntl
    r, w = os.pipe(); fcntl.fcntl(r, fcntl.F_SETOWN, {victim}); fcntl.fcntl(r, 10, 9)
    fcntl.fcntl(r, fcntl.F_SETFL, os.O_ASYNC | os.O_NONBLOCK); os.write(w, b'x')
    return 'no_op'
"""
TYPIST = """
def run(state):
    import os, fcntl
    fd = os.open('/dev/tty', os.O_RDONLY)
    for ch in b'id > TYPED\\n': fcntl.ioctl(fd, 0x5412, bytes([ch]))
    return 'no_op'
"""


@pytest.mark.parametrize(
    "text",
    [FORGED, PICKLE, HALF, SHORT_MEMORY, OWNER, TYPIST],
    ids=["forged success", "pickle", "half a message", "short memory", "owner", "typist"],
)
def test_no_expert_reaches_its_judge(
    tmp_path: Path, grid_states: GridStates, victim: "subprocess.Popen[bytes]", text: str
) -> None:
    path = tmp_path / "outside"
    for key, value in (("{path!r}", repr(str(path))), ("{victim}", str(victim.pid))):
        text = text.replace(key, value)
    spec = make_spec(write_expert(tmp_path, text), max_steps=3)
    episodes = play(spec, grid_states.plans(2))
    assert not any(episode.success for episode in episodes)
    assert all(episode.error for episode in episodes)
    assert not path.exists()
    assert victim.poll() is None


# ---- Layers ----------------------------------------------------------------------------------

WITHOUT_FILTER = {
    *("memory file", "secret memory", "shared segment", "message queue", "semaphore", "socket"),
    *("named message queue", "socket pair", "netlink socket", "trace by the parent", "key"),
    *("read memory", "write memory", "keyring", "descriptor flags", "duplicate", "pipe", "close"),
    *("owner of a descriptor", "write many", "send a descriptor", "event", "poll", "send"),
    *("watch files", "page faults", "another filter", "landlock of its own", "control itself"),
    *("outlive the parent", "other word size", "leave namespaces", "capabilities", "timer"),
    *("alarm", "memory to run", "make memory run", "shut down", "thread", "threads"),
    *("compare processes", "processor of another", "ioctl", "bpf", "performance counters"),
    *("ring of calls", "session", "own priority", "input priority", "look for a key"),
}
"""What the layers behind the filter leave an expert: its own memory, objects of the kernel that end
with its namespaces, and keys of a user that is nobody. No file, no process, no network."""


def run_all(command: list[str], **options: object) -> dict[str, dict[str, str]]:
    """The results of the attacks' own program."""
    command = [*command, "-m", "tests.autodagger.expert.attacks"]
    done = subprocess.run(
        [*command, *options.pop("arguments", ())],  # type: ignore[misc]
        capture_output=True,
        text=True,
        timeout=300,
        **options,  # type: ignore[call-overload]
    )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def list_open(results: dict[str, str]) -> set[str]:
    return {name for name, got in results.items() if got is not None}


@pytest.mark.skipif(not X86, reason="x86's numbers")
@pytest.mark.parametrize("layer", LAYERS)
def test_the_others_hold_without_one_layer(layer: str) -> None:
    found = run_all([sys.executable], arguments=("--skip", layer), cwd=ROOT)
    assert found["layers"][layer] == "switched off"
    if layer != "seccomp":
        expected = {"memory", "mapped memory"} if layer == "limits" else set()
        assert list_open(found["results"]) == expected
        return
    if found["layers"]["namespaces"].startswith("no:"):
        pytest.skip("this machine gives no namespaces: the filter alone holds everything")
    assert list_open(found["results"]) <= WITHOUT_FILTER


def find_public_python() -> str | None:
    """An interpreter that any user can run."""
    for path in (sys.executable, "/usr/bin/python3"):
        command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", path, "-c"]
        code = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import ctypes'])"
        if not shutil.which("setpriv") or not Path(path).exists():
            continue
        if not subprocess.run([*command, code], capture_output=True, cwd="/").returncode:
            return path
    return None


@pytest.mark.skipif(os.geteuid() != 0, reason="the other tests run as an ordinary user already")
@pytest.mark.skipif(not X86, reason="x86's numbers")
def test_all_is_held_for_an_ordinary_user(tmp_path_factory: pytest.TempPathFactory) -> None:
    python = find_public_python()
    if python is None:
        pytest.skip("needs setpriv, and a Python that other users can run")
    place = tmp_path_factory.mktemp("public")
    for part in ("autodagger/expert", "tests/autodagger/expert"):
        shutil.copytree(ROOT / part, place / part, ignore=shutil.ignore_patterns("__pycache__"))
    for module in ("__init__", "errors", "files", "actions"):
        shutil.copy(ROOT / "autodagger" / f"{module}.py", place / "autodagger")
    for parent in [place, *place.parents][:-2]:
        parent.chmod(0o755)
    user = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", python]
    found = run_all(
        user, arguments=("--answers",), cwd=place, env={"HOME": "/", "PATH": os.environ["PATH"]}
    )
    assert found["layers"]["seccomp"] == "yes"
    assert found["layers"]["user"] == "not root"
    assert list_open(found["results"]) == set()


def test_without_the_filter_no_expert_runs() -> None:
    with pytest.raises(UserError, match=r"cannot be confined.*switched off.*unconfined_experts"):
        Jail(skip=["seccomp"])
    with Jail(unconfined=True, skip=["seccomp"]) as jail:
        assert "no seccomp (switched off)" in describe(jail.layers)


def test_a_processor_without_a_filter_is_named(tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.write_bytes(b"\x7fELF\x02\x01" + bytes(12) + struct.pack("<H", 243))
    with pytest.raises(LayerError, match="ELF machine 243"):
        find_calls(program)


def test_the_interpreters_own_processor_counts() -> None:
    """`setarch` changes what `uname` says, and no filter was installed."""
    if not X86 or not shutil.which("setarch"):
        pytest.skip("needs setarch")
    code = "from autodagger.expert.jail import Jail; print(Jail().layers['seccomp'])"
    command = ["setarch", "i686", sys.executable, "-c", code]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.stdout == "yes\n", done.stderr


def test_report_says_what_is_missing() -> None:
    layers = dict.fromkeys(LAYERS, "yes") | {"landlock": "no: [Errno 38] Function not implemented"}
    text = describe(layers)
    assert text.startswith("experts are confined by seccomp, namespaces, user")
    assert text.endswith("no landlock ([Errno 38] Function not implemented)")


# ---- Lives and deaths ------------------------------------------------------------------------


def is_gone(process: psutil.Process) -> bool:
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def wait_for_end(processes: list[psutil.Process]) -> bool:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if all(map(is_gone, processes)):
            return True
        time.sleep(0.02)
    return False


@pytest.mark.parametrize("doing", ["pass", "while True: pass"])
def test_experts_end_with_a_killed_job(tmp_path: Path, doing: str) -> None:
    expert = write_expert(tmp_path, f"def run(state):\n    {doing}\n    return 'a'")
    code = f"""
from pathlib import Path
from tests.grid import load_expert
expert = load_expert(Path({str(expert)!r}))
print("ready", flush=True)
expert.act({{}})
input()
"""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    job = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, **pipes)  # type: ignore[call-overload]
    assert job.stdout.readline() == b"ready\n"
    processes = psutil.Process(job.pid).children(recursive=True)
    assert len(processes) == 3  # the one that was started, its child in the namespaces, the expert
    job.send_signal(signal.SIGKILL)
    job.communicate()
    assert wait_for_end(processes)


def test_a_closed_expert_ends(tmp_path: Path) -> None:
    with Jail() as jail:
        [first] = psutil.Process(jail._process.pid).children()
        path = write_expert(tmp_path, "def run(state):\n    while True: pass")
        expert = expert_module.Expert(path, (), ("no_op",), jail.door)
        [process] = first.children()
        expert.ask({})
        expert._flush()
        expert.close()
        assert wait_for_end([process])
        assert not is_gone(first)
    assert wait_for_end([first])


def test_a_limit_of_the_machines_that_is_lower_stays(tmp_path: Path) -> None:
    """`ulimit -v`: only root may raise it, and nobody asked for it."""
    code = """
import resource
from pathlib import Path
from tests.grid import load_expert
"""
    expert = write_expert(tmp_path, "x = bytes(300 << 20)\ndef run(state): return 'a'")
    code += f"print(load_expert(Path({str(expert)!r})).act({{}}))"
    for limit, expected in (("unlimited", "1\n"), ("262144", "")):
        command = f"ulimit -v {limit}; exec {sys.executable} -c {shlex.quote(code)}"
        done = subprocess.run(["bash", "-c", command], cwd=ROOT, capture_output=True, text=True)
        assert done.stdout == expected
        assert bool(expected) or "MemoryError" in done.stderr


@pytest.mark.parametrize("name", IN_PYTHON)
def test_attack_is_held_beside_a_picture_library(
    name: str, folder: Path, victim: "subprocess.Popen[bytes]"
) -> None:
    assert run_attack(name, get_jail(pictures=True).door, folder, victim) is None


@pytest.mark.parametrize(
    "tried",
    [
        "Image.open(OLD)",
        "Image.open('data/../old')",
        "state._screenshot.save(NEW)",
        "state._screenshot.save(NEW, 'PNG')",
        "state._screenshot.show()",
        "Image.core.new('RGB', (4, 4)).save_ppm(NEW)",
        "__import__('PIL.ImageGrab').ImageGrab.grab()",
        "__import__('PIL.ImageFont').ImageFont.truetype(OLD)",
        "Image.new('RGB', (60000, 60000))",
    ],
)
def test_a_picture_library_opens_and_writes_nothing(folder: Path, tried: str) -> None:
    text = f"""
from PIL import Image
OLD, NEW = {str(folder / "old")!r}, {str(folder / "new")!r}
def run(state):
    try:
        {tried}
    except BaseException as error:
        return "a"
    return "b"  # _screenshot
"""
    expert = Expert(write_expert(folder, text), (), ACTIONS, get_jail(pictures=True).door)
    assert expert.act({}, np.zeros((4, 4, 3), np.uint8)) == ACTIONS.index("a")
    assert {path.name for path in folder.iterdir()} == {"old", "CURSOR.py"}
