"""Finds numbers in a recording's memory by what is known of them at some of its steps.

As people search for a counter: "at step 40 the screen shows 0, at step 90 it shows 20".
"""

import operator
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from autodagger.authoring.recording import Recording
from autodagger.errors import UserError
from autodagger.game.memory import WIDTHS, MemoryMap, find_addresses, format_address

MOST_SHOWN = 20
"""Places that are printed."""

_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
}
_CONDITION = re.compile(
    r"(\d+)(?:\.\.(\d+))?\s*(!=|<=|>=|=|<|>)\s*(?:@(\d+)\s*([+-]\s*\w+)?|(-?\w+))"
)
_EXPECTED = (
    "Expected a step and what is known of the number there: '90=20' (it is 20), '90..120=20' (all "
    "that time), '200>@90' (more than at step 90; =, !=, <, <=, >= likewise), '200=@90+20'."
)


@dataclass(frozen=True)
class Condition:
    """What is known of a number at some steps.

    Attributes:
        text: As it was written.
        steps: Where it is known.
        compare: How the number compares there.
        base: The step whose number is added to `number`; None: none.
        number: What it is compared with.
    """

    text: str
    steps: range
    compare: Callable[[Any, Any], Any]
    base: int | None
    number: int

    @property
    def named_steps(self) -> set[int]:
        """The steps that it names."""
        return {self.steps[0], self.steps[-1]} | ({self.base} if self.base is not None else set())


@dataclass(frozen=True)
class Finding:
    """A place in memory whose number fits.

    Attributes:
        readings: How an adapter can read it, narrow numbers first.
        values: What it is, by step.
        changes: How many steps changed its busiest byte.
    """

    readings: list[str]
    values: dict[int, int]
    changes: int


def parse_condition(text: str, steps: int) -> Condition:
    """Reads one condition.

    Args:
        text: See `Condition`, e.g. "90=20" or "200>@90".
        steps: How many the recording has.

    Raises:
        UserError: It is none, or names a step that was not played.
    """
    match = _CONDITION.fullmatch(text.strip())
    if not match:
        raise UserError(f"--search: {text!r} is no condition. {_EXPECTED}")
    first, last, sign, base, added, number = match.groups()
    try:
        value = int((added or number or "0").replace(" ", ""), 0)
    except ValueError as error:
        raise UserError(f"--search: {text!r} compares with no whole number. {_EXPECTED}") from error
    known = range(int(first), int(last or first) + 1)
    condition = Condition(text, known, _OPERATORS[sign], int(base) if base else None, value)
    if not known or max(condition.named_steps) > steps:
        raise UserError(
            f"--search: {text!r} names steps that were not played. Expected some of 0 to {steps}; "
            "play longer with --steps."
        )
    return condition


def search(
    recording: Recording, conditions: Sequence[Condition]
) -> tuple[list[int], list[Finding]]:
    """Which numbers of all widths fit.

    Returns:
        How many places are left after each condition, and the places, rarely changing ones first.
    """
    needed = {step for condition in conditions for step in _list_steps(condition)}
    memory = recording.read_memory(needed)
    left: list[set[int]] = [set() for _ in conditions]
    kinds: dict[int, list[str]] = {}  # by the place of a number's lowest byte
    for kind in recording.map.kinds:
        numbers = _Numbers(recording.map, WIDTHS[kind])
        values = {step: numbers.read(content) for step, content in memory.items()}
        fits = np.ones(len(numbers.lowest), bool)
        for condition, still in zip(conditions, left, strict=True):
            fits &= _holds(condition, values)
            still.update(numbers.lowest[fits].tolist())
        for place in numbers.lowest[fits].tolist():
            kinds.setdefault(place, []).append(kind)
    counts = recording.count_changes()
    places = sorted(kinds, key=lambda place: (counts[place], place))
    shown = sorted({step for condition in conditions for step in condition.named_steps})
    findings = [
        finding
        for place in places[:MOST_SHOWN]
        for finding in _describe(recording.map, place, kinds[place], memory, shown, counts)
    ]
    findings.sort(key=lambda finding: finding.changes)
    return [len(still) for still in left], findings


