"""What evaluations of experts and students share: a report on episodes."""

import statistics
from collections.abc import Callable, Sequence
from typing import Any

from autodagger.rollout.episode import Episode
from autodagger.stats import wilson_interval
from autodagger.task import Progress


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
                "start_state": episode.plan.start.name,
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


def report_last(progress: Progress, total: int) -> Callable[[Episode], None]:
    """Tells `progress`, after the last of `total` episodes, how many reached the milestone."""
    counts = {"played": 0, "reached": 0}

    def report(episode: Episode) -> None:
        counts["played"] += 1
        counts["reached"] += episode.success
        if counts["played"] == total:
            progress(f"{counts['reached']}/{total} episodes reach it")

    return report
