"""The judge's report: whole runs of the agent, the experts and the students, and why they end."""

import dataclasses
import json
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pytest
import torch

from autodagger.agent import evaluation
from autodagger.agent.agent import Agent, save_agent
from autodagger.agent.chain import Chain
from autodagger.agent.evaluation import (
    EARLY,
    ENDS,
    ERROR,
    LATE,
    LOST,
    STUCK,
    Run,
    SwitchedStudents,
    describe_end,
    evaluate_agent,
    read_runs,
    summarize_runs,
)
from autodagger.agent.journey import NO_BELIEF
from autodagger.agent.memory import Memory
from autodagger.agent.network import ON, AgentNetwork
from autodagger.errors import UserError
from autodagger.files import DamagedFile, sha256_file
from autodagger.game.emulator import Emulator
from autodagger.game.env import GameEnv
from autodagger.game.gba import GbaGame, GbaSimulator
from autodagger.rollout.episode import Outcome
from autodagger.stats import wilson_interval
from autodagger.student.networks import Student
from autodagger.task import Machine
from tests.autodagger.agent.helpers import (
    make_chain,
    make_journey,
    make_network,
    make_stubborn,
    make_wild,
    write_world,
)
from tests.autodagger.student.helpers import CPU, answer, make_obs, make_student
from tests.grid import ACTIONS, CURSOR, NAMING, GridStates


def evaluate(
    folder: Path,
    chain: Chain,
    network: AgentNetwork,
    *,
    students: list[Student] | None = None,
    runs: int = 2,
    num_envs: int = 2,
    ids: list[str] | None = None,
    **changes: Any,
) -> Any:
    """Returns the report as it was written."""
    file = folder / "agent.pth"
    file.write_bytes(save_agent(network, ids or chain.ids, {}, {}))
    outputs = {"report": folder / "judge.json", "runs": folder / "runs.json"}
    values: dict[str, Any] = {"gap": None, "progress": lambda line: None, **changes}
    report = evaluate_agent(
        chain,
        file,
        students or [make_stubborn("no_op") for _ in chain.ids],
        Machine(num_envs, cuda=False),
        runs=runs,
        outputs=outputs,
        **values,
    )
    written = json.loads(outputs["report"].read_text())
    assert written == json.loads(json.dumps(report))
    return written


TITLE = dataclasses.replace(NAMING, id="TITLE", done_when="game.scene == 'title'")
"""Comes by itself; whoever presses A passes the logo before."""

START_OR_A = "def run(state): return 'a'"


@pytest.fixture
def still() -> AgentNetwork:
    """An agent that does nothing."""
    return make_network(["no_op"] * 3)


# ---- The report --------------------------------------------------------------------------------


def test_report_sets_the_agent_beside_experts_and_students(
    world: Path, tmp_path: Path, still: AgentNetwork
) -> None:
    chain = make_chain(world)
    said: list[str] = []
    report = evaluate(tmp_path, chain, still, progress=said.append)
    assert report["agent_sha256"] == sha256_file(tmp_path / "agent.pth")
    assert report["gap"] is None
    assert (report["runs"], report["successes"], report["success_rate"]) == (2, 0, 0.0)
    assert report["interval"] == list(wilson_interval(0, report["distinct_episodes"]))
    assert report["steps_of_experts"] is None
    assert report["milestones"] == [
        {"milestone_id": "NAMING", "passed": 0, "ended": 2, "why": {STUCK: 2}},
        {"milestone_id": "CURSOR", "passed": 0, "ended": 0, "why": {}},
        {"milestone_id": "CORNER", "passed": 0, "ended": 0, "why": {}},
    ]
    experts = report["experts"]
    assert (experts["runs"], experts["successes"]) == (2, 2)
    assert [row["passed"] for row in experts["milestones"]] == [2, 2, 2]
    assert experts["mean_steps"] > 0
    assert report["students"]["successes"] == 0
    assert any("the agent: 0 of 2" in line for line in said)
    assert any("the experts in one go: 2 of 2" in line for line in said)
    assert any("the students, switched by the judge: 0 of 2" in line for line in said)


def test_agent_that_presses_what_the_experts_press_is_as_fast(
    tmp_path: Path, grid_states: GridStates
) -> None:
    """Steps are compared with those of the experts."""
    chain = make_chain(write_world(tmp_path, grid_states, NAMING=START_OR_A), NAMING)
    chain = Chain((dataclasses.replace(chain.tasks[0], milestone=TITLE),), 0)
    report = evaluate(tmp_path, chain, make_network(["no_op"]))
    assert report["successes"] == report["students"]["successes"] == 2
    assert report["mean_steps"] > report["experts"]["mean_steps"]
    expected = report["mean_steps"] / report["experts"]["mean_steps"]
    assert report["steps_of_experts"] == round(expected, 4)


