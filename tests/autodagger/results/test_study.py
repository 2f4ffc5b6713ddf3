"""A study's table: means over seeds that hide nothing, and intervals that claim no more."""

import csv
import json
import math
from pathlib import Path
from typing import Any

import pytest
from jsonschema import validate
from PIL import Image

from autodagger.files import load_schema
from autodagger.results.study import (
    AGENT,
    ALL,
    MemberRows,
    compare,
    format_study,
    list_points,
    write_comparison,
)
from autodagger.stats import t_interval, wilson_interval


def row(
    milestone: str, rate: float | None, status: str = "completed", **other: Any
) -> dict[str, Any]:
    return {
        "milestone_id": milestone,
        "status": status,
        "expert_success_rate": 1.0,
        "dagger_final_success_rate": rate,
        "student_episodes": 50,
        "seconds": 10.0,
    } | other


def member(seed: int, *rows: dict[str, Any], network: str = "nature") -> MemberRows:
    return MemberRows({"network": network, "seed": seed}, rows)


def find(lines: list[dict[str, Any]], milestone: str, network: str = "nature") -> dict[str, Any]:
    found = [
        one
        for one in lines
        if (one["milestone_id"], one["options"]["network"]) == (milestone, network)
    ]
    assert len(found) == 1
    return found[0]


def test_a_line_has_the_mean_over_seeds_and_their_extremes() -> None:
    lines = compare([member(0, row("A", 0.9)), member(1, row("A", 0.7)), member(2, row("A", 0.8))])
    line = find(lines, "A")
    assert (line["seeds"], line["completed"]) == (3, 3)
    assert line["student_success_rate"] == pytest.approx(0.8)
    assert (line["lowest"], line["highest"], line["mean_seconds"]) == (0.7, 0.9, 10.0)
    low, high = t_interval(0.8, 0.1, 3)
    assert (line["interval_low"], line["interval_high"]) == (round(low, 4), min(1, round(high, 4)))


def test_seeds_that_agree_claim_no_more_than_their_episodes() -> None:
    line = find(compare([member(seed, row("A", 1.0)) for seed in range(3)]), "A")
    assert (line["interval_low"], line["interval_high"]) == wilson_interval(150, 150)
    assert line["interval_low"] < 1


def test_one_seed_has_the_interval_of_its_episodes() -> None:
    line = find(compare([member(0, row("A", 0.9))]), "A")
    assert (line["interval_low"], line["interval_high"]) == wilson_interval(45, 50)


def test_seeds_that_differ_widen_it_within_what_a_rate_can_be() -> None:
    line = find(compare([member(0, row("A", 0.0)), member(1, row("A", 1.0))]), "A")
    assert (line["interval_low"], line["interval_high"]) == (0.0, 1.0)


@pytest.mark.parametrize("status", ["failed", "skipped", "not reached"])
def test_a_seed_without_a_student_is_counted_and_in_no_mean(status: str) -> None:
    lines = compare([member(0, row("A", 0.9)), member(1, row("A", None, status))])
    line = find(lines, "A")
    assert (line["completed"], line["seeds"], line["student_success_rate"]) == (1, 2, 0.9)
    assert "1 of 2" in format_study(lines)


def test_without_any_student_there_is_no_number() -> None:
    lines = compare([member(0, row("A", None, "failed", seconds=None, expert_success_rate=None))])
    line = find(lines, "A")
    for column in (
        "student_success_rate",
        "interval_low",
        "lowest",
        "mean_seconds",
        "expert_success_rate",
    ):
        assert line[column] is None
    assert "0 of 1" in format_study(lines)


def test_all_milestones_is_a_mean_a_seed_and_complete_only_if_all_are() -> None:
    first = member(0, row("A", 1.0), row("B", 0.5), row("C", None, "skipped"))
    second = member(1, row("A", 1.0), row("B", None, "failed"), row("C", None, "skipped"))
    line = find(compare([first, second]), ALL)
    assert (line["completed"], line["seeds"]) == (1, 2)
    assert line["student_success_rate"] == pytest.approx(0.75)


