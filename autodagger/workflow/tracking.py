"""Weights & Biases: one run a milestone, which never stands in the training's way.

Only an open run imports wandb, so that without the option `track` nothing of it is loaded. Whatever
goes wrong here (no login, no network, a full disk) is a warning; the training goes on untracked.
"""

import os
import secrets
import shutil
import struct
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from autodagger.errors import UserError
from autodagger.files import (
    DamagedFile,
    digest_json,
    exists,
    read_bytes,
    read_object,
    reading,
    sha256_file,
    write_json,
)
from autodagger.results.layout import Results

INIT_SECONDS = 30.0
"""Longest wait for the W&B server at the start of a run."""

FINISH_SECONDS = 120.0
"""Longest wait for uploads at the end of a run; the rest stays on disk for `wandb sync`."""

_GROUP = "group.json"
_OFFLINE_MODES = ("offline", "dryrun", "disabled")
_WANDB_HEADER, _BLOCK = 7, 32 * 1024  # bytes
_PIECE = struct.Struct("<IHB")  # checksum, size in bytes, kind
_LAST_PIECE = (1, 4)  # of a record in one piece, of one in several
_UNTRACKED = "W&B does not track this training, which goes on without"

Warn = Callable[[str], None]


class Tracker:
    """A milestone's W&B run, or nothing where none could be opened; use it in a `with` block.

    Args:
        run: What `wandb.init` returned, or None.
        next_step: The first step that the run does not hold yet.
        warn: Takes a warning as a line of text.
    """

    def __init__(self, run: Any, next_step: int, warn: Warn) -> None:
        self._run, self._next_step, self._warn = run, next_step, warn
        self._failed = run is None

    @property
    def is_whole(self) -> bool:
        """Whether there is a run, and it took all that it was given."""
        return not self._failed

    @property
    def place(self) -> str | None:
        """The run's address, or its folder while offline; None when nothing is tracked."""
        return (self._run.url or self._run.dir) if self._run else None

    def log(self, metrics: Mapping[str, Any]) -> None:
        """Logs one iteration's metrics, at the step of its number, unless the run has them."""
        if self._run is not None and metrics["iteration"] >= self._next_step:
            self._log("an iteration", _flatten(metrics), metrics["iteration"])

    def log_result(self, report: Mapping[str, Any]) -> None:
        """Puts what training.json says of the training as a whole into the run's summary."""
        if self._run is None:
            return
        summary = {key: value for key, value in report.items() if key != "iterations"}
        summary["finalists"] = {
            str(metrics["iteration"]): {
                key: value for key, value in metrics.items() if key.startswith("final_")
            }
            for metrics in report["iterations"]
            if "final_episodes" in metrics
        }
        with self._attempt("log the result"):
            self._run.summary.update(summary)

    def log_videos(self, folder: Path) -> None:
        """Logs every mp4 file of a folder, under its name."""
        if self._run is None:
            return
        import wandb

        files = sorted(Path(folder).glob("*.mp4"))
        videos = {f"videos/{file.stem}": wandb.Video(str(file), format="mp4") for file in files}
        if videos:
            self._log("the videos", videos, self._next_step)

    def finish(self, failed: bool = False) -> None:
        """Ends the run, as failed where the work was; waits for uploads, but not for ever."""
        if self._run is None:
            return
        run, self._run = self._run, None
        with self._attempt("finish the run"):
            run.finish(exit_code=int(failed))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.finish(failed=kind is not None)

    def _log(self, what: str, values: Mapping[str, Any], step: int) -> None:
        with self._attempt(f"log {what}"):
            self._run.log(dict(values), step=step, commit=True)
            self._next_step = step + 1

    @contextmanager
    def _attempt(self, doing: str) -> Iterator[None]:
        try:
            yield
        except Exception as error:  # nothing that W&B raises may end a training
            self._failed = True
            self._warn(f"warning: W&B could not {doing} ({_first_line(error)})")


def open_tracker(
    *,
    project: str,
    entity: str | None,
    milestone_id: str,
    config: Mapping[str, Any],
    inputs: Iterable[str | Path],
    results: Results,
    warn: Warn,
) -> Tracker:
    """Opens the W&B run of a milestone's training, or continues it after a kill.

    The run's id is derived from the pipeline run (the output folder, from its making to its
    deletion), the milestone, `config` and the content of `inputs`: another training is another run.

    Args:
        project: W&B project.
        entity: W&B user or team; None is the login's own.
        milestone_id: Names the run.
        config: Shown as the run's configuration; JSON-like.
        inputs: The files that the training depends on.
        results: Of the pipeline; W&B's files go to `wandb/` in their folder.
        warn: Takes a warning as a line of text.
    """
    try:
        group = _get_group(results)
        digests = [sha256_file(path) for path in inputs]
        note = {
            "run_id": digest_json([group, milestone_id, config, digests], default=str)[:16],
            "project": project,
            "entity": entity,
            "group": group,
            "milestone_id": milestone_id,
        }
        write_json(results.tracking_note(milestone_id), note)
    except (UserError, OSError, ValueError) as error:
        warn(f"warning: {_UNTRACKED} ({_first_line(error)})")
        return Tracker(None, 0, warn)
    return _open_run(results.folder, note, config, warn)


