"""The expert's process: loads an expert's file, and answers what it says in each state.

Everything here shares an interpreter with foreign code, which can alter all of it; nothing outside
relies on it. The layers of `autodagger.expert.layers` keep that code in; what is refused here too
is refused in better words. Of what it imports nothing is outside the standard library, but for PIL
where an expert asks for pictures.
"""

import builtins
import io
import json
import os
import random
import sys
from collections import deque
from importlib.abc import MetaPathFinder
from types import CodeType, ModuleType, TracebackType
from typing import Any, NoReturn

from autodagger.expert.pathfinding import find_path_action
from autodagger.expert.state import Ask, Moment, Schema, State
from autodagger.expert.wire import HEADER, TEXT_LENGTH, pack

IMPORTABLE = (
    *("abc", "array", "ast", "bisect", "calendar", "cmath", "collections", "collections.abc"),
    *("contextlib", "copy", "dataclasses", "datetime", "decimal", "enum", "fractions"),
    *("functools", "heapq", "io", "itertools", "json", "math", "numbers", "operator", "os"),
    *(
        "os.path",
        "pathlib",
        "pprint",
        "queue",
        "random",
        "re",
        "statistics",
        "string",
        "struct",
        "sys",
    ),
    *("textwrap", "time", "traceback", "types", "typing", "warnings", "weakref", "zlib"),
)
"""Modules of the standard library that experts can import."""

_ENCODINGS = ("ascii", "latin_1", "utf_8", "utf_8_sig", "utf_16", "cp1252")

LOG_LINES = 100
"""Messages kept of one episode; the last ones, since they tell why it ended."""

_FAILED = frozenset(("error", "skipped"))


class VisionError(Exception):
    """A question about the screen that has no answer; the episode ends, whatever is made of it."""


class ConfinementError(PermissionError):
    """An expert tried what experts may not do."""


_PIL = ("Chops", "Color", "Draw", "Enhance", "Filter", "Math", "Mode", "Ops", "Palette", "Stat")


def preload(packages: str = "") -> None:
    """Imports what experts can import; once the layers are closed, no file can be opened.

    Args:
        packages: Folder of PIL, which pictures of the screen are of; empty for none.
    """
    for name in (*IMPORTABLE, "_strptime"):
        __import__(name)
    for name in _ENCODINGS:
        "".encode(name)
    if packages:
        sys.path.append(packages)
        for name in ("", *_PIL):
            __import__(f"PIL.Image{name}")
        sys.modules["PIL.Image"].preinit()
        sys.path.remove(packages)


def serve(connection: int) -> NoReturn:
    """Answers the messages that come from the file descriptor `connection` until it ends.

    A message and its answer are lists of a name and a content:

    - `load` {expert: [name, source], tools: [[name, source]...], data: {name: content}}: `ok`
    - `start` seed: `ok`; the file runs afresh, so that no global of an earlier episode is left
    - `state` {state, kept, frozen}, see `Expert.ask`: `button` and a text; `list`, its first
      element if that is a text, and a description; or `other` and a description; `skipped` once
      something failed in the episode
    - `log`: `log` and texts

    or `error` and a text. Sources and contents are bytes as Latin-1.

    Before it answers a `state`, it may ask `picture` or `question`, see `Moment`, any number of
    times: each is answered by `reply` [whether there is one, the reply or why not], which may come
    behind further states.
    """
    _restrict()
    talk = _Talk(connection)
    inmate = _Inmate(talk.ask)
    while message := talk.read():
        talk.write(inmate.answer(*message))
    os._exit(0)


class _Talk:
    """Messages over a file descriptor."""

    def __init__(self, connection: int) -> None:
        self._connection = connection
        self._buffer = bytearray()
        self._later: deque[list[Any]] = deque()  # came while a reply was waited for

    def read(self) -> list[Any] | None:
        """The next message; None when there are no more."""
        return self._later.popleft() if self._later else self._receive()

    def write(self, content: list[Any]) -> None:
        data = pack(content)
        while data:
            data = data[os.write(self._connection, data) :]

    def ask(self, kind: str, content: dict[str, Any]) -> Any:
        """What the other side knows.

        Raises:
            VisionError: It does not.
        """
        self.write([kind, content])
        while message := self._receive():
            if message[0] == "reply":
                is_there, reply = message[1]
                if not is_there:
                    raise VisionError(reply)
                return reply
            self._later.append(message)
        os._exit(0)

    def _receive(self) -> list[Any] | None:
        buffer, end = self._buffer, HEADER.size
        while len(buffer) < end or len(buffer) < (end := _measure(buffer)):
            data = os.read(self._connection, 1 << 16)
            if not data:
                return None
            buffer += data
        message: list[Any] = json.loads(buffer[HEADER.size : end])
        del buffer[:end]
        return message


