"""Writes the READMEs' table of results from a finished run.

Usage: python docs/make_results.py [results folder]
"""

import json
import statistics
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
HEADS = {
    "README.md": "| milestone | expert | student (95 %) | iterations | labels asked | seconds |",
    "README.ko.md": "| 마일스톤 | 전문가 | 학생 (95 %) | 반복 | 전문가 질의 | 초 |",
}
MEANS = {"README.md": "mean", "README.ko.md": "평균"}
START, END = "<!-- results -->", "<!-- /results -->"


def main(results: Path) -> None:
    """Replaces what stands between the two markers in each README."""
    rows = json.loads((results / "pipeline_results.json").read_text())
    for name, head in HEADS.items():
        path = ROOT / name
        table = [head, "|---" * 6 + "|", *map(_line, rows), _mean_line(rows, MEANS[name])]
        before, _, rest = path.read_text().partition(START)
        _, _, after = rest.partition(END)
        path.write_text("\n".join([before + START, *table, END + after]))


def _line(row: dict[str, Any]) -> str:
    expert = _rate(row["expert_test_success_rate"])
    low, high = _rate(row["student_interval_low"]), _rate(row["student_interval_high"])
    student = f"{_rate(row['dagger_final_success_rate'])} ({low} to {high})"
    cells = [f"`{row['milestone_id']}`", expert, student, f"{row['iterations']}"]
    cells += [f"{row['expert_queries']:,}", f"{row['seconds']:.0f}"]
    return f"| {' | '.join(cells)} |"


def _mean_line(rows: list[dict[str, Any]], word: str) -> str:
    expert = statistics.fmean(row["expert_test_success_rate"] for row in rows)
    student = statistics.fmean(row["dagger_final_success_rate"] for row in rows)
    seconds = statistics.fmean(row["seconds"] for row in rows)
    return f"| **{word}** | {expert:.3f} | {student:.3f} | | | {seconds:.0f} |"


def _rate(value: float) -> str:
    return f"{value:.2f}"


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "dagger_pipeline_results"))
