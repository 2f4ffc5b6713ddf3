"""What evaluations of experts and students share: episodes on fresh seeds, reports, replays."""

import statistics
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from autodagger.files import write_json
from autodagger.game import load_game
from autodagger.milestone import Milestone
from autodagger.rollout import Episode, EpisodePlan
from autodagger.seeding import derive_seed
from autodagger.states import StartState
from autodagger.stats import wilson_interval
from autodagger.worker import NO_LABEL

Progress = Callable[[str], None]


def plan_episodes(
    states: Sequence[StartState], count: int, seed: int, *purpose: str | int
) -> list[EpisodePlan]:
    """`count` episodes that go through all start states in turn, each with a seed of its own."""
    return [
        EpisodePlan(derive_seed(seed, *purpose, k), state.name, state.data)
        for k in range(count)
        for state in [states[k % len(states)]]
    ]


def agreement(played: Sequence[Episode]) -> float | None:
    """Share of the labelled states in which the student did what the expert says."""
    pairs = [
        act == label
        for episode in played
        for act, label in zip(episode.acts, episode.labels, strict=True)
        if label != NO_LABEL
    ]
    return round(sum(pairs) / len(pairs), 4) if pairs else None


def summarize_episodes(played: Sequence[Episode]) -> dict[str, Any]:
    """Rates, interval, a line an episode; steps are of the successful ones (None without any)."""
    steps = [episode.steps for episode in played if episode.success]
    return {
        "success_rate": len(steps) / len(played) if played else None,
        "successes": len(steps),
        "interval": list(wilson_interval(len(steps), len(played))) if played else None,
        "mean_steps": round(statistics.fmean(steps), 4) if steps else None,
        "std_steps": round(statistics.pstdev(steps), 4) if steps else None,
        "episodes": [
            {
                "episode": number,
                "seed": episode.plan.seed,
                "start_state": episode.plan.start_name,
                "success": episode.success,
                "outcome": episode.outcome.value,
                "steps": episode.steps,
                "frames": episode.frames,
                "error": episode.error,
                "log": episode.log[-5:],
            }
            for number, episode in enumerate(played, 1)
        ],
    }


def trajectory(name: str, episode: Episode) -> dict[str, Any]:
    """What it takes to play an episode again, frame for frame; `name` becomes the video's."""
    return {
        "name": name,
        "seed": episode.plan.seed,
        "start_state": episode.plan.start_name,
        "outcome": episode.outcome.value,
        "frames": episode.frames,
        "acts": episode.acts,
        "labels": episode.labels,
    }


def write_trajectories(
    path: Path, milestone: Milestone, game_dir: Path, prefix: str, played: Sequence[Episode]
) -> None:
    """Writes evaluation episodes for replay, named `{prefix}_ep1_success_steps45`."""
    named = [
        trajectory(
            f"{prefix}_ep{number}_{'success' if episode.success else 'fail'}_steps{episode.steps}",
            episode,
        )
        for number, episode in enumerate(played, 1)
    ]
    write_json(
        path,
        {
            "milestone_id": milestone.id,
            "actions": list(load_game(game_dir).actions),
            "episodes": named,
        },
    )


def report_last(progress: Progress, total: int) -> Callable[[Episode], None]:
    """Tells `progress`, after the last of `total` episodes, how many reached the milestone."""
    counts = {"played": 0, "reached": 0}

    def report(episode: Episode) -> None:
        counts["played"] += 1
        counts["reached"] += episode.success
        if counts["played"] == total:
            progress(f"{counts['reached']}/{total} episodes reach it")

    return report
