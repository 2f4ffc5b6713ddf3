"""The episode budget: how many steps a student gets, from what its expert needed."""

from pathlib import Path
from typing import Any

from autodagger.errors import show
from autodagger.files import load_schema, read_object, reading

_AUTO = "auto"
_NEEDED = [
    *("milestone_id", "status", "reason", "error"),
    *("success_rate", "mean_steps", "std_steps", "episodes"),
]


def choose_multiplier(success_rate: float) -> tuple[float, str]:
    """The multiplier that `auto` stands for, and why.

    The seed's advice: lower it for a stable expert (success above 95 %), raise it for an unstable
    one (60-80 %).
    """
    if success_rate > 0.95:
        return 1.5, "auto: the expert is stable (success above 95 %)"
    if success_rate <= 0.8:
        return 3.0, "auto: the expert is unstable (success at most 80 %)"
    return 2.0, "auto: the expert is neither stable (above 95 %) nor unstable (at most 80 %)"


def read_report(path: str | Path, milestone: str) -> dict[str, Any]:
    """A milestone's expert_eval.json.

    Raises:
        DamagedFile: It cannot be read, is another milestone's, or says something else.
    """
    from jsonschema import Draft202012Validator

    report = read_object(path, "expert report")
    schema = load_schema("expert_eval")
    schema |= {"required": list(_NEEDED), "additionalProperties": True}
    with reading("expert report", path):
        for error in Draft202012Validator(schema).iter_errors(report):
            raise ValueError(f"found {show(error.instance)}: {error.message[:100]}")
        if report["milestone_id"] != milestone:
            raise ValueError(f"found the one of {report['milestone_id']}, not of {milestone}")
    return report


def plan_budget(
    report: dict[str, Any], *, step_multiplier: float | str, min_success_rate: float
) -> dict[str, Any]:
    """Decides from an expert's evaluation whether a student is trained, and for how many steps.

    Args:
        report: What `evaluate_expert` wrote.
        step_multiplier: Times the mean steps of the successful episodes; "auto" chooses.
        min_success_rate: Below it the expert is too weak to learn from.

    Returns:
        `decision` "train" with its `justification`, "fail" with `reason` and `error`, or "pass"
        with `reason` where there is nothing to learn;
        `max_episode_steps` in steps (None without a decision to train); `step_multiplier` as used
        and `multiplier_reason`.
    """
    budget: dict[str, Any] = {
        "milestone_id": report["milestone_id"],
        "decision": "fail",
        "justification": None,
        "reason": report["reason"],
        "error": report["error"],
        "expert_success_rate": report["success_rate"],
        "expert_mean_steps": report["mean_steps"],
        "expert_std_steps": report["std_steps"],
        "step_multiplier": None,
        "multiplier_reason": None,
        "max_episode_steps": None,
    }
    if report["status"] == "failed":
        return budget
    if report["status"] == "passed":
        return budget | {"decision": "pass"}
    rate = report["success_rate"]
    if rate < min_success_rate or report["mean_steps"] is None:
        return budget | _too_weak(report, min_success_rate)
    multiplier, why = (
        choose_multiplier(rate)
        if step_multiplier == _AUTO
        else (float(step_multiplier), "step_multiplier")
    )
    steps = max(1, int(report["mean_steps"] * multiplier))
    return budget | {
        "decision": "train",
        "justification": f"expert success rate {rate:.2f} is at least {min_success_rate:g}",
        "step_multiplier": multiplier,
        "multiplier_reason": why,
        "max_episode_steps": steps,
    }


def _too_weak(report: dict[str, Any], min_success_rate: float) -> dict[str, Any]:
    episodes = report["episodes"]
    successes = sum(episode["success"] for episode in episodes)
    errors = [episode["error"] for episode in episodes if episode["error"]]
    outcomes = [e["outcome"] for e in episodes if not e["success"]]
    details = [f"{successes} of {len(episodes)} episodes succeeded"]
    details += [f"{outcomes.count(kind)} ended by {kind}" for kind in sorted(set(outcomes))]
    if report["error"]:
        details.append(report["error"])
    if errors:
        details.append(f"first error: {errors[0]}")
    kind = "expert never succeeded" if successes == 0 else "expert success rate too low"
    return {
        "reason": f"{kind}: {report['success_rate']:.2f} < min_success_rate {min_success_rate:g}",
        "error": "; ".join(details)
        + ". Mend the expert (its videos show where it stops), raise the milestone's max_steps, "
        "or lower min_success_rate.",
    }
