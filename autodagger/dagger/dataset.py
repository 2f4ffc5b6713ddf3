"""DAgger's aggregated dataset: every labelled state once, with a count."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autodagger.rollout.episode import NO_LABEL, Episode
from autodagger.student.view import View

_GROWTH = 1.25


@dataclass(frozen=True)
class Samples:
    """The dataset as the learner reads it: one row per distinct (frame, previous action, label).

    Attributes:
        frame: (N,) int64, index into the frames.
        prev_act: (N,) int64, action before; 0 where it is not used.
        label: (N,) int64, the expert's action.
        count: (N,) int64, how often the row was visited.
        best_label: (N,) int64, the label seen most often with the row's input: what a perfect
            student would answer.
    """

    frame: np.ndarray
    prev_act: np.ndarray
    label: np.ndarray
    count: np.ndarray
    best_label: np.ndarray


@dataclass(frozen=True)
class Conflicts:
    """How far equal inputs got different labels.

    Attributes:
        conflicting_frames: Inputs with several labels.
        inputs: Distinct inputs.
        ceiling: Highest accuracy over all transitions that a function of the input can have.
    """

    conflicting_frames: int
    inputs: int
    ceiling: float


class Dataset:
    """Labelled states. Equal frames are stored once, equal transitions are counted.

    Args:
        view: What the student sees of a state.
    """

    def __init__(self, view: View) -> None:
        self._previous_action = view.previous_action
        self._frames = np.empty((0, *view.shape), np.uint8)
        self._n_frames = 0
        self._frame_index: dict[bytes, int] = {}
        self._rows: dict[tuple[int, int, int], int] = {}
        self._counts: list[int] = []
        self._log: list[tuple[int, int, int, int]] = []
        self._saved_frames = self._saved_transitions = 0

    @property
    def transitions(self) -> int:
        """Labelled states visited, equal ones counted each time: the expert's answers."""
        return len(self._log)

    @property
    def frames(self) -> np.ndarray:
        """(F, H, W, C) uint8, the distinct frames; a view that is valid until the next `add`."""
        return self._frames[: self._n_frames]

    def add(self, episodes: Sequence[Episode]) -> None:
        """Adds the labelled states of episodes played with `keep_obs`."""
        for episode in episodes:
            assert episode.distinct_obs is not None
            prev_act = 0
            frame_of: dict[int, int] = {}  # from the episode's observation to the frame here
            for seen, act, label in zip(
                episode.obs_index, episode.acts, episode.labels, strict=True
            ):
                if label != NO_LABEL:
                    if seen not in frame_of:
                        frame_of[seen] = self._find_frame(episode.distinct_obs[seen])
                    self._add_transition(frame_of[seen], prev_act, label, act)
                prev_act = act

    def samples(self) -> Samples:
        """The rows to learn from."""
        keys = np.array(list(self._rows), np.int64).reshape(-1, 3)  # (N, 3)
        counts = np.array(self._counts, np.int64)
        best: dict[tuple[int, int], tuple[int, int]] = {}
        for (frame, prev_act, label), count in zip(self._rows, self._counts, strict=True):
            # More often wins; of equals the lower action index, so that the answer is fixed.
            best[frame, prev_act] = max(best.get((frame, prev_act), (0, 0)), (count, -label))
        best_label = [-best[frame, prev_act][1] for frame, prev_act, _ in self._rows]
        return Samples(keys[:, 0], keys[:, 1], keys[:, 2], counts, np.array(best_label, np.int64))

    def conflicts(self) -> Conflicts:
        """The ceiling of any policy with these inputs."""
        samples = self.samples()
        majority = int(samples.count[samples.label == samples.best_label].sum())
        distinct: dict[tuple[int, int], int] = {}
        for frame, prev_act, _ in self._rows:
            distinct[frame, prev_act] = distinct.get((frame, prev_act), 0) + 1
        conflicting = sum(labels > 1 for labels in distinct.values())
        return Conflicts(conflicting, len(distinct), majority / max(1, self.transitions))

    def take_new(self) -> dict[str, Any]:
        """What was added since the last call, as arrays, for a checkpoint; see `restore`."""
        new = {
            "frames": self.frames[self._saved_frames :].copy(),  # (F', H, W, C) uint8
            "transitions": np.array(self._log[self._saved_transitions :], np.int32).reshape(-1, 4),
        }
        self._saved_frames, self._saved_transitions = self._n_frames, len(self._log)
        return new

    def restore(self, new: dict[str, np.ndarray]) -> None:
        """Adds what an earlier process's `take_new` returned, in the same order."""
        for frame in new["frames"]:
            self._find_frame(frame)
        for frame, prev_act, label, act in new["transitions"].tolist():
            self._add_transition(frame, prev_act, label, act)
        self._saved_frames, self._saved_transitions = self._n_frames, len(self._log)

    def _add_transition(self, frame: int, prev_act: int, label: int, act: int) -> None:
        self._log.append((frame, prev_act, label, act))
        key = (frame, prev_act if self._previous_action else 0, label)
        row = self._rows.setdefault(key, len(self._counts))
        if row == len(self._counts):
            self._counts.append(0)
        self._counts[row] += 1

    def _find_frame(self, frame: np.ndarray) -> int:
        index = self._frame_index.setdefault(View.digest(frame), self._n_frames)
        if index == self._n_frames:
            if self._n_frames == len(self._frames):
                # In place: the C library moves the pages of a large block without copying them.
                capacity = max(256, int(self._n_frames * _GROWTH))
                self._frames.resize((capacity, *self._frames.shape[1:]), refcheck=False)
            self._frames[index] = frame
            self._n_frames += 1
        return index
