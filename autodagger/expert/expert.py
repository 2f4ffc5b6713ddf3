"""Experts: a Python file with `run(state) -> button name`, run so that nothing leaks or hangs."""

import builtins
import signal
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import CodeType, FrameType, ModuleType
from typing import Any

from autodagger.expert.pathfinding import find_path_action

CALL_LIMIT_SECONDS = 5.0
"""Longest that one call into an expert may take: ten thousand times what a typical one needs."""

LOG_LINES = 100
"""Messages kept of one episode; the last ones, since they tell why it ended."""


_PACKAGE = str(Path(__file__).parents[1])


class ExpertError(Exception):
    """The expert cannot be loaded, raised, hung or named no action; the message says which."""


class _TimeLimit(BaseException):
    """Raised inside an expert's call; no `except Exception` of the expert's catches it."""


class Expert:
    """A milestone's scripted expert.

    Args:
        path: The expert's file.
        tools: Files whose public functions experts may call.
        actions: The game's action names; an expert's answer is compared without regard to case.

    Raises:
        ExpertError: The file cannot be read or compiled, or defines no `run`.
    """

    def __init__(self, path: Path, tools: Sequence[Path], actions: Sequence[str]) -> None:
        self._path = Path(path)
        self._actions = {name.lower(): index for index, name in enumerate(actions)}
        self._code = _compile(self._path)
        self._tools = [_compile(tool) for tool in tools]
        self.log: list[str] = []
        self.start_episode()

    def start_episode(self) -> None:
        """Loads the file afresh, so that no global of an earlier episode is left, and resets it.

        Raises:
            ExpertError: Loading or `reset()` raised or took too long, or there is no `run`.
        """
        self.log = []
        with self._guarded("while it was loaded"):
            self._module = self._load()
        if not callable(getattr(self._module, "run", None)):
            raise ExpertError(
                f"{self._path.name} defines no function run(state); expected "
                "'def run(state): ...' that returns a button's name"
            )
        if callable(getattr(self._module, "reset", None)):
            with self._guarded("in reset()"):
                self._module.reset()

    def act(self, state: dict[str, Any]) -> int:
        """The index of the action that the expert names for `state`.

        Raises:
            ExpertError: `run` raised, took longer than `CALL_LIMIT_SECONDS`, or named no action.
        """
        with self._guarded("in run(state)"):
            answer = self._module.run(state)
        index = self._actions.get(answer.lower()) if isinstance(answer, str) else None
        if index is None:
            raise ExpertError(
                f"{self._path.name} answered {answer!r}; expected one of {', '.join(self._actions)}"
            )
        return index

    def _load(self) -> ModuleType:
        shared = {"find_path_action": find_path_action, "log": self._log}
        modules = []
        for code in self._tools:
            module = ModuleType(Path(code.co_filename).stem)
            module.__dict__.update(shared)
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
        expert = ModuleType(self._path.stem)
        expert.__dict__.update(shared, __file__=str(self._path))
        exec(self._code, expert.__dict__)
        return expert

    def _log(self, message: object) -> None:
        self.log.append(str(message)[:500])
        del self.log[:-LOG_LINES]

    @contextmanager
    def _guarded(self, doing: str) -> Iterator[None]:
        """Turns whatever happens in an expert's code into an ExpertError."""
        try:
            with _time_limit(CALL_LIMIT_SECONDS):
                yield
        except _TimeLimit:
            raise ExpertError(
                f"{self._path.name} took longer than {CALL_LIMIT_SECONDS:g} s {doing}"
            ) from None
        except BaseException as error:  # SystemExit too: it must not end the pipeline
            raise ExpertError(f"{self._path.name} raised {_describe(error)} {doing}") from error


def _compile(path: Path) -> CodeType:
    try:
        return builtins.compile(path.read_text(encoding="utf-8"), str(path), "exec")
    except SyntaxError as error:
        raise ExpertError(
            f"{path.name}, line {error.lineno}: {error.msg}: {(error.text or '').strip()}"
        ) from error
    except (OSError, ValueError) as error:
        raise ExpertError(f"{path.name} cannot be read: {error}") from error


def _describe(error: BaseException) -> str:
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if not frame.filename.startswith(_PACKAGE)
    ]
    place = f" (line {frames[-1].lineno} of {Path(frames[-1].filename).name})" if frames else ""
    text = str(error)
    return f"{type(error).__name__}{': ' + text if text else ''}{place}"


@contextmanager
def _time_limit(seconds: float) -> Iterator[None]:
    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        raise _TimeLimit

    previous = signal.signal(signal.SIGALRM, interrupt)
    # Repeating: an expert that swallows the first interruption meets another a moment later.
    signal.setitimer(signal.ITIMER_REAL, seconds, 0.1)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
