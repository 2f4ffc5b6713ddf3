"""A board of the run, drawn from its files at any time: `python -m autodagger.progress`."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from autodagger.errors import UserError
from autodagger.files import read_json
from autodagger.lifeline import is_alive

STAGES = ("expert", "budget", "student", "test", "row")
"""Column titles: expert evaluated, budget planned, student trained, student tested, row written."""

_RULES = {
    "expert": "evaluate_expert",
    "budget": "plan_budget",
    "student": "train_student",
    "test": "evaluate_student",
    "row": "summarize_milestone",
}
_CELL_WIDTH = 12


def draw_board(folder: Path, milestones: Sequence[str]) -> str:
    """One line a milestone, one column a stage.

    Args:
        folder: The output folder of the run.
        milestones: Ids in config order.
    """
    width = max(map(len, milestones))
    head = "".join(f"{stage:<{_CELL_WIDTH}}" for stage in STAGES)
    lines = [f"{'':<{width}}  {head}".rstrip()]
    for milestone in milestones:
        cells = "".join(
            f"{_describe_stage(folder, milestone, stage):<{_CELL_WIDTH}}" for stage in STAGES
        )
        lines.append(f"{milestone:<{width}}  {cells}".rstrip())
    done = sum((folder / "rows" / f"{milestone}.json").is_file() for milestone in milestones)
    lines.append(f"{done} of {len(milestones)} milestones have their row.")
    return "\n".join(lines)


def _describe_stage(folder: Path, milestone: str, stage: str) -> str:
    if _is_running(folder / "logs" / _RULES[stage] / f"{milestone}.running"):
        return _describe_running(folder, milestone) if stage == "student" else "..."
    if stage == "expert":
        report = _read(folder / "expert_eval" / milestone / "expert_eval.json")
        return _percent(report.get("success_rate"), report)
    if stage == "budget":
        budget = _read(folder / "budget" / milestone / "budget.json")
        steps = budget.get("max_episode_steps")
        return f"{steps} steps" if steps else budget.get("decision", ".")
    if stage == "student":
        return "trained" if _is_trained(folder, milestone) else "."
    if stage == "test":
        report = _read(folder / "student_eval" / milestone / "student_eval.json")
        return _percent(report.get("success_rate"), report)
    row: dict[str, Any] = _read(folder / "rows" / f"{milestone}.json")
    return str(row.get("status", "."))


def _is_running(marker: Path) -> bool:
    """Whether the Snakemake that a job's marker names still lives; a kill leaves the marker."""
    text = marker.read_text() if marker.is_file() else ""
    return text.isdecimal() and is_alive(int(text))


def _describe_running(folder: Path, milestone: str) -> str:
    progress = _read(folder / "checkpoints" / milestone / "progress.json")
    if "iteration" not in progress:
        return "..."
    return f"iter {progress['iteration']}/{progress.get('iterations', '?')}"


def _is_trained(folder: Path, milestone: str) -> bool:
    return (folder / "models" / milestone / f"dagger_{milestone}_best.pth").is_file()


def _percent(share: float | None, report: dict[str, Any]) -> str:
    if share is None:
        return "failed" if report else "."
    return f"{share:.0%}"


def _read(path: Path) -> dict[str, Any]:
    try:
        content: dict[str, Any] = read_json(path)
    except (OSError, ValueError):
        return {}
    return content


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints the board of the output folder that config.yaml (or the command line) names."""
    # Imported here: the other programs of this module's users need no YAML.
    import yaml

    from autodagger.config import load_config

    parser = argparse.ArgumentParser(prog="autodagger.progress", description=main.__doc__)
    parser.add_argument("--configfile", type=Path, default=Path("config.yaml"))
    parser.add_argument("--output-dir", type=Path)
    options = parser.parse_args(arguments)
    try:
        content = options.configfile.read_text(encoding="utf-8")
        config = load_config(yaml.safe_load(content) or {}, [options.configfile])
        entries = read_json(config["milestone_config"])["milestones"]
    except (OSError, UserError) as error:
        sys.exit(str(error))
    folder = options.output_dir or Path(config["output_dir"])
    print(draw_board(folder, [entry["id"] for entry in entries]))


if __name__ == "__main__":
    main()
