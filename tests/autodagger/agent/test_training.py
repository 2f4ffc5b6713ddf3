"""DAgger over whole runs, for real: it repeats byte for byte, and survives interruptions."""

import dataclasses
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch

from autodagger.agent import fitting, training
from autodagger.agent.agent import Agent, load_agent
from autodagger.agent.chain import Chain
from autodagger.agent.journey import Driver, JourneyPlan
from autodagger.agent.options import AgentOptions
from autodagger.agent.training import PRACTISED, fingerprint, train_agent
from autodagger.dagger.checkpoint import Checkpoint
from autodagger.expert.expert import ExpertError
from autodagger.files import sha256_file
from autodagger.game.starts import load_start_states
from autodagger.rollout.pool import Rollouts
from autodagger.student.networks import NetworkArgs, Student
from autodagger.task import Budget, Machine
from tests.autodagger.agent.helpers import OPTIONS, make_chain, write_world
from tests.grid import ACTIONS, CURSOR, NAMING, GridStates, write_expert

TINY = AgentOptions(agent_demonstrations=3, agent_rounds=2, agent_journeys=2, agent_practice=1)
ONE = AgentOptions(agent_demonstrations=1, agent_rounds=1, agent_journeys=1, agent_practice=0)
DEPENDS_ON = {"expert": "abc"}
FILES = ("agent.pth", "training.json")


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """How well it is learnt does not matter here."""
    monkeypatch.setattr(fitting, "SWITCHER_STEPS", 20)


def make_students(count: int) -> list[Student]:
    """Untrained ones."""
    students = []
    for seed in range(count):
        torch.manual_seed(seed)
        students.append(Student(NetworkArgs(OPTIONS.network, 16, OPTIONS.view, ACTIONS)))
    return students


def train(
    folder: Path,
    chain: Chain,
    options: AgentOptions = TINY,
    *,
    num_envs: int = 2,
    threads: int = 1,
    depends_on: Mapping[str, str] = DEPENDS_ON,
    **changes: Any,
) -> Any:
    """Trains into `folder`; returns training.json."""
    values: dict[str, Any] = {"progress": lambda line: None, **changes}
    report = train_agent(
        chain,
        make_students(len(chain.ids)),
        [Budget(10, 1.0)] * len(chain.ids),
        options,
        OPTIONS,
        Machine(num_envs, threads, cuda=False),
        depends_on,
        checkpoint_dir=folder / "checkpoint",
        outputs={"agent": folder / FILES[0], "training": folder / FILES[1]},
        **values,
    )
    assert json.loads((folder / FILES[1]).read_text()) == json.loads(json.dumps(report))
    return report


def read(folder: Path) -> list[bytes]:
    return [(folder / name).read_bytes() for name in FILES]


