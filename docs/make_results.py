"""Writes the READMEs' numbers and pictures from a finished run.

Usage: python docs/make_results.py [results folder]
"""

import json
import shutil
import statistics
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
HEADS = {
    "README.md": "| milestone | expert | student (95 %) | iterations | labels asked | seconds |",
    "README.ko.md": "| 마일스톤 | 전문가 | 학생 (95 %) | 반복 | 전문가 질의 | 초 |",
}
MEANS = {"README.md": "mean", "README.ko.md": "평균"}
AGENT = {
    "README.md": "**Its agent finishes the game in {successes} of {runs} runs from power-on "
    "({low:.0%} to {high:.0%}), from pixels alone.** On the same seeds the experts, played in one "
    "go, finish {experts}, and the students, switched by a judge who reads the game's memory, "
    "{students}. {last} is milestone {count}, some {steps:.0f} steps away. "
    "[What the agent is](docs/agent.md)",
    "README.ko.md": "**agent는 전원을 켠 상태에서 시작해 화면만 보고 {runs}판 중 "
    "{successes}판에서 게임을 끝냅니다({low:.0%}~{high:.0%}).** 같은 seed에서 expert들을 이어서 "
    "돌리면 {experts}판, 게임 메모리를 읽는 심판이 student를 바꿔 주면 {students}판입니다. "
    "{count}번째 milestone {last}까지 {steps:.0f} step쯤 걸립니다. [agent란](docs/agent.md)",
}
PICTURES = ("strip.png", "survival.png")


def main(results: Path) -> None:
    """Replaces what stands between the markers in each README, and two pictures."""
    rows = json.loads((results / "pipeline_results.json").read_text())
    report = json.loads((results / "agent" / "full_run.json").read_text())
    for name, head in HEADS.items():
        table = [head, "|---" * 6 + "|", *map(_line, rows), _mean_line(rows, MEANS[name])]
        _replace(ROOT / name, "results", table)
        _replace(ROOT / name, "agent", [_describe_agent(AGENT[name], report)])
    for picture in PICTURES:
        shutil.copy(results / "agent" / picture, ROOT / "docs" / "images" / picture)


def _replace(path: Path, marker: str, lines: Sequence[str]) -> None:
    start, end = f"<!-- {marker} -->", f"<!-- /{marker} -->"
    before, _, rest = path.read_text().partition(start)
    _, _, after = rest.partition(end)
    path.write_text("\n".join([before + start, *lines, end + after]))


def _describe_agent(text: str, report: dict[str, Any]) -> str:
    low, high = report["interval"]
    filled = text.format(
        successes=report["successes"],
        runs=report["runs"],
        low=low,
        high=high,
        experts=report["experts"]["successes"],
        students=report["students"]["successes"],
        count=len(report["milestones"]),
        last=f"`{report['milestones'][-1]['milestone_id']}`",
        steps=report["mean_steps"],
    )
    return textwrap.fill(filled, 110, break_long_words=False, break_on_hyphens=False)


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
