"""What the page says of each milestone, read from whatever a run has written so far."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas
from jsonschema import Draft202012Validator

from autodagger.errors import show
from autodagger.files import DamagedFile, exists, load_schema, read_json, read_object, reading
from autodagger.game.milestone import Milestone
from autodagger.results.board import STAGES, describe_stage, is_any_running, is_running
from autodagger.results.layout import AGENT, Results
from autodagger.results.rows import COLUMNS, build_row, collect_rows
from autodagger.rollout.episode import NO_LABEL
from autodagger.rollout.replay import Replays

RULES = (
    "evaluate_expert",
    "plan_budget",
    "train_student",
    "evaluate_student",
    "record_expert_videos",
    "record_student_videos",
)
"""Where a milestone's time goes."""

AGENT_RULES = ("train_agent", "evaluate_agent", "record_agent_videos")

STATUSES = ("completed", "failed", "running", "skipped", "waiting")
"""Those of a row; and of a milestone without one, whether a job of its runs at this moment."""

_TESTED = re.compile(r"_(?:ep|run)(\d+)_(success|fail)_steps(\d+)$")
_PAIRS = 2


@dataclass(frozen=True)
class Video:
    """A video of an episode.

    Attributes:
        path: The file.
        number: Of the episode.
        success: Whether it reached the milestone.
        steps: Its length.
    """

    path: Path
    number: int
    success: bool
    steps: int


@dataclass
class Card:
    """One milestone.

    Attributes:
        milestone: What it asks.
        status: One of `STATUSES`.
        row: Its row; of one that has none, what is known so far.
        stages: The cells of `make status`, by stage.
        expert_interval: 95 % interval of the rate that the row has as the expert's test.
        iterations: Of its training, as training.json has them.
        stopped: Why the training ended.
        confusion: How often the student pressed what (columns) where the expert says what (rows).
        seconds: What its jobs took, by rule: seconds, processor seconds, MB of memory.
        videos: The expert's, and the student's of its test.
        diagnosis: Why the student falls short, see `autodagger.diagnosis`; None without.
        damaged: What files could not be read, as sentences.
    """

    milestone: Milestone
    status: str
    row: Mapping[str, Any]
    stages: dict[str, str]
    expert_interval: tuple[float, float] | None = None
    iterations: list[dict[str, Any]] = field(default_factory=list)
    stopped: str | None = None
    confusion: pandas.DataFrame | None = None
    seconds: pandas.DataFrame | None = None
    videos: tuple[list[Video], list[Video]] = ((), ())  # type: ignore[assignment]
    diagnosis: dict[str, Any] | None = None
    damaged: list[str] = field(default_factory=list)

    @property
    def expert_rate(self) -> float | None:
        """What the student is measured against: the expert's test, or else its evaluation."""
        tested: float | None = self.row["expert_test_success_rate"]
        return self.row["expert_success_rate"] if tested is None else tested

    @property
    def pairs(self) -> list[tuple[Video | None, Video | None]]:
        """Videos side by side: the first ones, and the first that fails."""
        chosen = [_pick_first(videos) for videos in self.videos]
        count = max(map(len, chosen))
        padded = [[*videos, *([None] * (count - len(videos)))] for videos in chosen]
        return list(zip(*padded, strict=True))


@dataclass(frozen=True)
class AgentCard:
    """The one player of them all.

    Attributes:
        report: What full_run.json says; None without it.
        rounds: Of its training.
        seconds: As of a `Card`.
        videos: Of whole runs.
        running: Whether it is learning, or being judged.
        damaged: What could not be read.
    """

    report: dict[str, Any] | None
    rounds: list[dict[str, Any]]
    seconds: pandas.DataFrame | None
    videos: list[Video]
    running: bool
    damaged: list[str]

    @property
    def is_there(self) -> bool:
        """Whether there is anything to tell."""
        return self.running or self.report is not None or bool(self.rounds or self.damaged)


def read_cards(
    results: Results, milestones: Sequence[Milestone], skipped: Mapping[str, str]
) -> list[Card]:
    """A card a milestone, in config order; nothing that is damaged keeps the others from theirs.

    Args:
        results: Of the run.
        milestones: All of the config.
        skipped: Reason by id of those that the options leave out.
    """
    ids = [milestone.id for milestone in milestones]
    rows = {row["milestone_id"]: row for row in collect_rows(results, ids, skipped)}
    crashed = _read_crashed(results)
    return [_read_card(results, milestone, rows, crashed) for milestone in milestones]


def read_agent(results: Results) -> AgentCard:
    """What there is of the agent."""
    reader = _Reader()
    report = reader.read(results.full_run, "full_run")
    training = reader.read(results.agent_training, "agent_training") or {}
    seconds = reader.time(results, AGENT, AGENT_RULES)
    running = any(is_running(results.marker(rule, AGENT)) for rule in AGENT_RULES)
    videos = _list_videos(results.agent_videos, "agent_run")
    rounds = training.get("rounds", [])
    return AgentCard(report, rounds, seconds, videos, running, reader.damaged)