def test_students_are_switched_by_the_judge(
    world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, still: AgentNetwork
) -> None:
    asked: set[int] = set()
    ask = SwitchedStudents.__call__

    def watch(self: SwitchedStudents, obs: Any, contexts: Any) -> Any:
        asked.update(due for due, _ in contexts)
        return ask(self, obs, contexts)

    monkeypatch.setattr(SwitchedStudents, "__call__", watch)
    evaluate(tmp_path, make_chain(world), still)
    assert asked == {0}  # nobody comes further


def test_switched_student_answers_as_it_would_alone() -> None:
    students = [make_student(k, previous_action=True) for k in range(3)]
    obs = make_obs(6, students[0].args.view)
    contexts = [(k % 3, k) for k in range(6)]
    acts = SwitchedStudents(students, CPU)(obs, contexts)
    for k, (due, before) in enumerate(contexts):
        assert acts[k] == int(answer(students[due], obs[k : k + 1], before).argmax())


def test_report_does_not_depend_on_the_number_of_environments(world: Path, tmp_path: Path) -> None:
    chain, network = make_chain(world), make_wild(3)
    written = []
    for number in (1, 3):
        evaluate(tmp_path, chain, network, runs=4, num_envs=number)
        written.append([(tmp_path / name).read_bytes() for name in ("judge.json", "runs.json")])
    assert written[0] == written[1]


def test_gap_is_told(world: Path, tmp_path: Path, still: AgentNetwork) -> None:
    report = evaluate(tmp_path, make_chain(world), still, runs=1, gap="CORNER has no student")
    assert report["gap"] == "CORNER has no student"