def test_choices_are_told_apart_and_the_seed_is_none() -> None:
    rates = {"nature": 0.6, "impala": 0.8}
    lines = compare(
        [
            member(seed, row("A", rate), network=name)
            for seed in (0, 1)
            for name, rate in rates.items()
        ]
    )
    assert [find(lines, "A", name)["student_success_rate"] for name in rates] == [0.6, 0.8]
    assert len(lines) == 4
    assert list_points([member(0, row("A", 0.6)), member(1, row("A", 0.7))])[0] == [0.6, 0.7]


def test_files_say_the_same_as_the_table(tmp_path: Path) -> None:
    members = [member(seed, row("A", 0.9), network=name) for seed in (0, 1) for name in ("x", "y")]
    files = {name: tmp_path / f"study.{name}" for name in ("csv", "json", "picture")}
    lines = write_comparison(members, files)
    with (tmp_path / "study.csv").open() as file:
        table = list(csv.DictReader(file))
    assert [(line["milestone_id"], line["network"]) for line in table] == [
        ("A", "x"),
        (ALL, "x"),
        ("A", "y"),
        (ALL, "y"),
    ]
    assert json.loads((tmp_path / "study.json").read_text()) == lines
    with Image.open(files["picture"]) as picture:
        assert min(picture.size) > 100


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [row("A", 0.9)],
        [row("A", 0.9), row("B", None, "failed", seconds=None, expert_success_rate=None)],
        [row("A", None, "skipped")],
    ],
)
@pytest.mark.parametrize("seeds", [1, 3])
def test_study_json_is_what_its_schema_says(rows: list[dict[str, Any]], seeds: int) -> None:
    lines = compare([member(seed, *rows) for seed in range(seeds)])
    validate(lines, load_schema("study"))
    assert len(lines) == len(rows) + 1


def test_each_line_says_which_interval_it_has() -> None:
    first, second = member(0, row("A", 0.9), row("B", 0.9)), member(1, row("A", 0.7))
    missing = MemberRows(second.values, [*second.rows, row("B", None, "failed")])
    lines = compare([first, missing])
    assert find(lines, "A")["interval"] == "wider of wilson and student's t"
    assert find(lines, "B")["interval"] == "wilson"
    assert find(compare([member(0, row("A", None, "failed"))]), "A")["interval"] is None


def test_a_milestone_that_every_seed_skips_is_no_failure() -> None:
    lines = compare([member(seed, row("A", None, "skipped")) for seed in (0, 1)])
    assert find(lines, "A")["skipped"] == 2
    assert "skipped" in format_study(lines)
    assert "1 of 2" in format_study(compare([member(0, row("A", 1.0)), *_skipping(1)]))


def _skipping(seed: int) -> list[MemberRows]:
    return [member(seed, row("A", None, "skipped"))]


def test_agents_have_a_line_of_their_own() -> None:
    values = {"network": "nature"}
    first = MemberRows(values | {"seed": 0}, [row("A", 1.0)], make_agent(0.9))
    second = MemberRows(values | {"seed": 1}, [row("A", 1.0)], make_agent(0.7))
    without = member(2, row("A", 1.0))
    line = find(compare([first, second, without]), AGENT)
    assert (line["completed"], line["seeds"]) == (2, 3)
    assert line["student_success_rate"] == pytest.approx(0.8)
    assert (line["expert_success_rate"], line["lowest"], line["highest"]) == (1.0, 0.7, 0.9)
    assert list_points([first, second, without])[-1] == [0.9, 0.7]
    validate(compare([first, without]), load_schema("study"))
    assert AGENT not in format_study(compare([without]))


def make_agent(rate: float) -> dict[str, float]:
    return {"agent": rate, "experts": 1.0, "runs": 50}


@pytest.mark.parametrize("count", range(2, 32))
def test_students_quantiles_cover_95_percent(count: int) -> None:
    """By integrating Student's density, whose formula is the definition."""
    n = count - 1
    quantile = (t_interval(0.0, 1.0, count)[1]) * math.sqrt(count)
    norm = math.gamma((n + 1) / 2) / (math.sqrt(n * math.pi) * math.gamma(n / 2))
    steps = 20_000
    width = 2 * quantile / steps
    points = (-quantile + (k + 0.5) * width for k in range(steps))
    covered = sum(norm * (1 + x * x / n) ** (-(n + 1) / 2) * width for x in points)
    assert covered == pytest.approx(0.95, abs=1e-5)  # the quantiles have four digits
