"""W&B after the fact: trainings that finished untracked are logged from their files.

With the option `track` every run comes to it. A training that is being logged while it runs, or
was logged before, is known by the note of its run, and is left alone.
"""

import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from autodagger.agent.options import AgentOptions
from autodagger.dagger.options import Options, TrainingOptions
from autodagger.errors import UserError
from autodagger.files import digest_json, exists, read_object, reading, sha256_file
from autodagger.results.layout import AGENT, Results
from autodagger.task import Budget
from autodagger.workflow.tracking import Warn, mark_logged, open_tracker


def log_finished_trainings(
    results: Results,
    milestones: Iterable[str],
    config: Mapping[str, Any],
    warn: Warn,
) -> list[str]:
    """Logs every finished training, the agent's too, that W&B has not had yet.

    A training of other options than the config's is left out: it is not finished as they want it.
    After the first run that cannot be opened no other is tried.

    Args:
        results: Of the pipeline.
        milestones: Ids.
        config: All options.
        warn: Takes lines of text: what was logged, and what went wrong.

    Returns:
        Whose trainings were logged: ids, or `AGENT`.
    """
    os.environ.setdefault("WANDB_SILENT", "true")  # its own lines are for logs
    logged: list[str] = []
    for name, path in _list_reports(results, milestones, config):
        try:
            report = _read_unlogged(results, name, path, config)
        except UserError as error:
            warn(f"warning: W&B does not get the training of {name}: {error}")
            continue
        if report is None:
            continue
        if not _log(results, name, path, report, config, warn):
            break
        logged.append(name)
    return logged


def forget_failed_logging(
    results: Results, milestones: Iterable[str], config: Mapping[str, Any]
) -> None:
    """Takes away what a logging left behind, where there is something to log: it is due again."""
    for name, path in _list_reports(results, milestones, config):
        with suppress(UserError):
            if _read_unlogged(results, name, path, config):
                results.logged_later.unlink(missing_ok=True)
                return


def _list_reports(
    results: Results, milestones: Iterable[str], config: Mapping[str, Any]
) -> list[tuple[str, Path]]:
    reports = [(milestone, results.training(milestone)) for milestone in milestones]
    return reports + ([(AGENT, results.agent_training)] if config["agent"] else [])


def _read_unlogged(
    results: Results, name: str, path: Path, config: Mapping[str, Any]
) -> dict[str, Any] | None:
    """The training's report, if there is something to log."""
    if not exists(path):
        return None
    note = results.tracking_note(name)
    if exists(note) and read_object(note, "W&B note").get("logged") == sha256_file(path):
        return None
    report = read_object(path)
    with reading("result file", path):
        digests = report["digests"]
        if name == AGENT:
            is_wanted = digests["agent_options"] == digest_json(asdict(AgentOptions.take(config)))
        else:
            budget = Budget.read(results.budget(name))
            values = [asdict(TrainingOptions.take(config)), asdict(budget)]
            is_wanted = digests["options"] == digest_json([*values, config["seed"]])
    return report if is_wanted else None


def _log(
    results: Results,
    name: str,
    path: Path,
    report: Mapping[str, Any],
    config: Mapping[str, Any],
    warn: Warn,
) -> bool:
    """The rows, the result and the videos, as they would have come while it ran."""
    kind: type[Options] = AgentOptions if name == AGENT else TrainingOptions
    tracker = open_tracker(
        project=config["wandb_project"],
        entity=config["wandb_entity"],
        milestone_id=name,
        config={**asdict(kind.take(config)), "seed": config["seed"]},
        inputs=[path],
        results=results,
        warn=warn,
    )
    with tracker:
        for row in report["rounds" if name == AGENT else "iterations"]:
            # The finalists' last games came later: they are in the result.
            tracker.log({key: row[key] for key in row if not key.startswith("final_")})
        if name != AGENT:
            tracker.log_result(report)
            tracker.log_videos(results.student_videos(name))
        mark_logged(tracker, results, name, path)
        if tracker.place:
            warn(f"W&B has the finished training of {name}: {tracker.place}")
        return tracker.is_whole
