"""Replays: the file of what it takes to play episodes again."""

import json
from pathlib import Path

import pytest
from jsonschema import validate

from autodagger.files import read_json
from autodagger.game.starts import StartState
from autodagger.rollout.episode import Actor, Episode, EpisodePlan, Outcome
from autodagger.rollout.replay import Replay, Replays, record_replays
from tests.grid import ACTIONS, ROOT


def make_episode(outcome: Outcome = Outcome.REACHED, steps: int = 3, seed: int = 7) -> Episode:
    acts = [4] * steps
    plan = EpisodePlan(seed, StartState("ep0.state", b"0"))
    return Episode(plan, outcome, 10 * steps, acts, [*acts[1:], 2], [Actor.EXPERT] * steps)


PLAYED = [make_episode(steps=45), make_episode(Outcome.TIMEOUT, 60, seed=2**62)]


def test_replays_hold_what_playing_again_needs() -> None:
    first, second = record_replays(PLAYED, "expert_eval")
    assert first.success
    assert not second.success
    acts, labels = [4] * 60, [4] * 59 + [2]
    assert second == Replay(
        group="expert_eval",
        iteration=None,
        episode=2,
        seed=2**62,
        start_state="ep0.state",
        outcome="timeout",
        frames=600,
        acts=acts,
        labels=labels,
        actors=[1] * 60,
    )


@pytest.mark.parametrize(
    ("group", "iteration", "numbers"),
    [("expert_eval", None, [1, 2]), ("student_eval", None, [1, 2]), ("rollout", 3, [0, 1])],
)
def test_episodes_are_numbered_as_their_group_has_it(
    group: str, iteration: int | None, numbers: list[int]
) -> None:
    replays = record_replays(PLAYED, group, iteration)
    assert [replay.episode for replay in replays] == numbers
    assert {(replay.group, replay.iteration) for replay in replays} == {(group, iteration)}


def test_file_gives_back_the_same_replays(tmp_path: Path) -> None:
    path = tmp_path / "trajectories.json"
    episodes = record_replays(PLAYED, "expert_eval") + record_replays(PLAYED, "rollout", 0)
    Replays("CURSOR", ACTIONS, episodes).write(path)
    assert Replays.read(path) == Replays("CURSOR", list(ACTIONS), episodes)
    content = json.loads(path.read_text())
    assert (content["milestone_id"], content["actions"]) == ("CURSOR", list(ACTIONS))
    assert len(content["episodes"]) == 4
    validate(content, read_json(ROOT / "schemas/trajectories.schema.json"))


def test_equal_replays_write_equal_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        replays = Replays("CURSOR", ACTIONS, record_replays(PLAYED, "rollout", 1))
        replays.write(tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
