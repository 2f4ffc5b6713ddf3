"""Datasets: all that an episode was, for whoever has h5py or minari, and not this project."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from autodagger.errors import UserError
from autodagger.files import sha1_file
from autodagger.game.milestone import Milestone
from autodagger.game.starts import StartState, load_start_states, save_start_states
from autodagger.rollout.episode import Actor, EpisodePlan
from autodagger.rollout.replay import Replay, Replays, record_replays
from autodagger.task import Task
from tests.grid import (
    ACTIONS,
    CURSOR,
    GO_THERE,
    ROM,
    GridStates,
    make_spec,
    make_task,
    open_env,
    play,
    write_expert,
)

h5py = pytest.importorskip("h5py", reason="needs h5py: pip install -r envs/requirements.txt")
from autodagger.results.datasets import save_datasets  # noqa: E402

MAZE_LOST = replace(CURSOR, fail_when="player.position.y == `2`")
FRAIL = """
def run(state):
    if state["player"]["position"]["y"] == 1:
        raise ValueError
    return find_path_action(state, 4, 2)
"""


@pytest.fixture
def task(tmp_path: Path, grid_states: GridStates) -> Task:
    states = [StartState(f"{plan.start.name}", plan.start.data) for plan in grid_states.plans(3)]
    save_start_states(tmp_path / "states.zip", states, sha1_file(ROM))
    return make_task(write_expert(tmp_path, GO_THERE), starts=tmp_path / "states.zip")


def record(
    task: Task, count: int = 4, milestone: Milestone = CURSOR, steps: int = 12, **behaviour: float
) -> list[Replay]:
    """Episodes of the expert, from each start in turn."""
    starts = load_start_states(task.starts)
    plans = [EpisodePlan(2**62 + k, starts[k % 3]) for k in range(count)]
    spec = make_spec(task.expert, milestone, max_steps=steps, starts=task.starts)
    return record_replays(play(spec, plans, **behaviour), "demonstration", 0)


def save(task: Task, folder: Path, **kinds: list[Replay]) -> Path:
    replays = {name: Replays("CURSOR", ACTIONS, episodes) for name, episodes in kinds.items()}
    save_datasets(task, replays, folder / "datasets" / "CURSOR")
    return folder / "datasets" / "CURSOR"


def open_data(folder: Path) -> "h5py.File":
    return h5py.File(folder / "data" / "main_data.hdf5", "r")


def test_it_holds_what_the_game_gave_and_what_was_chosen(task: Task, tmp_path: Path) -> None:
    """40 steps are more than a block of the file has."""
    never = Milestone("CURSOR", None, 100, "player.position.x == `99`")
    replays = record(task, 3, never, 40, noise=0.3)
    folder = save(replace(task, milestone=never), tmp_path, demonstrations=replays)
    starts = {start.name: start.data for start in load_start_states(task.starts)}
    with open_env(never) as env, open_data(folder / "demonstrations-v0") as file:
        assert len(file) == 3
        for number, replay in enumerate(replays):
            group = file[f"episode_{number}"]
            start = starts[replay.start_state]
            screens = [env.reset(seed=replay.seed, options={"state": start})[0].copy()]
            screens += [env.step(act)[0].copy() for act in replay.acts]
            assert len(screens) == 41
            assert group["observations"].dtype == np.uint8
            assert np.array_equal(group["observations"], screens)
            assert group["actions"][()].tolist() == replay.acts
            assert group["infos/expert_action"][()].tolist() == [*replay.labels, -1]
            assert group["infos/actor"][()].tolist() == [*replay.actors, -1]
            assert {int(Actor.EXPERT), int(Actor.CHANCE)} == {*replay.actors}
            kept = ("seed", "start_state", "outcome", "group", "iteration", "episode")
            assert [group.attrs[name] for name in kept] == [getattr(replay, k) for k in kept]


@pytest.mark.parametrize(
    ("milestone", "expert", "steps", "outcome", "ends"),
    [
        (CURSOR, GO_THERE, 12, "reached", (1.0, True, False)),
        (CURSOR, GO_THERE, 2, "timeout", (0.0, False, True)),
        (MAZE_LOST, GO_THERE, 12, "lost", (0.0, True, False)),
        (CURSOR, FRAIL, 12, "error", (0.0, False, True)),
    ],
)
def test_each_episode_ends_once(
    task: Task,
    tmp_path: Path,
    milestone: Milestone,
    expert: str,
    steps: int,
    outcome: str,
    ends: tuple[float, bool, bool],
) -> None:
    write_expert(tmp_path, expert)
    replays = record(task, 1, milestone, steps)
    assert [replay.outcome for replay in replays] == [outcome]
    folder = save(replace(task, milestone=milestone), tmp_path, rollouts=replays)
    with open_data(folder / "rollouts-v0") as file:
        values = [file[f"episode_0/{k}"][()] for k in ("rewards", "terminations", "truncations")]
    assert tuple(value[-1] for value in values) == ends
    assert not np.any([value[:-1] for value in values])
    assert {len(value) for value in values} == {len(replays[0].acts)}


def test_minari_reads_it(task: Task, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    minari = pytest.importorskip("minari", reason="pip install -r envs/requirements-dev.txt")
    replays = record(task)
    folder = save(task, tmp_path, demonstrations=replays, rollouts=replays[:2])
    monkeypatch.setenv("MINARI_DATASETS_PATH", str(tmp_path / "datasets"))
    names = ["CURSOR/demonstrations-v0", "CURSOR/rollouts-v0"]
    assert sorted(minari.list_local_datasets()) == names
    dataset = minari.load_dataset(names[0])
    assert (dataset.total_episodes, dataset.id) == (4, names[0])
    assert dataset.total_steps == sum(len(one.acts) for one in replays)
    assert dataset.action_space.n == len(ACTIONS)
    for episode, replay, known in zip(
        dataset, replays, dataset.storage.get_episode_metadata(range(4)), strict=True
    ):
        assert episode.actions.tolist() == replay.acts
        assert len(episode.observations) == len(replay.acts) + 1
        assert all(screen in dataset.observation_space for screen in episode.observations)
        assert episode.infos["expert_action"].tolist() == [*replay.labels, -1]
        assert (known["seed"], known["start_state"]) == (replay.seed, replay.start_state)
    with open_data(folder / "demonstrations-v0") as file:  # nothing of the pictures is lost
        assert np.array_equal(file["episode_3/observations"], episode.observations)


def test_it_says_what_the_numbers_mean(task: Task, tmp_path: Path) -> None:
    folder = save(task, tmp_path, demonstrations=record(task, 1))
    said = json.loads((folder / "demonstrations-v0" / "data" / "metadata.json").read_text())
    assert said["actions"] == list(ACTIONS)
    assert said["actors"] == {"student": 0, "expert": 1, "chance": 2}


def test_frames_take_little_room_and_equal_ones_equal_bytes(task: Task, tmp_path: Path) -> None:
    replays = record(task)
    files = [
        save(task, tmp_path / name, demonstrations=replays) / "demonstrations-v0" / "data"
        for name in ("a", "b")
    ]
    for name in ("main_data.hdf5", "metadata.json"):
        assert (files[0] / name).read_bytes() == (files[1] / name).read_bytes()
    with open_data(files[0].parent) as file:
        raw = sum(group["observations"].nbytes for group in file.values())
    assert (files[0] / "main_data.hdf5").stat().st_size < raw / 10


def test_episodes_without_a_step_are_left_out(task: Task, tmp_path: Path) -> None:
    [whole] = record(task, 1)
    none = replace(whole, acts=[], labels=[], actors=[], frames=0, outcome="error")
    folder = save(task, tmp_path, demonstrations=[none, whole], rollouts=[none])
    assert [path.name for path in folder.iterdir()] == ["demonstrations-v0"]
    with open_data(folder / "demonstrations-v0") as file:
        assert list(file) == ["episode_0"]
        assert len(file["episode_0/actions"]) == len(whole.acts)


@pytest.mark.parametrize("changes", [{"frames": 1}, {"outcome": "timeout"}])
def test_an_episode_that_goes_another_way_is_told_and_takes_no_good_dataset_away(
    task: Task, tmp_path: Path, changes: dict[str, object]
) -> None:
    good = record(task, 1)
    folder = save(task, tmp_path, demonstrations=good)
    with pytest.raises(UserError, match=r"demonstration 0 of iteration 0 .*save_dataset: false"):
        save(task, tmp_path, demonstrations=[replace(good[0], **changes)])
    assert (folder / "demonstrations-v0" / "data" / "metadata.json").is_file()
    assert [path.name for path in folder.parent.iterdir()] == ["CURSOR"]
