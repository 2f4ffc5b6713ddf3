"""What journeys teach: labelled screens for each student, and moments for each switcher."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from autodagger.agent.journey import NO_BELIEF, Journey
from autodagger.agent.memory import NEVER
from autodagger.agent.network import STAY
from autodagger.dagger.dataset import Dataset
from autodagger.rollout.episode import NO_LABEL, EpisodePlan
from autodagger.student.view import View

LATE_STEPS = 12
"""Steps after a milestone's end that its switcher learns from, too: it says "on" there."""

EARLY_STARTS = 1
"""Moments within a milestone, in each journey, from which the next one's switcher learns what it
sees where it is asked too early."""

EARLY_STEPS = 6
"""Steps that it goes on to learn from once its milestone is due."""

FAR, FAR_STEPS = 8, 4
"""Milestones away, at most, and steps, of moments at which a switcher is asked far too early or
late: it has to know its way back from any mistake."""


_LISTS = ("acts", "labels", "due", "beliefs")


@dataclass(frozen=True)
class Stretch:
    """Moments in which a switcher is asked, one after another, T of them.

    Attributes:
        frames: (T,) int64, indices of the screens.
        prev_acts: (T,) int64, the action before each, or `NEVER`.
        labels: (T,) int64, what it should have said.
    """

    frames: np.ndarray
    prev_acts: np.ndarray
    labels: np.ndarray


@dataclass(frozen=True)
class _Record:
    """A journey without its pictures; T is its number of steps."""

    frames: np.ndarray  # (T,) int64
    acts: np.ndarray  # (T,) int64
    due: np.ndarray  # (T,) int64
    beliefs: np.ndarray  # (T,) int64; empty where no agent played


class JourneyDataset:
    """All journeys so far. Equal screens are stored once.

    Args:
        view: What a player sees.
        milestones: How many there are.
    """

    def __init__(self, view: View, milestones: int) -> None:
        self.screens: list[np.ndarray] = []  # (H, W, C) uint8
        self.students = [Dataset(view) for _ in range(milestones)]
        self._index_of: dict[bytes, int] = {}
        self._records: list[_Record] = []

    def add(self, journeys: Sequence[Journey]) -> None:
        """Adds journeys that were played with `keep_obs`."""
        for journey in journeys:
            if journey.steps:
                self._add(journey)

    def _add(self, journey: Journey) -> None:
        assert journey.distinct_obs is not None
        distinct = np.array([self._find(obs) for obs in journey.distinct_obs], np.int64)
        parts = (journey.acts, journey.due, journey.beliefs)
        acts, due, beliefs = (np.array(part, np.int64) for part in parts)
        self._records.append(_Record(distinct[list(journey.obs_index)], acts, due, beliefs))
        labels = np.array(journey.labels, np.int64)
        for belief in range(due[0], due[-1] + 1):
            # The whole journey each time: at its start, a milestone has an action before.
            own = np.where(due == belief, labels, NO_LABEL).tolist()
            self.students[belief].add([replace(journey, labels=own)])

    def _find(self, obs: np.ndarray) -> int:
        index = self._index_of.setdefault(View.digest(obs), len(self.screens))
        if index == len(self.screens):
            self.screens.append(obs)
        return index

    def list_stretches(self, rng: np.random.Generator) -> list[list[Stretch]]:
        """For each milestone, the moments its switcher learns from.

        Those where it should be asked and a little longer, some where it is asked too early or at
        quite another time, and those where it was asked while the agent played.

        Args:
            rng: Chooses where it is asked at a wrong time.
        """
        found: list[list[Stretch]] = [[] for _ in self.students]
        for record in self._records:
            for belief, first, end in (
                *_list_due(record),
                *_list_early(record, len(found), rng),
                *_list_far(record, len(found), rng),
                *_list_asked(record),
            ):
                if first < end:
                    found[belief].append(_cut(record, belief, first, end))
        return found