def _read_card(
    results: Results,
    milestone: Milestone,
    rows: Mapping[str, Mapping[str, Any]],
    crashed: Mapping[str, Mapping[str, Any]],
) -> Card:
    name, reader = milestone.id, _Reader()
    row = dict(rows.get(name) or crashed.get(name) or build_row(results, name))
    status = row["status"] if name in rows or name in crashed else "waiting"
    if is_any_running(results, name):
        status, row["reason"], row["error"] = "running", None, None
    if status == "waiting":
        row["reason"] = row["error"] = None
    expert = reader.read(results.expert_report(name), "expert_eval") or {}
    training = reader.read(results.training(name), "training") or {}
    return Card(
        milestone=milestone,
        status=status,
        row=row,
        stages={stage: describe_stage(results, name, stage) for stage in STAGES},
        expert_interval=_get_interval(expert),
        iterations=training.get("iterations", []),
        stopped=training.get("stopped"),
        confusion=reader.count_confusion(results.student_replays(name)),
        seconds=reader.time(results, name, RULES),
        videos=(
            _list_videos(results.expert_videos(name), "expert_eval"),
            _list_videos(results.student_videos(name), "student_eval"),
        ),
        diagnosis=read_diagnosis(results, name, row, reader),
        damaged=reader.damaged,
    )


def _read_crashed(results: Results) -> dict[str, Mapping[str, Any]]:
    """Rows that the last run's end wrote for what crashed, which have no file of their own."""
    try:
        rows = read_json(results.json) if exists(results.json) else []
        with reading("result file", results.json):
            _validate(rows, "pipeline_results")
            return {
                row["milestone_id"]: dict.fromkeys(COLUMNS) | row
                for row in rows
                if row["status"] == "failed"
            }
    except DamagedFile:  # it is made of the others
        return {}


def read_diagnosis(
    results: Results, milestone: str, row: Mapping[str, Any], reader: "_Reader | None" = None
) -> dict[str, Any] | None:
    """The one of the student that the row is about, not of an earlier one; None without."""
    found = (reader or _Reader()).read(results.diagnosis(milestone), "diagnosis")
    return found if found and found["model_sha256"] == row["model_sha256"] else None


def _get_interval(report: Mapping[str, Any]) -> tuple[float, float] | None:
    test = report.get("test") or {}
    interval = test.get("interval") if test.get("episodes") else None
    found = interval or report.get("interval")
    return (found[0], found[1]) if found else None


def _list_videos(folder: Path, prefix: str) -> list[Video]:
    found = []
    for path in sorted(folder.glob(f"{prefix}*.mp4")):
        if match := _TESTED.search(path.stem):
            number, kind, steps = match.groups()
            found.append(Video(path, int(number), kind == "success", int(steps)))
    return sorted(found, key=lambda video: video.number)


def _pick_first(videos: Sequence[Video]) -> list[Video]:
    failed = [video for video in videos if not video.success][:1]
    return list(dict.fromkeys([*videos[:1], *failed, *videos]))[:_PAIRS]


class _Reader:
    """Reads files that may be missing, or damaged: of these `damaged` has a sentence each."""

    def __init__(self) -> None:
        self.damaged: list[str] = []

    def read(self, path: Path, schema: str) -> dict[str, Any] | None:
        """A JSON file of ours; None where it is not there, or not as its schema says."""
        if not exists(path):
            return None
        try:
            content = read_object(path)
            with reading("result file", path):
                _validate(content, schema)
        except DamagedFile as error:
            self.damaged.append(str(error))
            return None
        return content

    def count_confusion(self, path: Path) -> pandas.DataFrame | None:
        """How the student's buttons (columns) answer the expert's (rows) in the test."""
        if not exists(path):
            return None
        try:
            replays = Replays.read(path)
        except DamagedFile as error:
            self.damaged.append(str(error))
            return None
        pairs = [
            (replays.actions[label], replays.actions[act])
            for replay in replays.episodes
            for act, label in zip(replay.acts, replay.labels, strict=True)
            if label != NO_LABEL
        ]
        if not pairs:
            return None
        table = pandas.DataFrame(pairs, columns=["expert", "student"])
        counts = pandas.crosstab(table["expert"], table["student"])
        used = [name for name in replays.actions if name in {*counts.index, *counts.columns}]
        return counts.reindex(index=used, columns=used, fill_value=0)

    def time(
        self, results: Results, milestone: str, rules: Sequence[str]
    ) -> pandas.DataFrame | None:
        """What Snakemake measured, a row a rule that ran."""
        tables = {}
        for path in [results.benchmark(rule, milestone) for rule in rules]:
            if not exists(path):
                continue
            try:
                with reading("benchmark file", path):
                    table = pandas.read_csv(path, sep="\t", na_values="-")
                    [tables[path.parent.name]] = table[["s", "cpu_time", "max_rss"]].to_numpy(float)
            except DamagedFile as error:
                self.damaged.append(str(error))
        columns = ["seconds", "processor", "memory"]
        return pandas.DataFrame.from_dict(tables, "index", columns=columns) if tables else None


def _validate(content: Any, schema: str) -> None:
    for error in Draft202012Validator(load_schema(schema)).iter_errors(content):
        raise ValueError(f"found {show(error.instance)}: {error.message[:100]}")
