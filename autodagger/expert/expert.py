"""Experts: a Python file with `run(state) -> button name`, asked in a process of its own."""

import socket
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autodagger.actions import ACTIONS_ONLY, Answers
from autodagger.expert.desk import AskedWrongly, Desk
from autodagger.expert.vision import Oracle, VisionError
from autodagger.expert.wire import Line, WireError, clean, pack
from autodagger.files import DamagedFile, read_bytes

if TYPE_CHECKING:  # the confinement is also tried by interpreters without it
    import numpy as np

CALL_SECONDS = 5.0
"""Longest that one call into an expert may take: ten thousand times what a typical one needs."""

EPISODE_SECONDS = 300.0
"""Longest that the game may wait for an expert in all calls of one episode."""

SOURCE_BYTES = 1 << 20
"""Longest file of an expert or a tool."""

DATA_BYTES = 16 << 20
"""All files of a game's `data` folder together."""

_LEAST_SECONDS = 0.001
"""A socket with no time at all does not wait, and says so otherwise."""

_BATCH = 16
"""States that are sent at once where nobody waits for an answer: a process is woken less often."""


_ENDED = "ended the process it ran in. Look for os._exit, native code or deep recursion"


class ExpertError(Exception):
    """The expert cannot be loaded, raised, hung or named no action; the message says which."""