def test_runs_that_are_all_the_same_are_told(
    world: Path, tmp_path: Path, still: AgentNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(evaluation, "describe_repetition", lambda played: "all the same")
    evaluate(tmp_path, make_chain(world), still, progress=said.append)
    assert "all the same" in said


@pytest.mark.parametrize("ids", [["NAMING", "CURSOR", "ELSE"], ["CURSOR", "NAMING", "CORNER"]])
def test_agent_of_other_milestones_is_refused(
    world: Path, tmp_path: Path, still: AgentNetwork, ids: list[str]
) -> None:
    with pytest.raises(UserError, match=r"agent\.pth: .*expected NAMING, CURSOR, CORNER"):
        evaluate(tmp_path, make_chain(world), still, ids=ids)
    with pytest.raises(UserError, match=r"agent\.pth: .*expected NAMING, CURSOR"):
        evaluate(tmp_path, make_chain(world, NAMING, CURSOR), still, ids=list(ids))


def test_judging_uses_seeds_that_training_does_not(world: Path) -> None:
    chain = make_chain(world)
    judged = {plan.seed for plan in chain.plan_journeys(500, "judge")}
    for purpose in (("demonstrations",), *(("journeys", number) for number in range(1, 5))):
        assert not judged & {plan.seed for plan in chain.plan_journeys(500, *purpose)}


# ---- Pixels alone ------------------------------------------------------------------------------


def test_process_of_the_agent_opens_no_game_and_reads_no_memory(
    world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The game and its judge live in the workers; the agent gets observations and its memory."""
    expected = evaluate(tmp_path, make_chain(world), make_wild(3))

    def refuse(*_: Any, **__: Any) -> NoReturn:
        raise AssertionError("the agent's process looked into the game")

    for kind, name in (
        (GameEnv, "__init__"),
        (GbaGame, "open"),
        (GbaSimulator, "state"),
        (Emulator, "__init__"),
    ):
        monkeypatch.setattr(kind, name, refuse)
    given: list[tuple[np.ndarray, list[Any]]] = []
    ask = Agent.__call__

    def watch(agent: Agent, obs: np.ndarray, memories: Any) -> Any:
        given.append((obs, list(memories)))
        return ask(agent, obs, memories)

    monkeypatch.setattr(Agent, "__call__", watch)
    assert evaluate(tmp_path, make_chain(world), make_wild(3)) == expected
    assert given
    for obs, memories in given:
        assert type(obs) is np.ndarray
        assert (obs.dtype, obs.shape[1:]) == (np.uint8, (40, 60, 1))
        assert [type(memory) for memory in memories] == [bytes] * len(obs)


def test_memory_of_the_agent_is_what_it_said_itself(
    world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While it is judged nobody tells it where it is: each memory is power-on's or an answer's."""
    known = {Memory().pack()}
    ask = Agent.__call__

    def watch(agent: Agent, obs: np.ndarray, memories: Any) -> Any:
        assert {*memories} <= known
        answers = ask(agent, obs, memories)
        known.update(memory for _, memory in answers)
        return answers

    monkeypatch.setattr(Agent, "__call__", watch)
    evaluate(tmp_path, make_chain(world), make_wild(3))
    assert len(known) > 10


# ---- Ends --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("outcome", "beliefs", "passed", "why"),
    [
        (Outcome.TIMEOUT, [0, 1], 1, STUCK),
        (Outcome.TIMEOUT, [0, 2], 1, EARLY),
        (Outcome.TIMEOUT, [1, 0], 1, LATE),
        (Outcome.TIMEOUT, [], 1, STUCK),  # the students'
        (Outcome.TIMEOUT, [0, NO_BELIEF], 1, STUCK),
        (Outcome.LOST, [0, 2], 1, LOST),
        (Outcome.ERROR, [0, 2], 1, ERROR),
    ],
)
def test_end_is_explained_by_what_was_believed(
    outcome: Outcome, beliefs: list[int], passed: int, why: str
) -> None:
    journey = make_journey([0, 1], beliefs, outcome=outcome, passed=passed)
    assert describe_end(journey) == why
    assert why in ENDS


def test_runs_are_counted_where_they_ended() -> None:
    played = [
        make_journey([0, 1, 2], [0, 1, 2], outcome=Outcome.REACHED, passed=3, frames=100),
        make_journey([0, 1], [0, 1], outcome=Outcome.REACHED, passed=3, frames=50),
        make_journey([0, 1], [0, 1], passed=1),
        make_journey([0, 1], [0, 2], passed=1),
        make_journey([0, 1], [0, 2], passed=1, acts=[2, 2]),
        make_journey([0], [0], outcome=Outcome.ERROR, passed=0, error="it broke"),
        make_journey([], outcome=Outcome.ERROR, passed=0, error="it broke"),
    ]
    report = summarize_runs(played, ["A", "B", "C"])
    assert (report["runs"], report["successes"], report["mean_frames"]) == (7, 2, 75.0)
    assert report["milestones"] == [
        {"milestone_id": "A", "passed": 5, "ended": 2, "why": {ERROR: 2}},
        {"milestone_id": "B", "passed": 2, "ended": 3, "why": {STUCK: 1, EARLY: 2}},
        {"milestone_id": "C", "passed": 2, "ended": 0, "why": {}},
    ]
    assert report["errors"] == ["it broke"]
    assert report["interval"] == list(wilson_interval(2, 6))  # two of them are the same one


def test_runs_without_success_have_no_mean() -> None:
    report = summarize_runs([make_journey([0], [0])], ["A"])
    assert (report["mean_frames"], report["mean_steps"], report["errors"]) == (None, None, [])


# ---- Runs that are kept ------------------------------------------------------------------------


def test_runs_are_kept_as_they_were_played(world: Path, tmp_path: Path) -> None:
    chain = make_chain(world)
    network = make_network(["down", "a", "up"], [ON, ON, ON])
    evaluate(tmp_path, chain, network, runs=3)
    actions, runs = read_runs(tmp_path / "runs.json", 3)
    assert tuple(actions) == ACTIONS
    assert [run.number for run in runs] == [1, 2, 3]
    assert [run.seed for run in runs] == [plan.seed for plan in chain.plan_journeys(3, "judge")]
    for run in runs:
        assert not run.success
        assert run.acts == [ACTIONS.index("up")] * NAMING.max_steps
        assert run.due == [0] * NAMING.max_steps
        assert run.beliefs == [2] * NAMING.max_steps


GOOD = {"number": 1, "seed": 5, "success": False, "acts": [0, 1], "due": [0, 0], "beliefs": [0, 1]}


def write_runs(path: Path, *runs: Any, **more: Any) -> Path:
    path.write_text(json.dumps({"actions": ["no_op", "a"], "runs": list(runs)} | more))
    return path


def test_reads_what_is_sound(tmp_path: Path) -> None:
    path = write_runs(tmp_path / "runs.json", GOOD)
    assert read_runs(path, 2) == (["no_op", "a"], [Run(**GOOD)])


@pytest.mark.parametrize(
    "change",
    [
        {"acts": [0, 2]},
        {"acts": [0, -1]},
        {"acts": [0]},
        {"due": [0]},
        {"beliefs": []},
        {"acts": None},
        {"due": [0, 2]},
        {"beliefs": [0, -1]},
        {"more": 1},
    ],
)
def test_run_that_is_not_sound_is_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    path = write_runs(tmp_path / "runs.json", GOOD, GOOD | change)
    with pytest.raises(DamagedFile, match=r"runs of the agent .*runs\.json: .*Delete that file"):
        read_runs(path, 2)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"runs": []}', '{"actions": [], "runs": 3}']
)
def test_file_that_is_not_of_runs_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "runs.json"
    path.write_text(text)
    with pytest.raises(DamagedFile, match=r"runs\.json"):
        read_runs(path, 2)


def test_missing_runs_are_named(tmp_path: Path) -> None:
    with pytest.raises(DamagedFile, match=r"runs\.json"):
        read_runs(tmp_path / "runs.json", 3)


def test_agent_file_that_is_damaged_is_named(world: Path, tmp_path: Path) -> None:
    network = make_network(["no_op"] * 3)
    with torch.no_grad():
        network.students[2].head.bias[0] = float("inf")
    with pytest.raises(UserError, match=r"agent\.pth: its weights hold what is no number"):
        evaluate(tmp_path, make_chain(world), network)