def _measure(buffer: bytearray) -> int:
    """The length of a message that begins with at least its header."""
    return int(HEADER.size + HEADER.unpack_from(buffer)[0])


class _Inmate:
    """A milestone's expert."""

    def __init__(self, ask: Ask) -> None:
        self._ask_outside = ask
        self._name = ""
        self._code: CodeType
        self._tools: list[tuple[str, CodeType]] = []
        self._run: Any = None
        self._state: dict[str, Any] = {}
        self._schema = Schema()
        self._failed = False
        self._log: deque[str] = deque(maxlen=LOG_LINES)
        self._doing = ""

    def answer(self, kind: str, content: Any) -> list[Any]:
        """See `serve`. Whatever foreign code does, if it returns, ends as an `error`."""
        try:
            answer: list[Any] = getattr(self, f"_answer_{kind}")(content)
        except BaseException as error:  # SystemExit too
            answer = ["error", f"{self._name} raised {_describe(error)} {self._doing}"]
        self._failed |= answer[0] in _FAILED
        return answer

    def _answer_load(self, content: dict[str, Any]) -> list[Any]:
        _data.clear()
        _data.update(content["data"])
        sources = [content["expert"], *content["tools"]]
        codes = []
        for self._name, source in sources:
            self._doing = "while it was compiled"
            try:
                codes.append(compile(source.encode("latin-1"), self._name, "exec"))
            except SyntaxError as error:
                return ["error", f"{self._name}{_describe_syntax(error)}"]
            except (MemoryError, RecursionError):
                return ["error", f"{self._name} is nested too deep. Expected Python of some levels"]
        self._code = codes[0]
        self._tools = [(name, code) for (name, _), code in zip(sources[1:], codes[1:], strict=True)]
        self._name = sources[0][0]
        return ["ok", None]

    def _answer_start(self, seed: int) -> list[Any]:
        self._failed = False
        self._state, self._schema = {}, Schema()
        self._log.clear()
        random.seed(seed)
        self._doing = "while it was loaded"
        expert = self._import()
        self._run = getattr(expert, "run", None)
        if not callable(self._run):
            return [
                "error",
                f"{self._name} defines no function run(state); expected "
                "'def run(state): ...' that returns a button's name",
            ]
        if callable(reset := getattr(expert, "reset", None)):
            self._doing = "in reset()"
            reset()
        self._doing = "in run(state)"
        return ["ok", None]

    def _answer_state(self, content: dict[str, Any]) -> list[Any]:
        state, before = content["state"], self._state
        for key, name in content["kept"]:
            state[key][name] = before[key][name]
        for key, name in content["frozen"]:
            state[key][name] = _freeze(state[key][name])
        self._state = {key: dict(state[key]) for key, _ in content["kept"] + content["frozen"]}
        if self._failed:
            return ["skipped", None]
        moment = Moment(self._schema, self._ask)
        try:
            given = self._run(State.make(state, moment))
        finally:
            moment.is_now = False
        if isinstance(given, str):
            return ["button", str.__str__(given)[:TEXT_LENGTH]]
        described = repr(given)[:TEXT_LENGTH]
        if isinstance(given, list | tuple):
            first = given[0] if given else None
            is_text = isinstance(first, str)
            return ["list", [str.__str__(first)[:TEXT_LENGTH] if is_text else None, described]]
        return ["other", described]

    def _ask(self, kind: str, content: dict[str, Any]) -> Any:
        try:
            return self._ask_outside(kind, content)
        except VisionError:
            self._failed = True  # also where the expert makes something of it
            raise

    def _answer_log(self, _content: None) -> list[Any]:
        return ["log", list(self._log)]

    def _import(self) -> ModuleType:
        """The expert's module, after its tools', with what these offer it."""
        shared: dict[str, Any] = {
            "find_path_action": find_path_action,
            "log": self._note,
            "add_to_state_schema": self._schema.add,
        }
        modules = []
        for name, code in self._tools:
            module = self._make_module(name, shared)
            exec(code, module.__dict__)
            shared |= {
                name: value
                for name, value in vars(module).items()
                if callable(value) and not name.startswith("_")
            }
            modules.append(module)
        for module in modules:  # a tool may call one of a later file
            for name, value in shared.items():
                module.__dict__.setdefault(name, value)
        expert = self._make_module(self._name, shared)
        exec(self._code, expert.__dict__)
        return expert

    def _make_module(self, name: str, shared: dict[str, Any]) -> ModuleType:
        module = ModuleType(name.removesuffix(".py"))
        module.__dict__.update(shared, __file__=name, print=self._print)
        return module

    def _note(self, message: object) -> None:
        self._log.append(str(message)[:TEXT_LENGTH])

    def _print(self, *values: object, sep: str | None = " ", **_options: Any) -> None:
        self._note((" " if sep is None else sep).join(map(str, values)))


