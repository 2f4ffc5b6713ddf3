"""DAgger, trained for real: it works, repeats byte for byte, and survives kills."""

import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from jsonschema import validate

from autodagger.dagger.checkpoint import Checkpoint
from autodagger.dagger.training import CONFIRMING_ROUNDS, get_beta
from autodagger.expert.expert import ExpertError
from autodagger.files import sha1_file, sha256_file
from autodagger.game.starts import StartState, load_start_states, save_start_states
from autodagger.rollout.pool import Rollouts
from autodagger.rollout.replay import Replays
from autodagger.seeding import derive_seed
from autodagger.stats import wilson_interval
from autodagger.student.model_file import load_student
from autodagger.student.networks import Student
from autodagger.workflow.config import load_schema
from tests.grid import ACTIONS, GO_THERE, ROM, ROOT, GridStates, write_expert
from tests.grid.training import FILES, OPTIONS, read_models, train


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, grid_states: GridStates) -> Path:
    """An expert and three start states."""
    folder = tmp_path_factory.mktemp("world")
    write_expert(folder, GO_THERE)
    states = [
        StartState("ep1.state", grid_states.top_left),
        StartState("ep2.state", grid_states.top_right),
        StartState("ep3.state", grid_states.bottom),
    ]
    save_start_states(folder / "states.zip", states, sha1_file(ROM))
    return folder


