"""What is measured of an iteration."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from autodagger.dagger.dataset import Conflicts
from autodagger.dagger.learner import FitResult
from autodagger.rollout.episode import Episode, agreement
from autodagger.stats import wilson_interval


@dataclass(frozen=True)
class Score:
    """How a student's episodes went.

    Attributes:
        episodes: Number of episodes.
        successes: Those that reached the milestone.
        success_rate: Their share.
        interval: Its Wilson 95 % interval.
        agreement: See `autodagger.rollout.episode.agreement`.
        faults: Failures that are the student's own: it did not do all that the expert says.
    """

    episodes: int
    successes: int
    success_rate: float
    interval: tuple[float, float]
    agreement: float | None
    faults: int

    @classmethod
    def of(cls, played: Sequence[Episode]) -> "Score":
        """The score of at least one episode."""
        successes = sum(episode.success for episode in played)
        return cls(
            len(played),
            successes,
            successes / len(played),
            wilson_interval(successes, len(played)),
            agreement(played),
            sum(not episode.success and episode.acts != episode.labels for episode in played),
        )


@dataclass
class IterationMetrics:
    """One iteration: what was there to learn, how the fit ended, how the student then played.

    Attributes:
        iteration: Number, from 0.
        beta: The expert's share when data were collected for it.
        dataset_size: Labelled states.
        unique_frames: Distinct frames among them.
        conflicts: Equal inputs with different labels.
        fit: How the learner ended.
        score: Of the evaluation after it.
        expert_queries: Labels asked for so far, the evaluation's included.
        final_episodes: Of the finalists' evaluation; None for who is no finalist.
        final_successes: Likewise.
    """

    iteration: int
    beta: float
    dataset_size: int
    unique_frames: int
    conflicts: Conflicts
    fit: FitResult
    score: Score
    expert_queries: int
    final_episodes: int | None = None
    final_successes: int | None = None

    @property
    def rank(self) -> tuple[float, float, float]:
        """For the best student: success over all its episodes; equals by accuracy, then loss."""
        successes = self.score.successes + (self.final_successes or 0)
        episodes = self.score.episodes + (self.final_episodes or 0)
        lower_bound = wilson_interval(successes, episodes)[0]
        return lower_bound, self.score.agreement or 0.0, -self.fit.loss

    def to_json(self) -> dict[str, Any]:
        """One flat object, as training.json has it; without finals for who is no finalist."""
        flat: dict[str, Any] = {}
        for name, value in asdict(self).items():
            if isinstance(value, dict):
                flat |= value
            elif value is not None:
                flat[name] = value
        return flat | {"interval": list(self.score.interval)}

    @classmethod
    def from_json(cls, flat: dict[str, Any]) -> "IterationMetrics":
        """What `to_json` gave."""
        values = dict(flat) | {"interval": tuple(flat["interval"])}
        parts: dict[str, Any] = {"conflicts": Conflicts, "fit": FitResult, "score": Score}
        for name, kind in parts.items():
            values[name] = kind(**{one.name: values.pop(one.name) for one in fields(kind)})
        return cls(**values)