@pytest.fixture(scope="module")
def undisturbed(world: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a training that nothing disturbed."""
    folder = tmp_path_factory.mktemp("undisturbed")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fitting, "SWITCHER_STEPS", 20)
        train(folder, make_chain(world))
    return folder


# ---- What it gives -----------------------------------------------------------------------------


def test_writes_an_agent_that_can_be_loaded(undisturbed: Path, world: Path) -> None:
    path = undisturbed / "agent.pth"
    network, content = load_agent(path)
    assert content["origin"] == {"game": "grid", "screen": [160, 240]}
    report = json.loads((undisturbed / "training.json").read_text())
    assert content["milestones"] == report["milestones"] == make_chain(world).ids
    assert content["digests"] == report["digests"] == DEPENDS_ON
    assert content["scores"] == report["rounds"][report["best_round"]]
    assert network.args.view == OPTIONS.view
    assert report["agent_sha256"] == sha256_file(path)
    assert report["device"] == "cpu"
    assert Agent.load(path).milestones == tuple(make_chain(world).ids)


def test_report_describes_every_round(undisturbed: Path) -> None:
    rounds = json.loads((undisturbed / "training.json").read_text())["rounds"]
    assert [one["iteration"] for one in rounds] == [0, 1]
    assert [one["journeys"] for one in rounds] == [2, 2]
    assert [one["practice"] for one in rounds] == [3, 0]  # nobody would learn from the last one's
    assert rounds[0]["screens"] < rounds[1]["screens"]
    assert rounds[0]["labels"] < rounds[1]["labels"]
    for one in rounds:
        assert one["interval"][0] <= one["successes"] / one["journeys"] <= one["interval"][1]
        assert one["helped"] <= one["journeys"]
        assert {*one["rescued"]} <= {"NAMING", "CURSOR", "CORNER"}
        assert one["train_steps"] > 0
        assert 0 <= one["switcher_accuracy"] <= 1


def test_completed_training_leaves_no_checkpoint(undisturbed: Path) -> None:
    assert sorted(file.name for file in undisturbed.iterdir()) == sorted(FILES)


def test_agent_is_another_one_than_the_students_it_began_with(undisturbed: Path) -> None:
    network, _ = load_agent(undisturbed / "agent.pth")
    for own, student in zip(network.students, make_students(3), strict=True):
        assert not torch.equal(own.head.weight, student.head.weight)


def test_progress_and_tracker_hear_of_every_round(world: Path, tmp_path: Path) -> None:
    said: list[str] = []
    logged: list[Mapping[str, Any]] = []

    class Tracker:
        def log(self, metrics: Mapping[str, Any]) -> None:
            logged.append(dict(metrics))

    chain = make_chain(world, NAMING)
    report = train(tmp_path, chain, progress=said.append, tracker=Tracker())
    assert logged == report["rounds"]
    first, second = report["rounds"]
    assert said == [
        "3/3 runs of the experts reach the end, 2 with noise",
        f"round 1/2: {first['successes']}/2 whole runs reach the end, "
        f"{first['practice_successes']}/1 short ones with noise",
        f"round 2/2: {second['successes']}/2 whole runs reach the end",
    ]


def test_agent_learns_to_play_the_whole_game(
    world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two milestones of the grid, of which it knew nothing."""
    monkeypatch.setattr(fitting, "SWITCHER_STEPS", 500)
    monkeypatch.setattr(
        "tests.autodagger.agent.test_training.OPTIONS",
        dataclasses.replace(OPTIONS, train_steps_per_iter=400),
    )
    options = dataclasses.replace(TINY, agent_demonstrations=6, agent_practice=4, agent_journeys=4)
    report = train(tmp_path, make_chain(world, NAMING, CURSOR), options)
    best = report["rounds"][report["best_round"]]
    assert best["successes"] >= 2
    assert best["switcher_accuracy"] > 0.95


# ---- What is played ----------------------------------------------------------------------------


@pytest.fixture
def played(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Sequence[Any], Any]]:
    """Plans and conducts, as they are played."""
    calls: list[tuple[Sequence[Any], Any]] = []
    play = Rollouts.play

    def watch(self: Rollouts, plans: Any, conduct: Any, *rest: Any) -> Any:
        calls.append((plans, conduct))
        return play(self, plans, conduct, *rest)

    monkeypatch.setattr(Rollouts, "play", watch)
    return calls


def test_rounds_play_whole_runs_as_they_are_and_short_ones_with_noise(
    world: Path, tmp_path: Path, played: list[tuple[Sequence[Any], Any]]
) -> None:
    train(tmp_path, make_chain(world))
    kinds = [(len(plans), one.driver, one.noise, one.rescue) for plans, one in played]
    noise = OPTIONS.dart_noise
    assert kinds == [
        (2, Driver.EXPERTS, noise, True),
        (1, Driver.EXPERTS, 0.0, True),
        (2, Driver.AGENT, 0.0, True),
        (3, Driver.AGENT, noise, False),
        (2, Driver.AGENT, 0.0, True),
    ]
    assert all(one.keep_obs and one.labelled for _, one in played)
    seeds = [plan.seed for plans, _ in played for plan in plans]
    assert len(set(seeds)) == len(seeds)


