"""What hostile experts try, and a harness that tells what came of it.

`python -m tests.autodagger.expert.attacks [--skip LAYER] [--answers]` prints as JSON, for each
attack (and each harmful answer, if asked), None where it was held, else what it got. It needs the
standard library alone, so that any interpreter on a machine can run it as any user.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from textwrap import indent

from autodagger.expert import expert as expert_module
from autodagger.expert.expert import Expert, ExpertError
from autodagger.expert.jail import Jail
from autodagger.expert.wire import TEXT_LENGTH

PRELUDE = """
import ctypes, gc, io, json, os, signal, socket, struct, sys, time
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
def call(number, *values):
    longs = [ctypes.c_long(v) if isinstance(v, int) else v for v in values]
    ctypes.set_errno(0)
    result = libc.syscall(ctypes.c_long(number), *longs)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return (number, result)
FOLDER, VICTIM = {folder!r}, {victim!r}
OLD = FOLDER + "/old"
def run(state):
    try:
        got = attack()
    except BaseException as error:
        log("refused: " + type(error).__name__)
    else:
        log("got: %r" % (got,) if got else "refused")
    return "no_op"
def attack():
"""

SYSTEM_CALLS = {  # x86_64, arch/x86/entry/syscalls/syscall_64.tbl
    "open for reading": "call(2, OLD.encode(), 0)",
    "open for writing": "call(2, OLD.encode(), 1)",
    "openat": "call(257, -100, OLD.encode(), 0)",
    "openat2": "call(437, -100, OLD.encode(), bytes(24), 24)",
    "creat": "call(85, (FOLDER + '/new').encode(), 0o600)",
    "open by handle": "call(304, -100, bytes(136), 0)",
    "name to handle": "call(303, -100, OLD.encode(), struct.pack('Ii', 128, 0) + bytes(128), "
    "ctypes.byref(ctypes.c_int()), 0)",
    "list a folder": "call(78, 3, bytes(512), 512)",
    "stat": "call(4, OLD.encode(), bytes(256))",
    "access": "not call(21, OLD.encode(), 4)[1]",
    "readlink": "call(89, b'/proc/self/exe', bytes(512), 512)",
    "unlink": "not call(87, OLD.encode())[1]",
    "rename": "not call(82, OLD.encode(), (FOLDER + '/new').encode())[1]",
    "mkdir": "not call(83, (FOLDER + '/new').encode(), 0o700)[1]",
    "symlink": "not call(88, OLD.encode(), (FOLDER + '/new').encode())[1]",
    "link": "not call(86, OLD.encode(), (FOLDER + '/new').encode())[1]",
    "truncate": "not call(76, OLD.encode(), 0)[1]",
    "chmod": "not call(90, OLD.encode(), 0o777)[1]",
    "chown": "not call(92, OLD.encode(), 1, 1)[1]",
    "utime": "not call(132, OLD.encode(), None)[1]",
    "set a file attribute": "not call(188, OLD.encode(), b'user.x', b'y', 1, 0)[1]",
    "make a device": "not call(133, (FOLDER + '/new').encode(), 0o10600, 0)[1]",
    "change root": "not call(161, FOLDER.encode())[1]",
    "mount": "not call(165, b'none', FOLDER.encode(), b'tmpfs', 0, None)[1]",
    "open a mount tree": "call(428, -100, FOLDER.encode(), 1)",
    "open a file system": "call(430, b'tmpfs', 0)",
    "set mount attributes": "not call(442, -100, FOLDER.encode(), 0, bytes(32), 32)[1]",
    "process accounting": "not call(163, OLD.encode())[1]",
    "quota": "not call(179, 0, None, 0, None)[1]",
    "swap": "not call(167, OLD.encode(), 0)[1]",
    "memory file": "call(319, b'x', 0)",
    "secret memory": "call(447, 0)",
    "shared segment": "call(29, 0, 4096, 0o1600)",
    "message queue": "call(68, 0, 0o1600)",
    "named message queue": "call(240, b'attack', 0o102, 0o600, None)",
    "semaphore": "call(64, 0, 1, 0o1600)",
    "socket": "call(41, 2, 1, 0)",
    "socket pair": "not call(53, 1, 1, 0, bytes(8))[1]",
    "netlink socket": "call(41, 16, 3, 0)",
    "fork": "call(57) if call else 0",
    "vfork and clone": "call(56, 17, 0, 0, 0, 0)",
    "clone3": "call(435, struct.pack('8Q', 0, 0, 0, 0, 17, 0, 0, 0), 64)",
    "thread": "call(56, 0x10f00, 0, 0, 0, 0)",
    "execve": "call(59, b'/bin/true', None, None)",
    "execveat": "call(322, -100, b'/bin/true', None, None, 0)",
    "kill": "not call(62, VICTIM, 9)[1]",
    "kill a thread": "not call(200, VICTIM, 9)[1]",
    "queue a signal": "not call(129, VICTIM, 9, bytes(128))[1]",
    "process descriptor": "call(434, VICTIM, 0)",
    "take a descriptor": "call(438, 3, 0, 0)",
    "signal by descriptor": "not call(424, 3, 9, None, 0)[1]",
    "attach to a process": "not call(101, 16, VICTIM, 0, 0)[1]",
    "trace by the parent": "not call(101, 0, 0, 0, 0)[1]",
    "read memory": "call(310, VICTIM, None, 0, None, 0, 0) and 1",
    "write memory": "call(311, VICTIM, None, 0, None, 0, 0) and 1",
    "compare processes": "call(312, VICTIM, VICTIM, 0, 0, 0) and 1",
    "priority of another": "not call(141, 0, VICTIM, 19)[1]",
    "own priority": "not call(141, 0, 0, -20)[1]",
    "input priority": "not call(251, 1, VICTIM, 0x6000)[1]",
    "processor of another": "not call(203, VICTIM, 8, struct.pack('Q', 1))[1]",
    "scheduler": "not call(144, VICTIM, 3, struct.pack('i', 0))[1]",
    "limits of another": "not call(302, VICTIM, 7, struct.pack('QQ', 1, 1), None)[1]",
    "own limits": "not call(160, 9, struct.pack('QQ', 1 << 40, 1 << 40))[1]",
    "key": "call(248, b'user', b'attack', b'x', 1, -5)",
    "keyring": "call(250, 0, -5, 1)",
    "look for a key": "call(249, b'user', b'x', None, -5)",
    "descriptor flags": "not call(72, 3, 4, 0x2000)[1]",
    "owner of a descriptor": "not call(72, 3, 8, VICTIM)[1]",
    "duplicate": "call(32, 3)",
    "close": "not call(3, 3)[1]",
    "ioctl": "not call(16, 3, 0x5412, b'x')[1]",
    "pipe": "not call(22, bytes(8))[1]",
    "write elsewhere": "call(1, 2, b'forged\\n', 7)",
    "write many": "call(20, 3, bytes(16), 0) and 1",
    "send a descriptor": "call(46, 3, bytes(56), 0)",
    "send": "call(44, 3, b'x', 1, 0, None, 0)",
    "shut down": "not call(48, 3, 2)[1]",
    "event": "call(290, 0, 0)",
    "poll": "call(291, 0)",
    "watch files": "call(294, 0)",
    "watch all files": "call(300, 0, 0)",
    "page faults": "call(323, 1)",
    "bpf": "call(321, 0, bytes(64), 64)",
    "performance counters": "call(298, bytes(128), 0, -1, -1, 0)",
    "ring of calls": "call(425, 8, bytes(120))",
    "another filter": "call(317, 0, 0, None) and 1",
    "landlock of its own": "call(444, struct.pack('Q', 1), 8, 0)",
    "control itself": "not call(157, 4, 1, 0, 0, 0)[1]",
    "outlive the parent": "not call(157, 1, 0, 0, 0, 0)[1]",
    "other word size": "not call(135, 8)[1]",
    "leave namespaces": "not call(272, 0x10000000)[1]",
    "enter namespaces": "not call(308, 3, 0)[1]",
    "become root": "not call(105, 0)[1]",
    "capabilities": "not call(126, struct.pack('Ii', 0x20080522, 0), bytes(24))[1]",
    "session": "call(112)",
    "timer": "not call(222, 1, None, ctypes.byref(ctypes.c_int()))[1]",
    "alarm": "call(37, 1) and 1",
    "reboot": "not call(169, 0, 0, 0, None)[1]",
    "load into the kernel": "not call(175, b'x', 1, b'')[1]",
    "kernel log": "call(103, 3, bytes(64), 64)",
    "memory to run": "call(9, 0, 4096, 7, 0x22, -1, 0)[1] > 0",
    "make memory run": "not call(10, call(9, 0, 4096, 3, 0x22, -1, 0)[1], 4096, 5)[1]",
    "lock memory": "not call(151, 3)[1]",
    "second set of calls": "call(0x40000000 + 2, OLD.encode(), 0)",
    "a call of tomorrow": "call(1000) and 1",
}

IN_PYTHON = {
    "a secret": "return open('/etc/shadow').read()",
    "a relative path": "return open('../../etc/passwd').read()",
    "a path object": "import pathlib; return pathlib.Path('/etc/passwd').read_text()",
    "os.open": "return os.open('/etc/passwd', os.O_RDONLY)",
    "the open that was": "return [one for one in gc.get_objects() if one is not open and "
    "getattr(one, '__name__', '') == 'open' and one('/etc/passwd')]",
    "io.FileIO": "return io.FileIO('/etc/passwd').read()",
    "environment": "return [one for one in os.environ if one.startswith('ATTACK')]",
    "environment in memory": "return [one for one in ctypes.POINTER(ctypes.c_char_p).in_dll("
    "libc, 'environ')[:1] if one and b'ATTACK' in one]",
    "another's environment": "return open('/proc/%d/environ' % VICTIM).read()",
    "another's memory": "return os.open('/proc/%d/mem' % VICTIM, os.O_RDWR)",
    "the terminal": "return os.open('/dev/tty', os.O_RDONLY)",
    "what others have opened": "return os.listdir('/proc/self/fd')",
    "a connection of multiprocessing": "import multiprocessing.connection",
    "objects that talk": "return [one for one in gc.get_objects() if isinstance(one, socket.socket)"
    " and one.fileno() >= 0 and one.send(b'x')]",
    "a frame with the judge": "f = sys._getframe()\nwhile '_env' not in getattr("
    "f.f_locals.get('self'), '__dict__', {}): f = f.f_back\nreturn f",
    "modules of the project": "return [one for one in sys.modules if one.startswith("
    "('autodagger.game', 'autodagger.rollout', 'numpy', 'torch'))]",
    "a library": "return ctypes.CDLL('libresolv.so.2')",
    "a C function": "return not libc.unlink(OLD.encode())",
    "a shell": "return os.system('touch ' + FOLDER + '/new') == 0",
    "a process": "import subprocess; return subprocess.run(['true'])",
    "threads": "import _thread; return _thread.start_new_thread(print, ())",
    "a name": "return socket.getaddrinfo('localhost', 80)",
    "a connection": "return socket.create_connection(('127.0.0.1', 9), 1)",
    "the parent's life": "os.kill(os.getppid(), 9); return 1",
    "memory": "return len([bytes(64 << 20) for _ in range(64)])",
    "mapped memory": "return [call(9, 0, 64 << 20, 3, 0x21, -1, 0) for _ in range(64)]",
}

ANSWERS = {
    "fifty megabytes": "return 'a' * 50_000_000",
    "a text that is none": "class T(str):\n    def __str__(s): raise s\n    lower = upper = 5\n"
    "return T('a' * 1000)",
    "no text": "class T:\n    def __repr__(s): return 'x' * 10**8\nreturn T()",
    "no description": "class T:\n    def __repr__(s): raise SystemExit\nreturn T()",
    "an error without text": "class E(Exception):\n    def __str__(s): raise s\nraise E",
    "an error with a long text": "raise ValueError('x' * 50_000_000)",
    "an error without name": "class M(type):\n    __name__ = property(lambda c: 1 / 0)\n"
    "class E(Exception, metaclass=M): pass\nraise E",
    "an end": "raise SystemExit(0)",
    "an interruption": "raise KeyboardInterrupt",
    "an end at once": "os._exit(0)",
    "a crash": "ctypes.string_at(0)",
    "an abortion": "os.abort()",
    "a deep error": "def f(): f()\nf()",
    "a flood of words": "while 1: log('x' * 10**6)",
    "forged lines": "log('\\x1b[2J\\n[ 1/24] FORGED\\r\\ud800\\x00')\n"
    "raise ValueError('\\x1b[31m\\nx')",
    "half an answer": "os.write(3, struct.pack('!I', 1000)); time.sleep(99)",
    "drops of an answer": "os.write(3, struct.pack('!I', 1000))\nwhile 1:\n    os.write(3, b' ')\n"
    "    time.sleep(.5)",
    "a long answer": "os.write(3, struct.pack('!I', 0xffffffff)); return 'no_op'",
    "no JSON": "os.write(3, struct.pack('!I', 4) + b'\\xff{[,'); return 'no_op'",
    "deep JSON": "os.write(3, struct.pack('!I', 200_000) + b'[' * 200_000); return 'no_op'",
    "a long number": "os.write(3, struct.pack('!I', 100_000) + b'9' * 100_000); return 'no_op'",
    "an answer of another kind": "x = b'[\"ok\",{}]'; os.write(3, struct.pack('!I', len(x)) + x)",
    "more answers than questions": 'x = b\'["button","no_op"]\'\n'
    "for _ in range(9): os.write(3, struct.pack('!I', len(x)) + x)\nreturn 'no_op'",
    "a stream without end": "while 1: os.write(3, bytes(1 << 16))",
    "an endless loop": "while 1: pass",
    "sleep": "time.sleep(99)",
    "reads what was meant for others": "while 1: os.read(3, 1 << 16)",
}
"""Bodies of `run`: each must end in time, as an answer or an error, and the next episode begins."""


def attempt(source: str, door: object, folder: Path) -> tuple[str, list[str]]:
    """What an expert said, or its error, and its log; and whether another episode can be played."""
    path = folder / "ATTACK.py"
    path.write_text(source)
    try:
        expert = Expert(path, (), ("no_op", "a"), door)  # type: ignore[arg-type]
        try:
            said = str(expert.act({}))
        except ExpertError as error:
            said = str(error)
        log = expert.log
        expert.start_episode()
        expert.close()
    except ExpertError as error:
        return f"does not start: {error}", []
    finally:
        path.unlink()
    return said, log


def make_source(body: str, folder: Path, victim: int) -> str:
    """An expert that tries `body` and logs what it got."""
    return PRELUDE.format(folder=str(folder), victim=victim) + indent(body, "    ")


def run_attack(
    name: str, door: object, folder: Path, victim: "subprocess.Popen[bytes]"
) -> str | None:
    """None where the attack was held, else what it got."""
    body = f"return {SYSTEM_CALLS[name]}" if name in SYSTEM_CALLS else IN_PYTHON[name]
    before = look(folder)
    said, log = attempt(make_source(body, folder, victim.pid), door, folder)
    if victim.poll() is not None:
        return "the victim is dead"
    if look(folder) != before:
        return "the folder has changed"
    if any(line.startswith("got") for line in log):
        return log[0]
    if said.startswith("does not start"):
        return said
    return None


def judge_answer(name: str, door: object, folder: Path) -> str | None:
    """None where the answer ended as an action or a text that can be printed, else what came."""
    source = make_source(ANSWERS[name], folder, 0).replace('return "no_op"', "return got")
    said, log = attempt(source.replace("except BaseException", "except ()"), door, folder)
    is_harmless = len(log) <= 100 and all(
        text.isprintable() and len(text) < TEXT_LENGTH + 100 for text in (said, *log)
    )
    return None if is_harmless and not said.startswith("does not start") else said


def look(folder: Path) -> dict[str, object]:
    """All that can be seen of a folder's files."""
    return {
        path.name: (path.lstat().st_mode, path.lstat().st_mtime_ns, path.read_bytes())
        for path in sorted(folder.iterdir())
    }


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--skip", default="")
    parser.add_argument("--answers", action="store_true")
    arguments = parser.parse_args()
    skip = [layer for layer in arguments.skip.split(",") if layer]
    if len(skip) > 1:
        parser.error("one layer at a time: what none holds is done to this machine")
    expert_module.CALL_SECONDS = 1.0
    os.environ["ATTACK_SECRET"] = "x"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.joinpath("old").write_text("old")
        victim = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        results: dict[str, str | None] = {}
        try:
            with Jail(unconfined=True, skip=skip) as jail:
                layers = dict(jail.layers)
                for attack in [*SYSTEM_CALLS, *IN_PYTHON]:
                    results[attack] = run_attack(attack, jail.door, folder, victim)
                for answer in ANSWERS if arguments.answers else ():
                    results[answer] = judge_answer(answer, jail.door, folder)
        finally:
            victim.send_signal(signal.SIGKILL)
            victim.wait()
    print(json.dumps({"layers": layers, "results": results}))


if __name__ == "__main__":
    main()
