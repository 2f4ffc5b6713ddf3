"""What evaluations of experts and students share: a report on episodes."""

import statistics
from collections.abc import Callable, Sequence
from typing import Any

from autodagger.rollout.episode import Episode
from autodagger.stats import wilson_interval
from autodagger.task import Progress


def summarize_episodes(played: Sequence[Episode]) -> dict[str, Any]:
    """Rates, interval, a line an episode; steps are of the successful ones (None without any)."""
    return {
        **summarize_successes(played),
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


def summarize_successes(played: Sequence[Episode]) -> dict[str, Any]:
    """What is known of all episodes together; rates are None without any.

    Equal episodes tell the same thing twice: the interval is over the distinct ones.
    """
    steps = [episode.steps for episode in played if episode.success]
    distinct = {_identify(episode): episode.success for episode in played}
    interval = wilson_interval(sum(distinct.values()), len(distinct))
    return {
        "success_rate": len(steps) / len(played) if played else None,
        "successes": len(steps),
        "interval": list(interval) if played else None,
        "mean_steps": round(statistics.fmean(steps), 4) if steps else None,
        "std_steps": round(statistics.pstdev(steps), 4) if steps else None,
        "distinct_starts": len({(episode.plan.start.data, episode.first) for episode in played}),
        "distinct_episodes": len(distinct),
    }


def leave_out_reached(played: list[Episode]) -> list[Episode]:
    """Without those whose milestone was reached where they began: nobody played them."""
    return [one for one in played if one.steps or not one.success] or played


def describe_repetition(played: Sequence[Episode]) -> str | None:
    """What to say of episodes that are all the same one; None where they differ."""
    if len(played) < 2 or len({_identify(episode) for episode in played}) > 1:
        return None
    return (
        f"all {len(played)} episodes were the same one, so they count as one: from this start the "
        "game shows no randomness. More start states, or randomness in a step's timing, would tell "
        "more"
    )


def _identify(episode: Episode) -> tuple[Any, ...]:
    """Equal for equal episodes: same start, same actions, same timing, same outcome."""
    data = (episode.plan.start.data, episode.first, tuple(episode.acts))
    return (*data, episode.frames, episode.outcome)


def report_last(progress: Progress, total: int) -> Callable[[Episode], None]:
    """Tells `progress`, after the last of `total` episodes, how many reached the milestone."""
    counts = {"played": 0, "reached": 0}

    def report(episode: Episode) -> None:
        counts["played"] += 1
        counts["reached"] += episode.success
        if counts["played"] == total:
            progress(f"{counts['reached']}/{total} episodes reach it")

    return report