def test_practice_starts_at_every_milestone(
    world: Path, tmp_path: Path, played: list[tuple[Sequence[Any], Any]]
) -> None:
    options = dataclasses.replace(TINY, agent_practice=6)
    train(tmp_path, make_chain(world), options)
    plans: list[JourneyPlan] = list(played[3][0])
    assert [plan.first for plan in plans] == [0] * 6 + [1] * 6 + [2] * 6
    assert [plan.end for plan in plans] == [PRACTISED] * 6 + [3] * 12
    assert {plan.start.data for plan in plans[:6]} == {None}
    states = {state.data for state in load_start_states(world / "CURSOR.zip")}
    assert {plan.start.data for plan in plans[6:12]} == states


def test_expert_that_does_not_load_is_told(tmp_path: Path, grid_states: GridStates) -> None:
    chain = make_chain(write_world(tmp_path, grid_states, NAMING="def run(state)"))
    with pytest.raises(ExpertError, match=r"NAMING.*line 1"):
        train(tmp_path / "out", chain, ONE)


def test_weak_expert_ends_no_training(tmp_path: Path, grid_states: GridStates) -> None:
    """What it played until it failed is learnt from."""
    broken = "def run(state): raise ValueError"
    chain = make_chain(write_world(tmp_path, grid_states, CURSOR=broken))
    said: list[str] = []
    report = train(tmp_path / "out", chain, ONE, progress=said.append)
    assert "0/1 runs of the experts reach the end, 1 with noise" in said
    assert report["rounds"][0]["labels"] > 0


# ---- The best round ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("helped", "best"), [([1, 0, 1], 1), ([1, 1, 1], 2), ([0, 1, 0], 2), ([0, 1, 1], 0)]
)
def test_best_round_is_the_last_that_needed_least_help(
    world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, helped: list[int], best: int
) -> None:
    """The agent that is written is that round's, as it was then."""
    fit, describe = training.fit_agent, training._Training._describe

    def mark(network: Any, dataset: Any, options: Any, device: Any, seed: int, threads: int) -> Any:
        fitted = fit(network, dataset, options, device, seed, threads)
        with torch.no_grad():
            network.switchers[0].head.bias.fill_(next(numbers))
        return fitted

    def claim(self: Any, number: int, *rest: Any) -> Any:
        return describe(self, number, *rest) | {"helped": helped[number - 1]}

    numbers = iter(range(3))
    monkeypatch.setattr(training, "fit_agent", mark)
    monkeypatch.setattr(training._Training, "_describe", claim)
    options = dataclasses.replace(ONE, agent_rounds=3)
    report = train(tmp_path, make_chain(world, NAMING), options)
    assert report["best_round"] == best
    network, content = load_agent(tmp_path / "agent.pth")
    assert content["scores"] == report["rounds"][best]
    assert network.state_dict()["switchers.0.head.bias"].tolist() == [best] * 3


# ---- The same again ----------------------------------------------------------------------------


@pytest.mark.parametrize(("num_envs", "threads"), [(1, 2), (3, 1)])
def test_machine_changes_no_byte(
    world: Path, undisturbed: Path, tmp_path: Path, num_envs: int, threads: int
) -> None:
    train(tmp_path, make_chain(world), num_envs=num_envs, threads=threads)
    assert read(tmp_path) == read(undisturbed)


def test_another_seed_gives_another_agent(world: Path, undisturbed: Path, tmp_path: Path) -> None:
    train(tmp_path, make_chain(world, seed=1))
    assert all(a != b for a, b in zip(read(tmp_path), read(undisturbed), strict=True))


class Interrupted(Exception):
    pass


