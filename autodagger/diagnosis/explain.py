"""Diagnoses a student, and keeps what came out for the report."""

import itertools
import shutil
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from autodagger.dagger.options import TrainingOptions
from autodagger.diagnosis.evidence import Evidence, Stage, gather
from autodagger.diagnosis.findings import Finding, Shot, find_all
from autodagger.diagnosis.pictures import draw_shot, to_png
from autodagger.files import sha256_file, write_bytes, write_json
from autodagger.results.layout import Results
from autodagger.task import Machine, Task


def explain(
    task: Task, results: Results, options: TrainingOptions, machine: Machine
) -> dict[str, Any]:
    """Says why a student fails, from its failed test episodes; takes seconds, at most some minutes.

    Args:
        task: The milestone and its expert.
        results: Of the run; gets diagnosis/{milestone}/.
        options: Of the training.
        machine: What to compute on.

    Returns:
        The content of diagnosis.json.

    Raises:
        UserError: The student has no test, or a file of it cannot be read.
    """
    evidence = gather(task, results, options, machine)
    findings = find_all(evidence) if evidence.failed else []
    path = results.diagnosis(task.milestone.id)
    shutil.rmtree(path.parent, ignore_errors=True)
    report = {
        "milestone_id": task.milestone.id,
        "model_sha256": sha256_file(results.best(task.milestone.id)),
        "episodes": len(evidence.report["episodes"]),
        "failures": sum(not one["success"] for one in evidence.report["episodes"]),
        "looked_at": len(evidence.failed),
        "changed": evidence.changed,
        "findings": _write_findings(evidence, findings, path.parent),
    }
    write_json(path, report)
    return report


def _write_findings(
    evidence: Evidence, findings: Sequence[Finding], folder: Path
) -> list[dict[str, Any]]:
    """With the pictures as files."""
    written = []
    with Stage(evidence.task) as stage:
        for finding in findings:
            shots = itertools.chain(*finding.pictures)
            names = (f"{finding.kind}_{number}.png" for number in itertools.count(1))
            files = {id(shot): _write_shot(stage, shot, folder / next(names)) for shot in shots}
            pictures = [[files[id(shot)] for shot in picture] for picture in finding.pictures]
            written.append(asdict(finding) | {"pictures": pictures})
    return written


def _write_shot(stage: Stage, shot: Shot, path: Path) -> dict[str, Any]:
    image = draw_shot(stage.look(shot.replay, shot.step), shot.lines)
    write_bytes(path, to_png(image))
    text = ", ".join(line for line, _ in shot.lines)
    return {"file": path.name, "width": image.width, "height": image.height, "text": text}