def format_findings(
    conditions: Sequence[Condition], left: Sequence[int], findings: Sequence[Finding]
) -> str:
    """What a search found, as text for a terminal."""
    lines = [
        f"{condition.text:16} {count:>9,} {'place' if count == 1 else 'places'}"
        for condition, count in zip(conditions, left, strict=True)
    ]
    if not findings:
        return "\n".join([*lines, "", "No number fits. Look at the pictures of these steps again."])
    rows = [
        ["  ".join(finding.readings), *map(str, finding.values.values()), str(finding.changes)]
        for finding in findings
    ]
    rows = [["as an adapter reads it", *map("@{}".format, findings[0].values), "changes"], *rows]
    more = left[-1] - MOST_SHOWN
    rest = [f"and {more:,} more; name another step to leave some out"] if more > 0 else []
    return "\n".join([*lines, "", *align(rows, "<" + ">" * (len(rows[0]) - 1)), *rest])


def align(rows: Sequence[Sequence[str]], numbers: str) -> Iterator[str]:
    """Rows as lines.

    Args:
        rows: Cells, the header's first.
        numbers: For each column ">" where it holds numbers, else "<".
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = zip(row, numbers, widths, strict=True)
        yield "   ".join(f"{cell:{side}{width}}" for cell, side, width in cells).rstrip()


class _Numbers:
    """All numbers of one width in a memory: (N,) of them.

    Attributes:
        lowest: (N,) int64, the place of each one's lowest byte.
    """

    def __init__(self, memory_map: MemoryMap, width: int) -> None:
        step, starts, offset = min(width, memory_map.alignment), [np.empty(0, np.int64)], 0
        for base, size in memory_map.blocks.items():
            starts.append(np.arange(offset + -base % step, offset + size - width + 1, step))
            offset += size
        self._starts = np.concatenate(starts)
        bytes_up = range(width - 1, -1, -1) if memory_map.is_big else range(width)
        self._shifts = [(place, 8 * shift) for shift, place in enumerate(bytes_up)]
        self.lowest = self._starts + self._shifts[0][0]

    def read(self, memory: np.ndarray) -> np.ndarray:
        """Their values, (N,) int64."""
        wide = memory.astype(np.int64)
        values = np.zeros(len(self._starts), np.int64)
        for place, shift in self._shifts:
            values += wide[self._starts + place] << shift
        return values


def _list_steps(condition: Condition) -> Collection[int]:
    return {*condition.steps, *condition.named_steps}


def _holds(condition: Condition, values: dict[int, np.ndarray]) -> np.ndarray:
    target = condition.number + (0 if condition.base is None else values[condition.base])
    return np.all([condition.compare(values[step], target) for step in condition.steps], axis=0)


def _describe(
    memory_map: MemoryMap,
    lowest: int,
    kinds: Sequence[str],
    memory: dict[int, np.ndarray],
    steps: Sequence[int],
    counts: np.ndarray,
) -> Iterator[Finding]:
    """One finding for all kinds that read the same values there."""
    addresses = find_addresses(memory_map)
    order: Literal["big", "little"] = "big" if memory_map.is_big else "little"
    found: dict[tuple[int, ...], Finding] = {}
    for kind in kinds:
        start = lowest - (WIDTHS[kind] - 1 if memory_map.is_big else 0)
        part = slice(start, start + WIDTHS[kind])
        values = tuple(int.from_bytes(memory[step][part].tobytes(), order) for step in steps)
        text = memory_map.reading.format(kind=kind, address=format_address(int(addresses[start])))
        new = Finding([], dict(zip(steps, values, strict=True)), int(counts[part].max()))
        found.setdefault(values, new).readings.append(text)
    yield from found.values()
