"""Replays: what it takes to play episodes again, frame for frame, as a file."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from autodagger.files import read_object, reading, write_json
from autodagger.rollout.episode import NO_LABEL, Actor, Episode, Outcome

_WHAT = "recorded episodes"
_ADVICE = (
    "Delete that file and start the run again, which plays them anew (and trains anew, for those "
    "of a training), or do without videos (record_video: false)."
)


@dataclass(frozen=True)
class Replay:
    """One episode that was played; the game is deterministic.

    Attributes:
        group: "expert_eval", "rollout" or "student_eval"; of what a student was shown,
            "demonstration", or "mixture" where it acted, too.
        iteration: Of a training's episode, from 0; None elsewhere.
        episode: Number within group and iteration; from 0 in trainings, else from 1, as the names
            of the videos have it.
        seed: Of its timing.
        start_state: Name of its start state.
        outcome: How it ended.
        frames: Frames it took.
        acts: Action indices taken.
        labels: What the expert chose in the same states, or NO_LABEL.
        actors: Who chose each action, see `Actor`.
    """

    group: str
    iteration: int | None
    episode: int
    seed: int
    start_state: str
    outcome: str
    frames: int
    acts: Sequence[int]
    labels: Sequence[int]
    actors: Sequence[int]

    @property
    def success(self) -> bool:
        """Whether the milestone was reached."""
        return self.outcome == Outcome.REACHED


@dataclass(frozen=True)
class Replays:
    """The content of a trajectories.json.

    Attributes:
        milestone_id: What the episodes were for.
        actions: Action names, as the episodes count them.
        episodes: In the order played.
    """

    milestone_id: str
    actions: Sequence[str]
    episodes: Sequence[Replay]

    def write(self, path: Path) -> None:
        """Writes the file in one step."""
        write_json(path, asdict(self))

    @classmethod
    def read(cls, path: Path) -> "Replays":
        """What `write` wrote.

        Raises:
            DamagedFile: It cannot be read, or is not that.
        """
        content: dict[str, Any] = read_object(path, _WHAT, _ADVICE)
        with reading(_WHAT, path, _ADVICE):
            replays = cls(**content | {"episodes": [Replay(**one) for one in content["episodes"]]})
            known = range(NO_LABEL, len(replays.actions))
            for replay in replays.episodes:
                if not {*replay.acts, *replay.labels} <= {*known}:
                    raise ValueError(f"found episode {replay.episode} with actions not listed")
                if len(replay.acts) != len(replay.labels):
                    raise ValueError(f"found episode {replay.episode} with labels missing")
                if len(replay.acts) != len(replay.actors) or not {*replay.actors} <= {*Actor}:
                    raise ValueError(f"found episode {replay.episode} without who acted")
        return replays


def record_replays(
    played: Sequence[Episode], group: str, iteration: int | None = None
) -> list[Replay]:
    """The replays of episodes of one group, numbered as they come."""
    first = 1 if iteration is None else 0
    return [
        Replay(
            group,
            iteration,
            number,
            episode.plan.seed,
            episode.plan.start.name,
            episode.outcome.value,
            episode.frames,
            episode.acts,
            episode.labels,
            episode.actors,
        )
        for number, episode in enumerate(played, first)
    ]
