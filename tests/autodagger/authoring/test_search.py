"""Numbers in memory are found by what is known of them, in the console's byte order."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autodagger.authoring.recording import Recording
from autodagger.authoring.search import (
    MOST_SHOWN,
    Finding,
    format_findings,
    parse_condition,
    search,
)
from autodagger.errors import UserError
from autodagger.game.memory import MemoryMap


def make_recording(*moments: bytes, **about: object) -> Recording:
    """The memory at the start and after each step, as bytes."""
    memory = [np.frombuffer(moment, np.uint8) for moment in moments]
    blocks = about.pop("blocks", {0x100: len(moments[0])})
    recording = Recording(MemoryMap(blocks, **about), memory[0])  # type: ignore[arg-type]
    for before, now in pairwise(memory):
        places = np.flatnonzero(before != now)
        recording.changes.append((places, now[places]))
    return recording


def find(recording: Recording, *texts: str) -> list[Finding]:
    conditions = [parse_condition(text, recording.steps) for text in texts]
    return search(recording, conditions)[1]


def read(findings: list[Finding]) -> list[str]:
    return [reading for finding in findings for reading in finding.readings]


COUNTING = make_recording(b"\7\0\0\0\5", b"\7\1\0\0\5", b"\7\2\0\1\5")


@pytest.mark.parametrize(
    ("texts", "places"),
    [
        (("0=7",), [0x100]),
        (("0..2=7",), [0x100]),
        (("1=1",), [0x101]),
        (("1=@0", "2!=@1"), [0x103]),
        (("1>@0",), [0x101]),
        (("2=@0+2",), [0x101]),
        (("0=@2-1",), [0x103]),
        (("2<0x2", "2>0"), [0x103]),
        (("2>=2", "2<=4"), [0x101]),
        (("0 = 9",), []),
    ],
)
def test_conditions(texts: tuple[str, ...], places: list[int]) -> None:
    narrow = make_recording(b"\7\0\0\0\5", b"\7\1\0\0\5", b"\7\2\0\1\5", kinds=("u8",))
    assert read(find(narrow, *texts)) == [f"ram.u8(0x{place:X})" for place in places]


@pytest.mark.parametrize("is_big", [False, True])
@given(data=st.data())
def test_a_wide_number_is_found_wherever_it_lies(is_big: bool, data: st.DataObject) -> None:
    place, order = data.draw(st.integers(0, 28)), "big" if is_big else "little"
    values = data.draw(st.lists(st.integers(1 << 16, (1 << 32) - 1), min_size=2, max_size=4))
    moments = [bytes(place) + value.to_bytes(4, order) + bytes(28 - place) for value in values]
    recording = make_recording(*moments, is_big=is_big)
    texts = [f"{step}={value}" for step, value in enumerate(values)]
    assert read(find(recording, *texts)) == [f"ram.u32(0x{0x100 + place:X})"]
    assert [*find(recording, *texts)[0].values.values()] == values


def test_one_place_is_shown_with_all_widths_that_read_it() -> None:
    recording = make_recording(bytes(4), b"\0\0\0\x14", is_big=True, alignment=2)
    assert find(recording, "0=0", "1=20") == [
        Finding(["ram.u8(0x103)", "ram.u16(0x102)", "ram.u32(0x100)"], {0: 0, 1: 20}, 1)
    ]


def test_numbers_begin_at_the_consoles_own_places_in_each_block() -> None:
    blocks = {0x103: 5, 0x2000: 4}
    recording = make_recording(bytes(range(9)), blocks=blocks, alignment=4)
    findings = find(recording, "0>=0")
    assert {text for text in read(findings) if "u32" in text} == {
        "ram.u32(0x104)",
        "ram.u32(0x2000)",
    }
    assert "ram.u16(0x106)" in read(findings) and "ram.u16(0x105)" not in read(findings)
    [of_block] = [one for one in findings if "ram.u32(0x2000)" in one.readings]
    assert of_block.values == {0: 0x08070605}


def test_what_rarely_changes_comes_first_and_the_rest_is_counted() -> None:
    size = 100
    busy = [bytes([step] * 2 + [0] * (size - 2)) for step in range(5)]
    recording = make_recording(*busy, kinds=("u8",))
    conditions = [parse_condition("0=0", 4)]
    left, findings = search(recording, conditions)
    assert (left, len(findings)) == ([size], MOST_SHOWN)
    assert findings[0].readings == ["ram.u8(0x102)"]
    text = format_findings(conditions, left, findings)
    assert "0=0                    100 places" in text
    assert f"and {size - MOST_SHOWN} more" in text


def test_each_condition_says_how_many_places_it_leaves() -> None:
    conditions = [parse_condition(text, 2) for text in ("0=0", "1=1", "2=9")]
    text = format_findings(conditions, *search(COUNTING, conditions))
    assert [line.split()[-2] for line in text.splitlines()[:3]] == ["3", "1", "0"]
    assert "No number fits" in text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("score=3", "'score=3' is no condition. Expected a step and what is known"),
        ("1=>3", "is no condition"),
        ("1=x", "compares with no whole number"),
        ("3=1", "names steps that were not played. Expected some of 0 to 2; play longer"),
        ("1=@9", "names steps that were not played"),
        ("2..1=0", "names steps that were not played"),
    ],
)
def test_what_is_no_condition_is_named(text: str, expected: str) -> None:
    with pytest.raises(UserError, match=expected):
        parse_condition(text, 2)
