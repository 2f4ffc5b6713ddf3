"""The files of a run with a milestone of each status, as the workflow writes them."""

import os
from pathlib import Path
from typing import Any

from autodagger.files import sha256_file, write_bytes, write_json, write_text
from autodagger.game.milestone import Milestone
from autodagger.results.layout import AGENT, Results
from autodagger.results.rows import build_failed_row, build_row, collect_rows, write_results
from autodagger.rollout.replay import Replay, Replays

ACTIONS = ("wait", "left", "right")
HOSTILE = "<script>alert('x')</script> & \"quotes\" 한국"
IDS = ("DONE", "WEAK", "BROKEN", "RUNNING", "LEFT_OUT", "LATER", "CRASHED")
SKIPPED = {"LEFT_OUT": "in skip list"}


def list_milestones() -> list[Milestone]:
    previous = [None, *IDS]
    return [
        Milestone(name, before, 90, "a < `3` && b == '<b>'", None, index, HOSTILE)
        for index, (name, before) in enumerate(zip(IDS, previous, strict=False))
    ]


def make_run(folder: Path) -> Results:
    """DONE is as good as its expert, WEAK falls short, BROKEN has no expert; and so on."""
    results = Results(folder / "some results")
    _write_tested(results, "DONE", 20)
    _write_tested(results, "WEAK", 11)
    _write_diagnosis(results, "WEAK")
    write_expert(results, "BROKEN", status="failed", reason="no expert file", error=HOSTILE)
    write_budget(results, "BROKEN", decision="fail", reason="no expert file", error=HOSTILE)
    write_json(results.row("BROKEN"), build_row(results, "BROKEN"))
    write_expert(results, "RUNNING")
    write_budget(results, "RUNNING")
    write_text(results.marker("train_student", "RUNNING"), str(os.getpid()))
    write_json(results.progress_note("RUNNING"), {"iteration": 3, "iterations": 10})
    _write_agent(results)
    log = results.log("train_student", "CRASHED")
    write_text(log, "no room\n")
    crashed = {"CRASHED": build_failed_row(results, "CRASHED", "train_student", log)}
    write_results(collect_rows(results, IDS, SKIPPED, crashed), results)
    return results


def write_expert(results: Results, name: str, **changes: Any) -> None:
    report = {
        "milestone_id": name,
        "status": "evaluated",
        "reason": None,
        "error": None,
        **_summarize(10, 10),
        "start_states": 1,
        "recorded_states": 10,
        "recorded_test_states": 10,
        "test": {**_summarize(20, 20), "episodes": 20},
        "confinement": {},
    }
    write_json(results.expert_report(name), report | changes)


def write_budget(results: Results, name: str, **changes: Any) -> None:
    plan = {"milestone_id": name, "decision": "train", "reason": None, "error": None}
    write_json(results.budget(name), plan | {"max_episode_steps": 12} | changes)


def _write_tested(results: Results, name: str, successes: int) -> None:
    write_expert(results, name)
    write_budget(results, name)
    write_text(results.best(name), f"weights of {name}")
    write_json(results.training(name), make_training(name))
    replays = [
        Replay(
            "student_eval", None, k, k, "a", "reached" if k <= successes else "timeout", 9, *acts
        )
        for k in range(1, 21)
        for acts in [([1, 2, 0], [1, 1, -1], [1, 1, 1])]
    ]
    Replays(name, ACTIONS, replays).write(results.student_replays(name))
    episodes = [{"success": k <= successes, "error": None} for k in range(1, 21)]
    report = {
        "milestone_id": name,
        "model_sha256": sha256_file(results.best(name)),
        **_summarize(successes, 20),
        "episodes": episodes,
        "starts_shared_with_training": False,
        "agreement": 0.5,
    }
    write_json(results.student_report(name), report)
    for number, kind in ((1, "success"), (2, "fail"), (3, "success")):
        for folder, group in (
            (results.expert_videos(name), "expert_eval"),
            (results.student_videos(name), "student_eval"),
        ):
            write_bytes(folder / f"{group}_ep{number}_{kind}_steps{number + 7}.mp4", b"video")
    head = "s\th:m:s\tmax_rss\tmax_vms\tmax_uss\tmax_pss\tio_in\tio_out\tmean_load\tcpu_time\n"
    for rule, seconds in (("evaluate_expert", 4.5), ("train_student", 61.25)):
        line = f"{seconds}\t0:00:04\t{seconds}\t-\t-\t-\t-\t-\t-\t3.5\n"
        write_text(results.benchmark(rule, name), head + line)
    write_json(results.row(name), build_row(results, name))