def _cut(record: _Record, belief: int, first: int, end: int) -> Stretch:
    before = np.concatenate([[NEVER], record.acts[:-1]])
    labels = np.sign(record.due[first:end] - belief) + STAY
    return Stretch(record.frames[first:end], before[first:end], labels)


def _find_starts(record: _Record) -> dict[int, int]:
    """The step before which each milestone of a journey became due."""
    return {
        due: int(np.argmax(record.due >= due))
        for due in range(int(record.due[0]), int(record.due[-1]) + 1)
    }


def _list_due(record: _Record) -> Iterator[tuple[int, int, int]]:
    """Each milestone while it is due, and a little longer: (belief, first step, end)."""
    starts, steps = _find_starts(record), len(record.due)
    for due, first in starts.items():
        yield due, first, min(steps, starts.get(due + 1, steps) + LATE_STEPS)


def _list_early(
    record: _Record, count: int, rng: np.random.Generator
) -> Iterator[tuple[int, int, int]]:
    """Each milestone from moments at which the one before is due."""
    starts, steps = _find_starts(record), len(record.due)
    for due, first in starts.items():
        end = starts.get(due + 1, steps)
        if due + 1 < count and end > first + 1:
            last = min(steps, starts.get(due + 2, steps), end + EARLY_STEPS)
            for start in rng.integers(first, end, EARLY_STARTS):
                yield due + 1, int(start), last


def _list_far(
    record: _Record, count: int, rng: np.random.Generator
) -> Iterator[tuple[int, int, int]]:
    """Other milestones at a moment of each one: one before it, and one after it."""
    starts, steps = _find_starts(record), len(record.due)
    for due, first in starts.items():
        end = starts.get(due + 1, steps)
        for away in (-rng.integers(1, FAR + 1), rng.integers(1, FAR + 1)):
            start = int(rng.integers(first, max(end, first + 1)))
            if 0 <= due + away < count:
                yield due + int(away), start, min(start + FAR_STEPS, end)


def _list_asked(record: _Record) -> Iterator[tuple[int, int, int]]:
    """Each milestone while the agent believed it to be due, and those it passed over."""
    belief, first = NO_BELIEF, 0
    for step, now in enumerate(record.beliefs.tolist()):
        if now == NO_BELIEF:  # the expert plays
            if belief != NO_BELIEF:
                yield belief, first, step
            belief = NO_BELIEF
            continue
        if belief == NO_BELIEF:  # it was told
            belief, first = int(record.due[step]), step
        if now != belief:  # all of them were asked before this step
            yield belief, first, step + 1
            way = 1 if now > belief else -1
            yield from ((passed, step, step + 1) for passed in range(belief + way, now, way))
            belief, first = now, step
    if belief != NO_BELIEF:
        yield belief, first, len(record.beliefs)


def pack_journeys(journeys: Sequence[Journey]) -> dict[str, Any]:
    """Journeys as builtins and, under "new", arrays: for a checkpoint."""
    parts = [
        {name: list(getattr(journey, name)) for name in (*_LISTS, "obs_index")}
        | {"obs": 0 if journey.distinct_obs is None else len(journey.distinct_obs)}
        for journey in journeys
    ]
    obs = [journey.distinct_obs for journey in journeys if journey.distinct_obs is not None]
    return {"journeys": parts, "new": {"obs": np.concatenate(obs)}}


def unpack_journeys(saved: Mapping[str, Any]) -> list[Journey]:
    """What `pack_journeys` was given, as far as a dataset takes it in."""
    journeys, begin = [], 0
    for part in saved["journeys"]:
        end = begin + part["obs"]
        lists = {name: part[name] for name in _LISTS}
        obs = saved["new"]["obs"][begin:end]
        plan = EpisodePlan(0)
        journeys.append(Journey(plan, distinct_obs=obs, obs_index=part["obs_index"], **lists))
        begin = end
    return journeys