@pytest.mark.parametrize(
    ("line", "finished"), [("runs of the experts", 0), ("round 1/2", 2), ("round 2/2", 3)]
)
def test_interruption_changes_nothing(
    world: Path, undisturbed: Path, tmp_path: Path, line: str, finished: int
) -> None:
    """What was played is not played again."""

    def interrupt(said: str) -> None:
        if line in said:
            raise Interrupted

    chain = make_chain(world)
    with pytest.raises(Interrupted):
        train(tmp_path, chain, progress=interrupt)
    assert len(list((tmp_path / "checkpoint").glob("iteration*.pt"))) == finished
    said: list[str] = []
    train(tmp_path, chain, progress=said.append, num_envs=3)
    assert read(tmp_path) == read(undisturbed)
    assert any(f"continuing after iteration {finished}" in one for one in said) == bool(finished)
    assert not (finished and any(line in one for one in said))


def test_interruption_after_the_demonstrations_were_kept_changes_nothing(
    world: Path, undisturbed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: Any) -> None:
        raise Interrupted

    with monkeypatch.context() as patch, pytest.raises(Interrupted):
        patch.setattr(training, "fit_agent", interrupt)
        train(tmp_path, make_chain(world))
    assert len(list((tmp_path / "checkpoint").glob("iteration*.pt"))) == 1
    train(tmp_path, make_chain(world))
    assert read(tmp_path) == read(undisturbed)


def test_interruption_before_the_clearing_up_changes_nothing(
    world: Path, undisturbed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Checkpoint, "finish", lambda self: None)
        train(tmp_path, make_chain(world))
    played: list[Any] = []
    monkeypatch.setattr(Rollouts, "play", lambda *arguments: played.append(arguments))
    train(tmp_path, make_chain(world))
    assert played == []
    assert read(tmp_path) == read(undisturbed)


def test_what_was_made_from_something_else_is_not_gone_on_with(world: Path, tmp_path: Path) -> None:
    def interrupt(said: str) -> None:
        if "round 1/" in said:
            raise Interrupted

    chain = make_chain(world, NAMING)
    with pytest.raises(Interrupted):
        train(tmp_path, chain, progress=interrupt, depends_on={"expert": "old"})
    said: list[str] = []
    train(tmp_path, chain, progress=said.append)
    assert any("changed since: expert; starting afresh" in line for line in said)
    train(tmp_path / "fresh", chain)
    assert read(tmp_path) == read(tmp_path / "fresh")


# ---- What it depends on ------------------------------------------------------------------------


def test_fingerprint_names_what_has_changed(tmp_path: Path, grid_states: GridStates) -> None:
    chain = make_chain(write_world(tmp_path, grid_states), NAMING, CURSOR)
    models = [tmp_path / "NAMING.pth", tmp_path / "CURSOR.pth"]
    for model in models:
        model.write_bytes(model.name.encode())
    budgets = [Budget(10, 1.0)] * 2

    def take(
        chain: Chain = chain,
        models: Sequence[Path] = models,
        budgets: Sequence[Budget] = budgets,
        options: AgentOptions = TINY,
        training_options: Any = OPTIONS,
    ) -> dict[str, str]:
        return fingerprint(chain, models, budgets, options, training_options)

    before = take()

    def list_changes(after: dict[str, str]) -> set[str]:
        assert before.keys() == after.keys()
        return {name for name in before if before[name] != after[name]}

    assert list_changes(take()) == set()
    assert list_changes(take(models=models[::-1])) == {"students"}
    assert list_changes(take(options=ONE)) == {"agent_options"}
    assert list_changes(take(budgets=[budgets[0], Budget(11, 1.0)])) == {"options"}
    noisy = dataclasses.replace(OPTIONS, dart_noise=0.3)
    assert list_changes(take(training_options=noisy)) == {"options"}
    other = make_chain(tmp_path, NAMING, dataclasses.replace(CURSOR, max_steps=5))
    assert list_changes(take(chain=other)) == {"milestone"}
    write_expert(tmp_path, "def run(state): return 'a'")
    assert list_changes(take()) == {"expert"}