def make_training(name: str) -> dict[str, Any]:
    iterations = [
        {
            "iteration": k,
            "beta": 0.0,
            "dataset_size": 100 * (k + 1),
            "unique_frames": 50,
            "conflicting_frames": 2,
            "inputs": 50,
            "ceiling": 0.99,
            "loss": 0.1,
            "accuracy": 0.987,
            "train_steps": 20,
            "learnt": False,
            "episodes": 10,
            "successes": 5 + k,
            "success_rate": 0.5 + k / 10,
            "interval": [0.2, 0.8],
            "agreement": None if k == 0 else 0.9,
            "faults": 1,
            "expert_queries": 300,
        }
        for k in range(2)
    ]
    return {
        "milestone_id": name,
        "iterations": iterations,
        "best_iteration": 1,
        "stopped": "dagger_iterations",
        "device": "cpu",
        "expert_queries": 300,
        "best_sha256": "0" * 64,
        "final_sha256": "0" * 64,
        "digests": {},
    }


def _write_diagnosis(results: Results, name: str) -> None:
    path = results.diagnosis(name)
    write_bytes(path.with_name("parting_1.png"), b"picture")
    place = {"episodes": [12], "step": 3, "buttons": ["left", "<b>"]}
    finding = {
        "kind": "parting",
        "episodes": [12, 13],
        "values": {"places": [place]},
        "pictures": [[{"file": "parting_1.png", "width": 256, "height": 200, "text": "a"}]],
    }
    report = {
        "milestone_id": name,
        "model_sha256": sha256_file(results.best(name)),
        "episodes": 20,
        "failures": 9,
        "looked_at": 9,
        "changed": [],
        "findings": [finding],
    }
    write_json(path, report)


def _write_agent(results: Results) -> None:
    def judge(passed: list[int]) -> dict[str, Any]:
        rows = [
            {"milestone_id": name, "passed": count, "ended": 10 - count, "why": {"stuck": 1}}
            for name, count in zip(("DONE", "WEAK"), passed, strict=True)
        ]
        summary = _summarize(passed[-1], 10)
        del summary["episodes"]
        return {
            "runs": 10,
            **summary,
            "mean_frames": 30.0,
            "milestones": rows,
            "errors": [],
        }

    report = {
        "agent_sha256": "0" * 64,
        "gap": "BROKEN",
        "steps_of_experts": 1.1,
        **judge([10, 8]),
        "experts": judge([10, 9]),
        "students": judge([9, 7]),
    }
    write_json(results.full_run, report)
    write_bytes(results.strip, b"picture")
    write_bytes(results.agent_videos / "agent_run1_success_steps554.mp4", b"video")
    write_text(results.benchmark("train_agent", AGENT), "s\tmax_rss\tcpu_time\n9.5\t3.0\t2.0\n")


def _summarize(successes: int, episodes: int) -> dict[str, Any]:
    return {
        "success_rate": successes / episodes,
        "successes": successes,
        "interval": [0.4, 0.9],
        "mean_steps": 8.5,
        "std_steps": 1.0,
        "distinct_starts": episodes,
        "distinct_episodes": episodes,
        "episodes": [],
    }