@pytest.fixture(scope="module")
def uninterrupted(world: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a training that nothing disturbed."""
    folder = tmp_path_factory.mktemp("uninterrupted")
    train(folder, world)
    return folder


# ---- What a training gives -------------------------------------------------------------------

GOOD = {
    "train_steps_per_iter": 200,
    "early_stop": True,
    "beta_schedule": "first",
    "dart_noise": 0.0,
    "previous_action": False,
    "network": "nature",
    "frame_size": [80, 120],
    "hidden_dim": 64,
}


@pytest.fixture(scope="module")
def good(world: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a training that ends with a good student."""
    folder = tmp_path_factory.mktemp("good")
    train(folder, world, GOOD)
    return folder


def test_student_becomes_as_good_as_its_expert(good: Path) -> None:
    report = json.loads((good / "models" / "training.json").read_text())
    last = report["iterations"][-1]
    assert report["stopped"] == "as good as its expert"
    assert last["success_rate"] == 1.0
    assert last["episodes"] == CONFIRMING_ROUNDS * OPTIONS["episodes_per_iter"]
    assert last["agreement"] > 0.9
    assert report["best_iteration"] == last["iteration"]


def test_completed_training_leaves_no_checkpoint(good: Path) -> None:
    assert not (good / "checkpoint").exists()
    assert sorted(f.name for f in (good / "models").iterdir()) == sorted(FILES.values())


def test_report_describes_every_iteration(uninterrupted: Path) -> None:
    report = json.loads((uninterrupted / "models" / "training.json").read_text())
    iterations = report["iterations"]
    assert [metrics["iteration"] for metrics in iterations] == [0, 1, 2, 3]
    assert report["stopped"] == "dagger_iterations"
    assert [metrics["beta"] for metrics in iterations] == [
        1.0,
        pytest.approx(2 / 3),
        pytest.approx(1 / 3),
        0.0,
    ]
    sizes = [metrics["dataset_size"] for metrics in iterations]
    assert sizes == sorted(set(sizes))
    assert all(0 < m["unique_frames"] <= m["dataset_size"] for m in iterations)
    assert all(m["train_steps"] == OPTIONS["train_steps_per_iter"] for m in iterations)
    assert all(m["episodes"] == OPTIONS["episodes_per_iter"] for m in iterations)
    assert all(m["interval"][0] <= m["success_rate"] <= m["interval"][1] for m in iterations)
    assert report["expert_queries"] == iterations[-1]["expert_queries"]


def test_models_can_be_loaded_and_say_what_they_are(uninterrupted: Path) -> None:
    report = json.loads((uninterrupted / "models" / "training.json").read_text())
    for key in ("best", "final"):
        path = uninterrupted / "models" / FILES[key]
        student, content = load_student(path)
        assert report[f"{key}_sha256"] == sha256_file(path)
        assert content["milestone_id"] == "CURSOR"
        assert content["digests"] == report["digests"]
        assert content["origin"] == {"game": "grid", "screen": [160, 240]}
        assert student.args.network == "small"
    assert content["scores"] == report["iterations"][-1]
    _, best = load_student(uninterrupted / "models" / FILES["best"])
    assert best["scores"] == report["iterations"][report["best_iteration"]]


def test_finalists_are_played_again_so_that_luck_does_not_decide(uninterrupted: Path) -> None:
    iterations = json.loads((uninterrupted / "models" / "training.json").read_text())["iterations"]
    finalists = [metrics for metrics in iterations if "final_episodes" in metrics]
    assert len(finalists) == 3
    assert all(m["final_episodes"] == 2 * OPTIONS["episodes_per_iter"] for m in finalists)


def test_best_is_best_over_all_its_episodes_not_the_first_lucky_one(uninterrupted: Path) -> None:
    report = json.loads((uninterrupted / "models" / "training.json").read_text())
    iterations = report["iterations"]

    def bound(metrics: dict[str, Any]) -> float:
        successes = metrics["successes"] + metrics.get("final_successes", 0)
        return wilson_interval(successes, metrics["episodes"] + metrics.get("final_episodes", 0))[0]

    best = iterations[report["best_iteration"]]
    assert bound(best) == max(map(bound, iterations))


def test_every_evaluation_episode_can_be_replayed(uninterrupted: Path) -> None:
    replays = Replays.read(uninterrupted / "models" / "trajectories.json")
    assert (replays.milestone_id, replays.actions) == ("CURSOR", list(ACTIONS))
    places = [(replay.group, replay.iteration, replay.episode) for replay in replays.episodes]
    assert places == [("rollout", i, k) for i in range(4) for k in range(4)]
    starts = {replay.start_state for replay in replays.episodes}
    assert starts == {"ep1.state", "ep2.state", "ep3.state"}
    assert len({replay.seed for replay in replays.episodes}) == 16


def test_best_exists_even_without_any_success(world: Path, tmp_path: Path) -> None:
    options = {"dagger_iterations": 2, "train_steps_per_iter": 1}
    report = train(tmp_path, world, options, max_episode_steps=1)
    assert all(metrics["success_rate"] == 0 for metrics in report["iterations"])
    assert (tmp_path / "models" / FILES["best"]).is_file()


def test_one_iteration_is_enough(world: Path, tmp_path: Path) -> None:
    report = train(tmp_path, world, {"dagger_iterations": 1, "train_steps_per_iter": 2})
    assert len(report["iterations"]) == 1


@pytest.mark.parametrize("measured", [0.5, 1.0])
def test_weak_expert_does_not_demand_the_impossible(
    world: Path, tmp_path: Path, measured: float
) -> None:
    """A student as good as an expert of 50 % is done, also if the expert was lucky when measured.

    Then by its failures being the expert's own: it did at every step what the expert would.
    """
    half = """
        def run(state):
            if state["player"]["position"]["x"] == 6 or state["player"]["position"]["y"] == 3:
                return "a"
            return find_path_action(state, 4, 2)
    """
    folder = tmp_path / "half"
    write_expert(folder, half)
    (folder / "states.zip").write_bytes((world / "states.zip").read_bytes())
    report = train(tmp_path, folder, GOOD, expert_success_rate=measured, seed=1)
    last = report["iterations"][-1]
    assert report["stopped"] == "as good as its expert"
    assert last["success_rate"] < 1.0
    assert last["faults"] == 0 or measured == 0.5


def test_students_own_failures_go_on_being_trained(world: Path, tmp_path: Path) -> None:
    report = train(tmp_path, world, {**GOOD, "train_steps_per_iter": 1, "dagger_iterations": 2})
    first, second = report["iterations"]
    assert first["faults"] > 0
    assert second["dataset_size"] > first["dataset_size"]


def test_expert_that_does_not_load_is_told(world: Path, tmp_path: Path) -> None:
    broken = write_expert(tmp_path, "def run(state)")
    with pytest.raises(ExpertError, match="line 1"):
        train(tmp_path, world, expert=broken)


@pytest.mark.parametrize("name", ["cpu", "Some GPU"])
def test_log_and_report_name_the_device(
    world: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    name: str,
) -> None:
    monkeypatch.setattr("autodagger.dagger.training.name_device", lambda device: name)
    report = train(tmp_path, world, SHORT, cuda=False)
    assert report["device"] == name
    validate(report, load_schema("training"))
    assert f"training on {name}\n" in capfd.readouterr().err


def test_progress_and_tracker_hear_of_every_iteration(world: Path, tmp_path: Path) -> None:
    said: list[str] = []
    logged: list[Mapping[str, Any]] = []

    class Tracker:
        def log(self, metrics: Mapping[str, Any]) -> None:
            logged.append(dict(metrics))

    options = {"dagger_iterations": 2, "train_steps_per_iter": 2}
    report = train(tmp_path, world, options, progress=said.append, tracker=Tracker())
    assert [metrics["iteration"] for metrics in logged] == [0, 1]
    assert logged[1].items() <= report["iterations"][1].items()
    assert any("iteration 2/2" in line for line in said)


@pytest.mark.parametrize(
    ("schedule", "betas"),
    [
        ("first", [1, 0, 0, 0, 0]),
        ("linear", [1, 0.75, 0.5, 0.25, 0]),
        ("exponential", [1, 0.5, 0.25, 0.125, 0.0625]),
    ],
)
def test_beta_schedules(schedule: str, betas: list[float]) -> None:
    assert [get_beta(schedule, k, 5) for k in range(5)] == betas
    assert get_beta(schedule, 0, 1) == 1.0


# ---- Options ---------------------------------------------------------------------------------

SHORT = {"dagger_iterations": 1, "train_steps_per_iter": 1, "beta_schedule": "first"}


@pytest.mark.parametrize("batch_size", [4, 12])
def test_batches_have_the_asked_size(
    world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, batch_size: int
) -> None:
    forward, sizes = Student.forward, []

    def spy(student: Student, obs: torch.Tensor, prev_act: torch.Tensor) -> torch.Tensor:
        if torch.is_grad_enabled():
            sizes.append(len(obs))
        return forward(student, obs, prev_act)

    monkeypatch.setattr(Student, "forward", spy)
    train(tmp_path, world, SHORT | {"batch_size": batch_size})
    assert sizes == [batch_size]


def test_a_first_step_is_as_long_as_the_learning_rate(world: Path, tmp_path: Path) -> None:
    """Adam's first step moves each weight by the learning rate, whatever the gradient."""
    weights = []
    for name, rate in (("long", 1e-2), ("short", 1e-5)):
        train(tmp_path / name, world, SHORT | {"learning_rate": rate})
        student, _ = load_student(tmp_path / name / "models" / FILES["final"])
        weights.append(student.head.bias.detach())
    moved = (weights[0] - weights[1]).abs().max()
    assert float(moved) == pytest.approx(1e-2 - 1e-5, rel=0.02)


def test_students_start_where_no_demonstration_did(
    world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And in the next iteration go on with starts that they did not have yet."""
    played: dict[bool, list[str]] = {True: [], False: []}  # by whether the expert acts
    play = Rollouts.play

    def watch(self: Rollouts, plans: Any, *rest: Any) -> Any:
        played[rest[1] is None].extend(plan.start.name for plan in plans)
        return play(self, plans, *rest)

    monkeypatch.setattr(Rollouts, "play", watch)
    more = tmp_path / "world"
    shutil.copytree(world, more)
    states = load_start_states(more / "states.zip")
    states += [StartState(f"more{k}.state", states[0].data + bytes(k)) for k in range(1, 6)]
    save_start_states(more / "states.zip", states, sha1_file(ROM))
    two = SHORT | {"dagger_iterations": 2, "episodes_per_iter": 2}
    train(tmp_path, more, two | {"beta_schedule": "first"})
    first, last = {one.name for one in states[:4]}, {one.name for one in states[4:]}
    assert set(played[True]) == first
    assert sorted(played[False][:4]) == sorted(last)  # two iterations, no start twice
    assert set(played[False]) == last


def test_with_few_starts_all_are_shown_and_played(world: Path, tmp_path: Path) -> None:
    names = {one.name for one in load_start_states(world / "states.zip")}
    train(tmp_path, world, SHORT)
    replays = Replays.read(tmp_path / "models" / "trajectories.json")
    assert {replay.start_state for replay in replays.episodes} == names


def test_noise_lengthens_the_demonstrations(world: Path, tmp_path: Path) -> None:
    """The expert's own ways have 6, 4 and 4 steps; it corrects what it is made to do wrong."""
    sizes = []
    for noise in (0.0, 0.4):
        report = train(tmp_path / str(noise), world, SHORT | {"dart_noise": noise})
        sizes.append(report["iterations"][0]["dataset_size"])
    assert sizes[0] in (14 + 6, 14 + 4)  # all three starts, and one of them again
    assert sizes[1] > sizes[0]


@pytest.mark.parametrize(("threads", "cuda"), [(2, True), (1, False)])
def test_threads_and_device_are_those_asked_for(
    world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, threads: int, cuda: bool
) -> None:
    asked = []

    def choose(cuda: bool) -> torch.device:
        asked.append(cuda)
        return torch.device("cpu")

    monkeypatch.setattr("autodagger.dagger.training.choose_device", choose)
    torch.use_deterministic_algorithms(False)
    train(tmp_path, world, SHORT, threads=threads, cuda=cuda)
    assert torch.are_deterministic_algorithms_enabled()
    assert asked == [cuda]
    assert torch.get_num_threads() == threads


# ---- The same again --------------------------------------------------------------------------


def run_alone(folder: Path, world: Path, options: dict[str, Any]) -> subprocess.Popen[str]:
    """Starts a training in a process of its own; it writes its messages to its stdout."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.grid.training", str(folder), str(world), json.dumps(options)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )


def test_equal_trainings_give_equal_bytes(world: Path, uninterrupted: Path, tmp_path: Path) -> None:
    """In another process, with another number of environments."""
    train(tmp_path, world, num_envs=4)
    assert read_models(tmp_path) == read_models(uninterrupted)


@pytest.mark.gpu
def test_trainings_on_a_gpu_give_equal_bytes_and_good_students(world: Path, tmp_path: Path) -> None:
    reports = [train(tmp_path / str(k), world, GOOD, cuda=True) for k in range(2)]
    assert read_models(tmp_path / "0") == read_models(tmp_path / "1")
    assert reports[0]["stopped"] == "as good as its expert"
    student, _ = load_student(tmp_path / "0" / "models" / FILES["best"])
    assert student.head.weight.device.type == "cpu"  # whoever has no GPU can use it


def test_another_seed_gives_another_student(
    world: Path, uninterrupted: Path, tmp_path: Path
) -> None:
    train(tmp_path, world, seed=1)
    first, second = read_models(tmp_path), read_models(uninterrupted)
    assert all(first[key] != second[key] for key in FILES)


def test_evaluation_and_training_seeds_are_apart(uninterrupted: Path) -> None:
    """The student's final test must not repeat episodes it was trained on."""
    replays = Replays.read(uninterrupted / "models" / "trajectories.json")
    seen = {replay.seed for replay in replays.episodes}
    assert not seen & {derive_seed(0, "CURSOR", "student_eval", k) for k in range(1000)}


# ---- Interrupted -----------------------------------------------------------------------------


class Interrupted(Exception):
    pass


@pytest.mark.parametrize(
    "message",
    [k if k in (0, 3, 6) else pytest.param(k, marks=pytest.mark.slow) for k in range(8)],
)
def test_interruption_at_any_message_changes_nothing(
    world: Path, uninterrupted: Path, tmp_path: Path, message: int
) -> None:
    """Twice an iteration progress is told: after the fit and after the evaluation."""
    count = 0

    def interrupt(_: str) -> None:
        nonlocal count
        count += 1
        if count > message:
            raise Interrupted

    with pytest.raises(Interrupted):
        train(tmp_path, world, progress=interrupt)
    finished = len(list((tmp_path / "checkpoint").glob("iteration*.pt")))
    assert finished == message // 2
    train(tmp_path, world, num_envs=3)
    assert read_models(tmp_path) == read_models(uninterrupted)


def test_interruption_before_the_clearing_up_changes_nothing(
    world: Path, uninterrupted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Checkpoint, "finish", lambda self, keep: None)
        train(tmp_path, world)
    said: list[str] = []
    train(tmp_path, world, progress=said.append)
    assert any("continuing after iteration 4" in line for line in said)
    assert not any("learnt" in line for line in said)  # nothing is trained a second time
    assert read_models(tmp_path) == read_models(uninterrupted)
    assert not (tmp_path / "checkpoint").exists()


# ---- Gone on with ----------------------------------------------------------------------------

STEADY = {"beta_schedule": "exponential", "dagger_iterations": 4}
"""Options under which an iteration does not ask how many there will be."""


@pytest.fixture(scope="module")
def four(world: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished training of four iterations with its checkpoint."""
    folder = tmp_path_factory.mktemp("four")
    train(folder, world, STEADY, keep_checkpoint=True)
    return folder


def go_on(
    finished: Path, folder: Path, world: Path, options: dict[str, Any], **changes: Any
) -> list[str]:
    """Trains with other options in a copy of a finished training; what was said."""
    shutil.copytree(finished, folder)
    said: list[str] = []
    train(folder, world, options, progress=said.append, keep_checkpoint=True, **changes)
    return said


@pytest.mark.parametrize("iterations", [6, 2])
def test_another_number_of_iterations_goes_on_with_those_that_are_there(
    world: Path, four: Path, tmp_path: Path, iterations: int
) -> None:
    options = STEADY | {"dagger_iterations": iterations}
    said = go_on(four, tmp_path / "on", world, options)
    train(tmp_path / "fresh", world, options)
    assert read_models(tmp_path / "on") == read_models(tmp_path / "fresh")
    learnt = [line.partition(":")[0] for line in said if "learnt" in line]
    assert learnt == [f"iteration {k}/6" for k in range(5, iterations + 1)]


def test_fewer_iterations_forget_none(world: Path, four: Path, tmp_path: Path) -> None:
    go_on(four, tmp_path / "on", world, STEADY | {"dagger_iterations": 2})
    said: list[str] = []
    train(tmp_path / "on", world, STEADY, progress=said.append)
    assert not any("learnt" in line for line in said)
    assert read_models(tmp_path / "on") == read_models(four)


def test_interruption_while_going_on_changes_nothing(
    world: Path, four: Path, tmp_path: Path
) -> None:
    def interrupt(line: str) -> None:
        if "iteration 6/6: learnt" in line:
            raise Interrupted

    options = STEADY | {"dagger_iterations": 6}
    shutil.copytree(four, tmp_path / "on")
    with pytest.raises(Interrupted):
        train(tmp_path / "on", world, options, progress=interrupt)
    train(tmp_path / "on", world, options)
    train(tmp_path / "fresh", world, options)
    assert read_models(tmp_path / "on") == read_models(tmp_path / "fresh")


def test_a_kept_checkpoint_says_nothing_of_a_running_training(four: Path) -> None:
    names = sorted(path.name for path in (four / "checkpoint").iterdir())
    assert names == ["checkpoint.json", *(f"iteration_00{k}.pt" for k in range(4))]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (STEADY, {"learning_rate": 1e-4}),
        (STEADY, {"early_stop": True}),
        ({"beta_schedule": "linear"}, {"dagger_iterations": 3}),  # the expert's share falls faster
    ],
)
def test_options_that_change_an_iteration_start_afresh(
    world: Path, tmp_path: Path, before: dict[str, Any], after: dict[str, Any]
) -> None:
    few = before | {"dagger_iterations": 2}
    train(tmp_path / "few", world, few, keep_checkpoint=True)
    said = go_on(tmp_path / "few", tmp_path / "on", world, few | after)
    assert said[0] == "checkpoint not used: changed since: options; starting afresh"
    train(tmp_path / "fresh", world, few | after)
    assert read_models(tmp_path / "on") == read_models(tmp_path / "fresh")


def test_who_is_as_good_as_the_expert_stays_so_with_more_iterations(
    world: Path, tmp_path: Path
) -> None:
    report = train(tmp_path / "good", world, GOOD, keep_checkpoint=True)
    assert report["stopped"] == "as good as its expert"
    more = GOOD | {"dagger_iterations": OPTIONS["dagger_iterations"] + 2}
    said = go_on(tmp_path / "good", tmp_path / "on", world, more)
    train(tmp_path / "fresh", world, more)
    assert not any("learnt" in line for line in said)
    assert read_models(tmp_path / "on") == read_models(tmp_path / "fresh")


def test_changed_expert_is_not_mixed_with_old_labels(world: Path, tmp_path: Path) -> None:
    def interrupt(line: str) -> None:
        if "iteration 3" in line:
            raise Interrupted

    with pytest.raises(Interrupted):
        train(tmp_path, world, progress=interrupt)
    folder = tmp_path / "changed"
    write_expert(folder, GO_THERE.replace("4, 2)", "4, 2, avoid=[(3, 2)])"))
    (folder / "states.zip").write_bytes((world / "states.zip").read_bytes())
    said: list[str] = []
    train(tmp_path, folder, progress=said.append)
    assert any("changed since: expert; starting afresh" in line for line in said)
    fresh = tmp_path / "fresh"
    train(fresh, folder)
    assert read_models(tmp_path) == read_models(fresh)


def kill_again_and_again(
    folder: Path, world: Path, options: dict[str, Any], messages: Sequence[int], seed: int
) -> list[int]:
    """Runs a training once a number in `messages`; kill -9 a moment after so many messages.

    Returns:
        The iterations that were finished at each kill.
    """
    rng = random.Random(seed)
    finished = []
    for count in messages:
        process = run_alone(folder, world, options)
        assert process.stdout is not None
        try:
            wait_until((folder / "checkpoint" / "checkpoint.json").exists)
            for _ in range(count):
                process.stdout.readline()
            time.sleep(rng.uniform(0, 0.1))
            assert process.poll() is None
        finally:
            process.kill()
            process.communicate()
        finished.append(len(list((folder / "checkpoint").glob("iteration*.pt"))))
    return finished


def wait_until(holds: Callable[[], bool], seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def finish(folder: Path, world: Path, options: dict[str, Any]) -> None:
    process = run_alone(folder, world, options)
    process.communicate(timeout=300)
    assert process.returncode == 0


def test_killed_training_ends_with_the_bytes_of_an_undisturbed_one(
    world: Path, uninterrupted: Path, tmp_path: Path
) -> None:
    finished = kill_again_and_again(tmp_path, world, {}, messages=[1, 3], seed=0)
    assert finished[1] >= 1
    finish(tmp_path, world, {})
    assert read_models(tmp_path) == read_models(uninterrupted)


@pytest.mark.slow
def test_ten_kills_change_nothing(world: Path, tmp_path: Path) -> None:
    options = {"dagger_iterations": 16, "episodes_per_iter": 6, "train_steps_per_iter": 60}
    train(tmp_path / "expected", world, options)
    rng = random.Random(1)
    messages = [rng.randint(0, 4) for _ in range(10)]
    finished = kill_again_and_again(tmp_path / "killed", world, options, messages, seed=1)
    assert finished == sorted(finished)  # nothing that was finished is lost
    assert len(set(finished)) > 3
    finish(tmp_path / "killed", world, options)
    assert read_models(tmp_path / "killed") == read_models(tmp_path / "expected")