def reopen_tracker(*, milestone_id: str, results: Results, warn: Warn) -> Tracker:
    """Opens the run of a milestone's finished training once more, for what comes after it.

    A training that was not tracked has no run, and gets none.
    """
    path = results.tracking_note(milestone_id)
    if not exists(path):
        return Tracker(None, 0, warn)
    try:
        note = read_object(path, "W&B note")
        with reading("W&B note", path):
            note = {key: note[key] for key in ("run_id", "project", "entity", "group")}
    except DamagedFile as error:
        warn(f"warning: W&B does not get the videos: {error}")
        return Tracker(None, 0, warn)
    return _open_run(results.folder, note | {"milestone_id": milestone_id}, None, warn)


def mark_logged(tracker: Tracker, results: Results, milestone_id: str, training: Path) -> None:
    """Notes that a finished training's run has all of it, see `autodagger.workflow.logging_later`.

    Args:
        tracker: Of the run; where it is not whole, nothing is noted.
        results: Of the pipeline.
        milestone_id: Whose training it is.
        training: Its report.
    """
    if tracker.is_whole:
        path = results.tracking_note(milestone_id)
        write_json(path, read_object(path, "W&B note") | {"logged": sha256_file(training)})


def read_offline_run(path: Path) -> Iterator[Any]:
    """The records (messages of wandb_internal.proto) of a run's `.wandb` file, as far as it goes.

    After seven bytes the file is a log as LevelDB's (its doc/log_format.md): blocks of 32 KiB with
    pieces of records, each after its checksum, size and kind. A killed run's file ends anywhere.
    """
    from wandb.proto import wandb_internal_pb2 as messages

    data, position, pieces = read_bytes(path), _WANDB_HEADER, b""
    while position + _PIECE.size <= len(data):
        room = _BLOCK - position % _BLOCK
        if room < _PIECE.size:
            position += room
            continue
        _, size, kind = _PIECE.unpack_from(data, position)
        position += _PIECE.size
        pieces += data[position : position + size]
        position += size
        if position > len(data):
            return
        if kind in _LAST_PIECE:
            record = messages.Record()  # type: ignore[attr-defined]  # the module builds it when loaded
            record.ParseFromString(pieces)
            yield record
            pieces = b""


def _open_run(
    folder: Path, note: Mapping[str, Any], config: Mapping[str, Any] | None, warn: Warn
) -> Tracker:
    try:
        import wandb

        mode = wandb.setup().settings.mode
        if mode not in _OFFLINE_MODES and not wandb.login(prompt=False, verify=False):
            warn(
                f"warning: {_UNTRACKED}: no W&B login found. Run `wandb login` once, "
                "or set WANDB_MODE=offline and upload later with `wandb sync`."
            )
            return Tracker(None, 0, warn)
        next_step = _count_offline_steps(folder, note["run_id"])
        run = _init_run(folder, note, config)
        return Tracker(run, next_step if mode in _OFFLINE_MODES else run.step, warn)
    except Exception as error:  # nothing that W&B raises may end a training
        warn(
            f"warning: {_UNTRACKED} ({_first_line(error)}). Check the network and `wandb login`, "
            "or set WANDB_MODE=offline and upload later with `wandb sync`."
        )
        return Tracker(None, 0, warn)


def _init_run(folder: Path, note: Mapping[str, Any], config: Mapping[str, Any] | None) -> Any:
    import wandb

    return wandb.init(
        project=note["project"],
        entity=note["entity"],
        group=note["group"],
        name=note["milestone_id"],
        id=note["run_id"],
        resume="allow",
        config=dict(config) if config else None,
        dir=str(folder),
        settings=wandb.Settings(
            console="off", init_timeout=INIT_SECONDS, finish_timeout=FINISH_SECONDS
        ),
    )


def _count_offline_steps(folder: Path, run_id: str) -> int:
    """Steps that earlier processes' offline files of this run really hold.

    W&B writes every few seconds: a kill loses what came after, so only the files themselves know.
    One that holds nothing at all is removed, since `wandb sync` stops at it.
    """
    steps = [-1]
    for path in folder.glob(f"wandb/offline-run-*-{run_id}/run-{run_id}.wandb"):
        records = list(read_offline_run(path))
        if not any(record.HasField("run") for record in records):
            shutil.rmtree(path.parent)
        items = [item for record in records for item in record.history.item]
        steps += [int(i.value_json) for i in items if "_step" in (i.key, *i.nested_key)]
    return max(steps) + 1


def _get_group(results: Results) -> str:
    """The pipeline run's name: drawn when its first training starts, the same ever after."""
    path = results.tracking / _GROUP
    if not path.is_file():
        draft = path.with_name(f".{_GROUP}.{os.getpid()}")
        write_json(draft, {"group": f"{results.folder.resolve().name}-{secrets.token_hex(4)}"})
        try:
            os.link(draft, path)  # of several milestones at once, the first one's stays
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    note = read_object(path, "W&B note")
    with reading("W&B note", path):
        return str(note["group"])


def _flatten(metrics: Mapping[str, Any]) -> dict[str, Any]:
    """Metrics as W&B can draw them: an interval as two numbers."""
    flat = {key: value for key, value in metrics.items() if key != "interval"}
    if "interval" in metrics:
        flat["interval_low"], flat["interval_high"] = metrics["interval"]
    return flat


def _first_line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
