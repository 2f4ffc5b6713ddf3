"""Pictures of runs: what is drawn can be read off them again."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from autodagger.agent.pictures import draw_strip, draw_survival

AGENT, STUDENTS, EXPERTS = (52, 105, 190), (222, 126, 36), (52, 150, 84)


def make_report(passed: list[int], runs: int = 10, ids: list[str] | None = None) -> dict[str, Any]:
    """Experts always pass, and students half of the time."""
    names = ids or [f"MILESTONE_{k}" for k in range(len(passed))]

    def rows(counts: list[int]) -> list[dict[str, Any]]:
        return [
            {"milestone_id": name, "passed": count}
            for name, count in zip(names, counts, strict=True)
        ]

    return {
        "runs": runs,
        "milestones": rows(passed),
        "experts": {"milestones": rows([runs] * len(passed))},
        "students": {"milestones": rows([runs // 2] * len(passed))},
    }


def read(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        assert image.format == "PNG"
        return np.asarray(image.convert("RGB"))


def measure_bars(picture: np.ndarray) -> list[int]:
    """The length of each bar, from the top."""
    below_legend = picture[80:]
    rows = (below_legend == AGENT).all(2).sum(1)
    # A bar's lowest lines are not covered by the marks of the others.
    starts = np.flatnonzero(np.diff((rows > 0).astype(int), append=0) == -1)
    return [int(rows[start]) for start in starts]


@pytest.mark.parametrize("count", [1, 24, 60])
def test_one_bar_a_milestone_as_long_as_its_share(tmp_path: Path, count: int) -> None:
    passed = [10 - 10 * k // (count + 1) for k in range(count)]
    draw_survival(make_report(passed), tmp_path / "survival.png")
    bars = measure_bars(read(tmp_path / "survival.png"))
    assert len(bars) == count
    longest = bars[0]
    for bar, number in zip(bars, passed, strict=True):
        assert bar == pytest.approx(longest * number / 10, abs=8)


def test_height_follows_the_milestones_and_width_does_not(tmp_path: Path) -> None:
    shapes = []
    for count in (1, 24, 60):
        draw_survival(make_report([5] * count), tmp_path / f"{count}.png")
        shapes.append(read(tmp_path / f"{count}.png").shape)
    assert shapes[0][0] < shapes[1][0] < shapes[2][0]
    assert len({width for _, width, _ in shapes}) == 1


def test_others_are_marked(tmp_path: Path) -> None:
    """The experts at the right end, the students in the middle."""
    draw_survival(make_report([0]), tmp_path / "survival.png")
    picture = read(tmp_path / "survival.png")[80:]
    columns = {
        colour: np.flatnonzero((picture == colour).all(2).any(0)).mean()
        for colour in (AGENT, STUDENTS, EXPERTS)
    }
    left, right = columns[AGENT], columns[EXPERTS]
    assert columns[STUDENTS] == pytest.approx((left + right) / 2, abs=3)


@pytest.mark.parametrize(("passed", "colour"), [(10, EXPERTS), (5, STUDENTS)])
def test_bar_ends_where_the_mark_of_an_equal_one_is(
    tmp_path: Path, passed: int, colour: tuple[int, int, int]
) -> None:
    draw_survival(make_report([passed]), tmp_path / "survival.png")
    picture = read(tmp_path / "survival.png")[80:]
    end = np.flatnonzero((picture == AGENT).all(2).any(0)).max()
    mark = np.flatnonzero((picture == colour).all(2).any(0)).mean()
    assert end == pytest.approx(mark, abs=4)


def test_longest_ids_do_not_run_into_the_bars(tmp_path: Path) -> None:
    """They end before them, and begin within the picture."""
    draw_survival(make_report([0], ids=["W" * 128]), tmp_path / "survival.png")
    picture = read(tmp_path / "survival.png")[100:118].astype(int)
    dark = np.flatnonzero((picture.sum(2) < 300).any(0))
    label = dark[dark < 400]
    assert label.min() > 0
    assert label.max() < 250


def test_report_without_any_run_can_be_drawn(tmp_path: Path) -> None:
    draw_survival(make_report([0, 0], runs=0), tmp_path / "survival.png")
    assert read(tmp_path / "survival.png").size


def make_pictures(count: int, text: str = " 1 MILESTONE\nstep 5") -> list[tuple[str, np.ndarray]]:
    return [(text, np.full((160, 240, 3), 3 * k + 20, np.uint8)) for k in range(count)]


@pytest.mark.parametrize(
    ("count", "rows", "columns"),
    [(1, 1, 1), (2, 1, 2), (6, 1, 6), (7, 2, 6), (25, 5, 6), (61, 11, 6)],
)
def test_strip_shows_every_screen_in_order(
    tmp_path: Path, count: int, rows: int, columns: int
) -> None:
    draw_strip(make_pictures(count), tmp_path / "strip.png")
    picture = read(tmp_path / "strip.png")
    places = [divmod(k, 6) for k in range(count)]
    assert {row for row, _ in places} == set(range(rows))
    height, width = (picture.shape[0] - 8) // rows, (picture.shape[1] - 8) // columns
    assert width == 240 + 8
    for number, (row, column) in enumerate(places):
        y, x = 8 + row * height, 8 + column * width
        assert (picture[y : y + 160, x : x + 240] == 3 * number + 20).all()
        assert (picture[y + 160 : y + height - 8, x : x + 240] < 128).any()  # its text


def test_strip_of_screens_of_another_size(tmp_path: Path) -> None:
    draw_strip([("a", np.zeros((20, 45, 3), np.uint8))] * 2, tmp_path / "strip.png")
    assert read(tmp_path / "strip.png").shape[1] == 2 * (45 + 8) + 8


@pytest.mark.parametrize("length", [26, 128])
def test_longest_text_stays_beside_the_next_one(tmp_path: Path, length: int) -> None:
    """An id may be longer than a screen is wide."""
    text = f"12 {'W' * length}\nstep 12345"
    draw_strip([make_pictures(1, text)[0], ("", make_pictures(2)[1][1])], tmp_path / "strip.png")
    below = read(tmp_path / "strip.png")[8 + 160 : -8]
    assert (below[:, : 8 + 240] < 128).any()
    assert (below[:, 8 + 240 :] > 250).all()