def _freeze(value: Any) -> Any:
    """Lists as tuples: what is kept for the next call cannot be altered by this one."""
    return tuple(map(_freeze, value)) if isinstance(value, list) else value


def _describe(error: BaseException) -> str:
    place, trace = "", error.__traceback__
    while trace:
        place = _locate(trace) or place
        trace = trace.tb_next
    try:
        text = str(error)[:TEXT_LENGTH]
    except BaseException:
        text = "its text cannot be had"
    if not place and isinstance(error, TypeError):  # it was not even entered
        place = "; expected 'def run(state): ...'"
    return f"{type(error).__name__}{': ' + text if text else ''}{place}"


def _describe_syntax(error: SyntaxError) -> str:
    if not error.lineno:
        return f": {error.msg}. Expected Python as UTF-8 text"
    line = (error.text or "").strip()[:100]
    return f", line {error.lineno}: {error.msg}{': ' + line if line else ''}"


def _locate(trace: TracebackType) -> str:
    """Where in the expert or a tool; theirs are the only names without a folder."""
    name = trace.tb_frame.f_code.co_filename
    return "" if "/" in name or "<" in name else f" (line {trace.tb_lineno} of {name})"


_data: dict[str, str] = {}
"""The game's files for its experts, by their names within its folder."""


def _open(file: Any, mode: str = "r", *_args: Any, **options: Any) -> Any:
    """`open` for experts: reads a file of the game's `data` folder."""
    name = os.path.normpath(str(file)) if isinstance(file, str | os.PathLike) else repr(file)
    if set(mode) & set("wax+"):
        raise ConfinementError(f"experts cannot write files (tried {name!r})")
    content = _data.get(name)
    if content is None:
        known = ", ".join(sorted(_data)[:10]) or "it has none"
        raise ConfinementError(
            f"experts can read files of the game's data folder ({known}), and no others "
            f"(tried {name!r})"
        )
    raw = io.BytesIO(content.encode("latin-1"))
    return raw if "b" in mode else io.TextIOWrapper(raw, options.get("encoding") or "utf-8")


class _Refuse(MetaPathFinder):
    """Finds no module, and says which there are."""

    def find_spec(self, name: str, *_: Any) -> NoReturn:
        raise ModuleNotFoundError(
            f"experts are confined: they cannot import {name!r}, but {', '.join(IMPORTABLE)}",
            name=name,
        )


_REFUSED_EVENTS = (
    *("socket.", "subprocess.", "shutil.", "tempfile.", "signal.pthread_kill"),
    *("os.exec", "os.fork", "os.kill", "os.posix_spawn", "os.spawn", "os.system", "os.startfile"),
    *("os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.link", "os.symlink", "os.truncate"),
    *("os.chmod", "os.chown", "os.utime", "os.listdir", "os.scandir"),
)
_WRITE_FLAGS = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def _refuse(event: str, args: tuple[Any, ...]) -> None:
    """An audit hook (PEP 578): a message instead of the kernel's bare refusal."""
    if event == "open":
        writes = len(args) >= 3 and isinstance(args[2], int) and args[2] & _WRITE_FLAGS
        doing = "write files" if writes else "open files but those of the game's data folder"
        raise ConfinementError(f"experts cannot {doing} (tried {args[0]!r})")
    if event.startswith(_REFUSED_EVENTS):
        raise ConfinementError(
            f"experts can neither change files, reach the network nor start processes ({event})"
        )


class _Nowhere(io.TextIOBase):
    """Standard output and error, for what `print` in a tool's own module does not catch."""

    def write(self, text: str) -> int:
        return len(text)


def _restrict() -> None:
    sys.dont_write_bytecode = True
    sys.path[:] = []
    sys.meta_path[:] = [_Refuse()]
    sys.stdin, sys.stdout, sys.stderr = io.StringIO(), _Nowhere(), _Nowhere()
    sys.__stdin__ = sys.__stdout__ = sys.__stderr__ = None  # type: ignore[misc]
    builtins.open = io.open = _open
    os.environ.clear()
    sys.addaudithook(_refuse)
