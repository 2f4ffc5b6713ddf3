"""The experts play the whole story from power-on, each deciding from the state alone."""

import importlib.util

import jmespath
import pytest

from autodagger.game.env import GameEnv
from autodagger.game.milestone import Milestone, load_milestones
from games.mossbrook.adapter import LOCATIONS
from games.mossbrook.source import mapfiles
from games.mossbrook.story import FOLDER, MAX_TRIES, load_expert, play_milestone

MILESTONES = load_milestones(FOLDER / "milestone_config.json")


class Watch:
    """Keeps what a test wants to know about the states of an episode."""

    def __init__(self) -> None:
        self.states: list[dict] = []

    def __call__(self, env: GameEnv, state: dict) -> None:
        self.states.append(state)


@pytest.fixture(scope="module")
def story() -> dict[str, tuple[bytes, list[dict]]]:
    """Save state and states of the successful episode of each milestone."""
    state, played = None, {}
    for milestone in MILESTONES:
        for seed in range(7, 7 + MAX_TRIES):
            watch = Watch()
            result = play_milestone(milestone, state, seed, watch)
            if result is not None:
                break
        assert result is not None, milestone.id
        state = result
        played[milestone.id] = (state, watch.states)
    return played


def test_twenty_four_milestones_each_with_an_expert():
    files = {path.stem for path in (FOLDER / "experts").glob("*.py")}
    assert [milestone.id for milestone in MILESTONES][10] == "RIVAL_HOUSE"
    assert len(MILESTONES) == 24
    assert files == {milestone.id for milestone in MILESTONES}


def test_story_ends_with_the_badge(story):
    _, states = story["BADGE_WON"]
    assert states[-1]["player"]["badges"] == 1


def test_milestones_become_true_once_and_are_false_at_their_start(story):
    def holds(milestone: Milestone, state: dict) -> bool:
        return jmespath.compile(milestone.done_when).search(state) is True

    for milestone in MILESTONES:
        _, states = story[milestone.id]
        *before, last = [holds(milestone, state) for state in states]
        assert last and not any(before), milestone.id
        if milestone.predecessor:
            start = story[milestone.predecessor][1][-1]
            assert not holds(milestone, start), f"{milestone.id} is done before it begins"


def test_episodes_are_well_below_their_limit(story):
    for milestone in MILESTONES:
        assert len(story[milestone.id][1]) <= milestone.max_steps / 2, milestone.id


def test_equal_states_get_equal_answers(story):
    """In any order and after any other state: no expert counts or remembers."""
    actions = ("no_op", "a", "b", "start", "up", "down", "left", "right")
    for milestone in MILESTONES:
        expert = load_expert(milestone, actions)
        states = story[milestone.id][1][:-1]
        forwards = [expert.act(state) for state in states]
        backwards = [expert.act(state) for state in reversed(states)]
        assert forwards == backwards[::-1], milestone.id


def load_tool(name: str):
    spec = importlib.util.spec_from_file_location(name, FOLDER / "tools" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_ways_are_those_of_the_maps():
    places = load_tool("places")
    folder = FOLDER / "source" / "assets"
    tiles = mapfiles.read_tiles(folder)
    maps = mapfiles.read_maps(folder, tiles)
    name_of = dict(zip(mapfiles.MAP_IDS, LOCATIONS, strict=True))

    def place(map_id: str, y: int) -> str:
        upper = map_id == "TOWN_2" and y < places.CLIFF
        return places.UPPER_BROOKFALL if upper else name_of[map_id]

    ways = {name: {} for name in places.WAYS}
    for map_id, game_map in maps.items():
        for warp in game_map.warps:
            arrival = mapfiles.resolve(game_map, warp, maps)[0][1]
            there = place(warp.to.partition(".")[0], arrival[1])
            ways[place(map_id, warp.cells[0][1])][there] = warp.cells[0]
    assert ways == places.WAYS


def test_way_is_found_between_all_places():
    places = load_tool("places")
    for here in places.WAYS:
        for goal in places.WAYS:
            if here != goal:
                assert places.next_exit(here, goal) in places.WAYS[here].values()
