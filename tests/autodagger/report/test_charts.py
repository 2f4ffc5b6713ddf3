"""Charts: parts of a page, in its colours, equal for equal numbers."""

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from autodagger.report.cards import read_agent, read_cards
from autodagger.report.charts import draw_learning, draw_success, draw_survival, draw_time
from tests.autodagger.report.helpers import SKIPPED, list_milestones, make_run, make_training


@pytest.fixture
def charts(tmp_path: Path) -> dict[str, str]:
    results = make_run(tmp_path)
    cards = read_cards(results, list_milestones(), SKIPPED)
    report = read_agent(results).report
    assert report
    return {
        "success": draw_success(cards),
        "time": draw_time(cards),
        "survival": draw_survival(report),
        "learning": draw_learning(make_training("A")["iterations"], "A"),
    }


def test_they_have_no_colours_and_fonts_but_the_pages(charts: dict[str, str]) -> None:
    for chart in charts.values():
        ElementTree.fromstring(chart.replace("xlink:", ""))
        assert re.findall(r"#[0-9a-f]{3,6}\b|rgb\(|font-family|https?:", chart) == []
        assert "var(--ink)" in chart


def test_they_show_all(charts: dict[str, str]) -> None:
    assert all(f">{name}<" in charts["success"] for name in ("DONE", "LATER"))
    assert charts["success"].count("stroke-opacity: 0.6") == 6  # intervals: 4 experts, 2 students
    assert "var(--part1)" in charts["time"] and "var(--part3)" in charts["time"]
    for colour in ("agent", "expert", "student"):
        assert f"var(--{colour})" in charts["survival"]


def test_ids_of_two_charts_differ(charts: dict[str, str]) -> None:
    ids = [name for chart in charts.values() for name in re.findall(r'id="([^"]*)"', chart)]
    assert ids and len(ids) == len(set(ids))


def test_equal_numbers_give_equal_charts() -> None:
    iterations = make_training("A")["iterations"]
    assert draw_learning(iterations, "A") == draw_learning(iterations, "A")