class Expert:
    """A milestone's scripted expert.

    Args:
        path: The expert's file.
        tools: Files whose public functions experts may call.
        actions: The game's action names; an expert's answer is compared without regard to case.
        door: A `Jail`'s.
        data: A folder whose files experts can read, if it is there.
        answers: What answers stand for that are no action.
        desk: Answers what it asks about the screen; without one, nobody does.
        on_answer: Called at each answer of the expert's.

    Raises:
        ExpertError: The file cannot be read or compiled, or defines no `run`.
    """

    def __init__(
        self,
        path: Path,
        tools: Sequence[Path],
        actions: Sequence[str],
        door: socket.socket,
        *,
        data: Path | None = None,
        answers: Answers = ACTIONS_ONLY,
        desk: Desk | None = None,
        on_answer: Callable[[], None] = lambda: None,
    ) -> None:
        self._name = Path(path).name
        self._actions = {name.lower(): index for index, name in enumerate(actions)}
        meant = {word.lower(): action.lower() for word, action in answers.names.items()}
        self._meant = self._actions | {word: self._actions[name] for word, name in meant.items()}
        self._otherwise = self._actions.get((answers.otherwise or "").lower())
        self._first_of_list = answers.first_of_list
        self._desk = desk or Desk(Oracle())
        self._load_message = pack(
            [
                "load",
                {
                    "expert": _read_source(Path(path), "expert"),
                    "tools": [_read_source(tool, "tool") for tool in tools],
                    "data": _read_data(data),
                },
            ]
        )
        self._door, self._on_answer = door, on_answer
        self._line: Line | None = None
        self._unsent, self._awaited = bytearray(), 0
        self._answers: list[int | ExpertError] = []
        self._error: ExpertError | None = None
        self.start_episode()

    def start_episode(self, seed: int = 0) -> None:
        """Runs the file afresh, so that no global of an earlier episode is left, and resets it.

        Args:
            seed: Of the expert's `random`.

        Raises:
            ExpertError: Loading or `reset()` raised or took too long, or there is no `run`.
        """
        self._sent: dict[tuple[str, str], Any] = {}
        self._read_answers(keep=0)  # of an episode that nobody collected
        self._answers, self._error = [], None
        self._desk.start_episode()
        self._waited = self._call_waited = 0.0
        if self._line is None:
            self._start_process()
            self._call(self._load_message, "while it was compiled")
        self._call(pack(["start", seed]), "while it was loaded")

    def act(self, state: dict[str, Any], screen: "np.ndarray | None" = None) -> int:
        """The index of the action that the expert names for `state`.

        Args:
            state: The game's.
            screen: (H, W, 3) uint8 RGB, which it may ask for, and about; never altered again.

        Raises:
            ExpertError: `run` raised, took longer than `CALL_SECONDS`, or named no action; or it
                asked about the screen what has no answer.
        """
        self.ask(state, screen)
        (answer,) = self.collect()
        if isinstance(answer, ExpertError):
            raise answer
        return answer

    def ask(self, state: dict[str, Any], screen: "np.ndarray | None" = None) -> None:
        """Like `act`, without waiting: `collect` has the answer.

        Tuples are what an adapter gives where nothing in them changes, a map's tiles above all:
        one that was sent before is not sent again.
        """
        reduced, kept, frozen = dict(state), [], []
        for key, part in state.items():
            if not isinstance(part, dict):
                continue
            for name, value in part.items():
                if type(value) is not tuple:
                    continue
                if self._sent.get((key, name)) is value:
                    if reduced[key] is part:
                        reduced[key] = dict(part)
                    reduced[key][name] = None
                    kept.append((key, name))
                else:
                    self._sent[key, name] = value
                    frozen.append((key, name))
        if self._error:
            self._answers.append(self._error)
            return
        self._unsent += pack(["state", {"state": reduced, "kept": kept, "frozen": frozen}])
        self._desk.put(screen)
        self._awaited += 1
        if self._awaited % _BATCH == 0:
            self._read_answers(keep=_BATCH)

    def collect(self) -> list[int | ExpertError]:
        """The answers to all states asked about since the last time, in their order.

        The first error of an episode stands for all that follow.
        """
        self._read_answers(keep=0)
        answers, self._answers = self._answers, []
        return answers

    def _read_answers(self, keep: int) -> None:
        """Sends what was asked, and reads what came of it but for the last `keep` answers."""
        with suppress(ExpertError):  # that the process is gone is said by its answers
            self._flush()
        while self._awaited > keep:
            self._awaited -= 1
            try:
                self._answers.append(self._read_answer())
            except ExpertError as error:
                self._error = self._error or error
                self._answers.append(self._error)
            self._desk.drop()

    @property
    def log(self) -> list[str]:
        """The last messages of the expert in this episode; none where its process is gone."""
        if self._line is None:
            return []
        try:
            return [clean(text) for text in self._ask_for("log", pack(["log", None]), list)]
        except ExpertError:
            return []

    def close(self) -> None:
        """Ends the expert's process."""
        if self._line:
            self._line.close()

    def _start_process(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                socket.send_fds(self._door, [b"+"], [theirs.fileno()])
            except OSError as error:
                raise ExpertError("the process that experts come from is gone") from error
        self._line = Line(ours)

    def _call(self, message: bytes, doing: str) -> None:
        self._doing = doing
        self._ask_for("ok", message, type(None))
        self._doing = "in run(state)"

    def _ask_for(self, kind: str, message: bytes, content_type: type) -> Any:
        self._call_waited = 0.0
        self._unsent += message
        self._flush()
        found, content = self._receive()
        if found == "error" and isinstance(content, str):
            raise ExpertError(clean(content))
        if found != kind or not isinstance(content, content_type):
            raise self._end("gave an answer that was not asked for")
        return content

    def _read_answer(self) -> int:
        """The expert's answer to one state, after what it asks about that."""
        self._call_waited = 0.0
        refused: ExpertError | None = None
        kind, content = self._receive()
        while kind in ("picture", "question"):
            if error := self._error or refused:  # it goes on asking, whatever it was told
                self._end("")
                raise error
            refused = self._reply(kind, content)
            kind, content = self._receive()
        if error := self._error or refused:
            raise error
        return self._interpret(kind, content)

    def _reply(self, kind: str, content: Any) -> ExpertError | None:
        """Answers a question of the expert's, in none of its time, or says why there is none."""
        refused, reply = None, None
        try:
            reply = self._desk.answer(kind, content)
        except AskedWrongly as error:
            raise self._end(str(error)) from None
        except VisionError as error:
            refused = ExpertError(f"{self._name} {error}")
        start = time.monotonic()
        try:
            message = pack(["reply", [refused is None, str(refused) if refused else reply]])
            self._get_line().send(message, self._get_time_left())
        except (TimeoutError, WireError) as error:
            raise self._give_up(error) from None
        finally:
            self._count_wait(start)
        return refused

    def _interpret(self, kind: str, content: Any) -> int:
        """The action that an answer stands for."""
        word = described = content
        if kind == "list":
            is_pair = isinstance(content, list) and len(content) == 2
            first, described = content if is_pair else (None, None)
            word = first if self._first_of_list else None
        elif kind == "other":
            word = None
        if not isinstance(described, str) or kind not in ("button", "list", "other", "error"):
            raise self._end("gave an answer that was not asked for")
        if kind == "error":
            raise ExpertError(clean(described))
        index = self._meant.get(word.lower()) if isinstance(word, str) else None
        index = self._otherwise if index is None else index
        if index is None:
            found = repr(clean(described)) if kind == "button" else clean(described)
            raise ExpertError(
                f"{self._name} answered {found}; expected one of {', '.join(self._actions)}"
            )
        return index

    def _flush(self) -> None:
        if self._unsent:
            line = self._get_line()
            data, self._unsent = bytes(self._unsent), bytearray()
            try:
                line.send(data, CALL_SECONDS)
            except (TimeoutError, WireError) as error:
                raise self._give_up(error) from None

    def _receive(self) -> tuple[Any, Any]:
        line, start = self._get_line(), time.monotonic()
        try:
            answer = line.receive(self._get_time_left())
        except (TimeoutError, WireError) as error:
            self._count_wait(start)
            raise self._give_up(error) from None
        self._count_wait(start)
        self._on_answer()
        if not isinstance(answer, list) or len(answer) != 2:
            raise self._end("gave an answer that was not asked for")
        return answer[0], answer[1]

    def _get_time_left(self) -> float:
        left = min(CALL_SECONDS - self._call_waited, EPISODE_SECONDS - self._waited)
        return max(_LEAST_SECONDS, left)

    def _count_wait(self, start: float) -> None:
        self._waited += (seconds := time.monotonic() - start)
        self._call_waited += seconds

    def _get_line(self) -> Line:
        if self._line is None:
            raise ExpertError(f"{self._name} {_ENDED}")
        return self._line

    def _give_up(self, error: Exception) -> ExpertError:
        if isinstance(error, WireError):
            text = str(error)
            return self._end(_ENDED if text == "it is gone" else text)
        if self._waited >= EPISODE_SECONDS:
            return self._end(
                f"took longer than {EPISODE_SECONDS:g} s in one episode. Look for what it computes "
                "again at each step"
            )
        return self._end(
            f"took longer than {CALL_SECONDS:g} s {self._doing}. Look for a loop without end"
        )

    def _end(self, what: str) -> ExpertError:
        """The process is not asked again, and ends; the next episode has another."""
        if self._line:
            self._line.close()
            self._line = None
        return ExpertError(f"{self._name} {what}")


def _read_source(path: Path, kind: str) -> tuple[str, str]:
    """Name and content, bytes as Latin-1: nothing is made of them outside of the confinement."""
    return path.name, _read_file(path, kind, SOURCE_BYTES, "Expected Python, see docs/new_game.md.")


def _read_file(path: Path, kind: str, most: int, advice: str) -> str:
    try:
        return read_bytes(path, kind, advice, most).decode("latin-1")
    except DamagedFile as error:
        raise ExpertError(str(error)) from error


def _read_data(folder: Path | None) -> dict[str, str]:
    files: dict[str, str] = {}
    left = DATA_BYTES
    if folder is not None and folder.is_dir():
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                advice = f"Of {folder} experts can have {DATA_BYTES:,} bytes in all."
                name = f"data/{path.relative_to(folder).as_posix()}"
                files[name] = _read_file(path, "file for experts", left, advice)
                left -= len(files[name])
    return files
