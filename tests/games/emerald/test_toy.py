"""The toy cartridge through Emerald's adapter: each part of the state while it is played."""

import hashlib
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from autodagger.game.contract import check_rom, load_game
from autodagger.game.env import GameEnv
from autodagger.game.fields import check_fields
from autodagger.game.milestone import load_milestones
from autodagger.game.predicate import Predicate
from tests.games.emerald.tool_kit import load_tools
from tests.games.emerald.toy import FOLDER, list_ids
from tests.games.emerald.toy.source import build
from tests.games.emerald.toy.source.content import MAPS
from tests.games.emerald.toy.speed import measure
from tests.grid import ROOT

SAVE_1, SAVE_2 = 0x03005D8C, 0x03005D90
SYMBOLS = str.maketrans(",RHTs_>ESvDw~=Ctb", ".####.SDS↓DW~####")
"""What games/emerald/tiles.py draws for a letter of the toy's maps."""
BEHAVIORS = {"D": 0x69, "v": 0x3B, "~": 0x02, "w": 0x10, "S": 0x60, "E": 0x65, ">": 0x62}
TOOLS = load_tools(log=print)


class Player:
    """An environment that is played, and what it says."""

    def __init__(self, env: GameEnv) -> None:
        self.env, self.info = env, dict[str, Any]()

    def start(self, state: bytes | None, seed: int = 0) -> None:
        _, self.info = self.env.reset(seed=seed, options={"state": state})

    def press(self, *buttons: str) -> None:
        for button in buttons:
            _, _, _, _, self.info = self.env.step(self.env.game.actions.index(button))

    def go(self, x: int, y: int, steps: int = 40) -> None:
        """To a tile of this map, or through a door there."""
        place = self.location
        for _ in range(steps):
            if self.position == (x, y) or self.location != place:
                return
            self.press(TOOLS.find_path_action(self.state, x, y))
        raise AssertionError((self.position, self.map["ascii_map"]))

    @property
    def state(self) -> dict[str, Any]:
        return self.info["state"]

    @property
    def position(self) -> tuple[int, int]:
        return tuple(self.state["player"]["position"].values())

    @property
    def location(self) -> str:
        return self.state["player"]["location"]

    @property
    def facing(self) -> str:
        return self.state["player"]["facing"]

    @property
    def game(self) -> dict[str, Any]:
        return self.state["game"]

    @property
    def map(self) -> dict[str, Any]:
        return self.state["map"]

    @property
    def pointers(self) -> tuple[int, int]:
        ram = self.env.simulator.emulator.ram()
        return ram.u32(SAVE_1), ram.u32(SAVE_2)

    def watch(self, *buttons: str) -> list[dict[str, Any]]:
        """The state after every frame of a step each."""
        seen = []
        self.env.set_on_frame(lambda: seen.append(self.env.simulator.state()))
        self.press(*buttons)
        self.env.set_on_frame(None)
        return seen


@pytest.fixture(scope="module")
def starts() -> dict[str, bytes]:
    """Where each milestone's expert reaches it, from power-on; and the van, the first map."""
    env = GameEnv(FOLDER)
    player, found = Player(env), {}
    player.start(None)
    for name in list_ids():
        expert = {**vars(TOOLS), "log": print, "add_to_state_schema": lambda *_: None}
        path = FOLDER / "experts" / f"{name}.py"
        exec(path.read_text(encoding="utf-8"), expert)
        done = Predicate(name, "done_when", env.game.done_when[name])
        for _ in range(60):
            if done.holds(player.state):
                break
            menu = player.game["menu"] or {}
            answer = expert["run"](
                {**player.state, "is_question_box": menu.get("kind") == "yes_no"}
            )
            answer = answer[0] if isinstance(answer, list) and answer else answer
            known = isinstance(answer, str) and answer.lower() in env.game.actions
            player.press(answer.lower() if known else "b")
        assert done.holds(player.state), name
        found[name] = env.simulator.save()
    env.close()
    return found


@pytest.fixture
def player(starts: dict[str, bytes]) -> Iterator[Player]:
    env = GameEnv(FOLDER)
    yield Player(env)
    env.close()


def draw_map(name: str, player: tuple[int, int], people: list[tuple[int, int]]) -> list[str]:
    """`map.ascii_map` from the picture that the map was made of."""
    rows = [list(row.translate(SYMBOLS)) for row in MAPS[name].rows.split()]
    for x, y in people:
        rows[y][x] = "N"
    rows[player[1]][player[0]] = "P"
    return ["".join(row) for row in rows]


# ---- the cartridge ----


def test_the_cartridge_is_what_its_sources_say() -> None:
    rom = build.build()
    assert (FOLDER / "rom.gba").read_bytes() == rom, (
        "run python -m tests.games.emerald.toy.source.build"
    )
    assert load_game(FOLDER).rom_sha1 == hashlib.sha1(rom).hexdigest()


def test_its_milestones_are_emeralds(starts: dict[str, bytes]) -> None:
    game = load_game(FOLDER)
    emerald = load_game(ROOT / "games" / "emerald")
    assert game.done_when == emerald.done_when and game.settling == emerald.settling
    check_rom(game, game.find_rom(FOLDER))
    milestones = load_milestones(FOLDER / "milestone_config.json", game.done_when)
    assert [one.done_when for one in milestones] == [emerald.done_when[name] for name in list_ids()]
    assert {path.stem for path in (FOLDER / "experts").glob("*.py")} == set(list_ids())


# ---- before the story ----


def test_title_and_menu(player: Player) -> None:
    player.start(None)
    assert player.pointers == (0, 0)
    assert player.game["game_state"] == "title" and player.game["callback2"] == 0x080AAB2D
    assert player.location == "TITLE_SEQUENCE" and player.position == (0, 0)
    assert player.state["player"]["name"] == "" and player.map["ascii_map"] == []
    player.press("start")
    assert player.game["callback2"] == 134411953 and player.state["player"]["money"] == 0
    player.press("a", "a")
    assert player.state["player"]["name"] == "TOBY" and player.location == "TITLE_SEQUENCE"


# ---- walking ----


@pytest.mark.parametrize("seed", range(8))
def test_a_step_moves_one_tile_whether_it_turns_or_not(player: Player, starts, seed: int) -> None:
    player.start(starts["LITTLEROOT_TOWN"], seed)
    x, y = player.position
    ways = {"left": (-1, 0), "up": (0, -1), "right": (1, 0), "down": (0, 1)}
    for button in ("left", "left", "up", "up", "right", "down"):
        player.press(button)
        x, y = x + ways[button][0], y + ways[button][1]
        assert player.position == (x, y)
    assert player.facing == "south"


def test_the_player_turns_to_what_blocks(player: Player, starts) -> None:
    player.start(starts["INTRO_CUTSCENE_COMPLETE"])
    assert (player.location, player.position, player.facing) == ("MOVING_VAN", (2, 2), "east")
    player.press("up", "up")
    assert (player.position, player.facing) == ((2, 1), "north")
    player.press("left")
    assert (player.position, player.facing) == ((2, 1), "west")
    assert player.state["movement_preview"]["LEFT"] == {
        "new_coords": (1, 1),
        "blocked": True,
        "tile_symbol": "#",
        "tile_description": "blocked",
    }
    assert player.state["movement_preview"]["RIGHT"]["blocked"] is False


def test_a_ledge_is_jumped_down_and_never_up(player: Player, starts) -> None:
    player.start(starts["LITTLEROOT_TO_ROUTE101"])
    player.go(5, 3)
    assert player.map["ascii_map"][4][5] == "↓"
    player.press("down")
    assert player.position == (5, 5)
    player.press("up", "up")
    assert (player.position, player.facing) == ((5, 5), "north")


# ---- maps ----


def test_the_map_is_its_picture(player: Player, starts) -> None:
    player.start(starts["LITTLEROOT_TOWN"])
    rows = MAPS["town"].rows.split()
    [boy] = player.map["objects"]
    assert player.map["ascii_map"] == draw_map("town", player.position, [(boy["x"], boy["y"])])
    assert abs(boy["x"] - 9) <= 1 and abs(boy["y"] - 8) <= 1
    assert (boy["local_id"], boy["graphics_id"], boy["visible"]) == (1, 2, True)
    blocked = tuple(tuple(int(letter in "THRDws") for letter in row) for row in rows)
    assert player.map["collisions"] == blocked
    behaviors = tuple(tuple(BEHAVIORS.get(letter, 0) for letter in row) for row in rows)
    assert player.map["behaviors"] == behaviors
    assert {value for row in player.map["elevations"] for value in row} == {3}
    assert (player.map["width"], player.map["height"]) == (14, 12)
    assert player.map["warps"] == [
        {"x": 3, "y": 4, "to": "LITTLEROOT TOWN BRENDANS HOUSE 1F", "to_warp": 0},
        {"x": 10, "y": 4, "to": "LITTLEROOT TOWN MAYS HOUSE 1F", "to_warp": 0},
        {"x": 6, "y": 9, "to": "MOVING_VAN", "to_warp": 0},
    ]
    north = {"direction": "north", "offset": 0, "to": "ROUTE 101"}
    assert player.map["connections"] == [north]


@pytest.mark.parametrize(
    ("start", "name"),
    [
        ("INTRO_CUTSCENE_COMPLETE", "van"),
        ("PLAYER_HOUSE_ENTERED", "house"),
        ("PLAYER_BEDROOM", "bedroom"),
        ("STARTER_CHOSEN", "route"),
        ("OLDALE_TOWN", "next_town"),
    ],
)
def test_every_map_is_its_picture(player: Player, starts, start: str, name: str) -> None:
    player.start(starts[start])
    people = [(one["x"], one["y"]) for one in player.map["objects"]]
    assert player.map["ascii_map"] == draw_map(name, player.position, people)
    shown = [
        one for one in MAPS[name].people if not (one.hide_flag and player.game["flags"]["starter"])
    ]
    assert people == [(one.x, one.y) for one in shown]


def test_who_is_far_off_is_known_without_a_facing(player: Player, starts) -> None:
    player.start(starts["LITTLEROOT_TO_ROUTE101"])
    by_id = {one["local_id"]: one for one in player.map["objects"]}
    assert by_id[1]["facing"] == "south" and (by_id[1]["x"], by_id[1]["y"]) == (4, 8)
    assert by_id[2]["facing"] is None and (by_id[2]["x"], by_id[2]["y"]) == (10, 1)
    player.go(9, 5)
    assert {one["facing"] for one in player.map["objects"]} == {"south"}


def test_a_door_fades_waits_and_moves_the_save_blocks(player: Player, starts) -> None:
    player.start(starts["LITTLEROOT_TOWN"])
    player.go(3, 5)
    before, money = player.pointers, player.state["player"]["money"]
    seen = player.watch("up")
    assert len(seen) == player.info["frames"] and 157 <= len(seen) <= 166  # 12, 45 to 54, 100
    busy = [state["game"]["busy"] for state in seen]
    changes = [i for i, (one, other) in enumerate(pairwise(busy)) if one != other]
    assert len(changes) == 2 and 32 <= changes[1] - changes[0] <= 40  # to black and back
    names = [state["player"]["location"] for state in seen]
    assert set(names[: changes[0] + 10]) == {"LITTLEROOT TOWN"} != {names[-1]}
    assert player.location == "LITTLEROOT TOWN BRENDANS HOUSE 1F" and player.position == (3, 6)
    assert player.pointers != before and player.state["player"]["money"] == money == 3000
    assert {state["player"]["money"] for state in seen} == {3000}


def test_an_edge_leads_over_and_waits(player: Player, starts) -> None:
    player.start(starts["LEAVE_HOUSE"])
    player.go(6, 0)
    before = player.pointers
    player.press("up")
    assert player.location == "ROUTE 101" and player.position[0] == 6
    assert 157 <= player.info["frames"] <= 166 and player.pointers != before
    player.go(6, 11)
    player.press("down")
    assert player.location == "LITTLEROOT TOWN"


def test_steps_that_change_no_map_wait_for_nothing(player: Player, starts) -> None:
    player.start(starts["LITTLEROOT_TOWN"])
    for button in ("left", "up", "a", "b", "start", "b"):
        player.press(button)
        assert 57 <= player.info["frames"] <= 66


# ---- text and menus ----


def test_a_sign_is_read(player: Player, starts) -> None:
    player.start(starts["LITTLEROOT_TOWN"])
    player.go(3, 7)
    player.press("up")
    assert player.game["dialog_text"] is None and player.game["game_state"] == "overworld"
    seen = player.watch("a")
    texts = [state["game"]["dialog_text"] for state in seen]
    assert set(texts[1:]) == {"A SMALL TOWN It is ours alone."}  # all of it at once
    assert [state["game"]["dialog_finished"] for state in seen[:10]] == [False] * 10
    assert player.game["dialog_finished"] and player.game["game_state"] == "dialog"
    assert "movement_preview" not in player.state
    assert TOOLS.find_path_action(player.state, 3, 8) == "a"
    player.press("a")
    assert player.game["dialog_text"] is None and not player.game["dialog_finished"]


def test_two_pages_are_one_text_with_the_players_name(player: Player, starts) -> None:
    player.start(starts["PLAYER_HOUSE_ENTERED"])
    text = "MOM: So this is it, TOBY! MOM: Your room is up the stairs."
    assert player.game["dialog_text"] == text and not player.game["dialog_finished"]
    player.press("up")
    assert player.position == (3, 6)  # nobody walks while somebody speaks
    player.press("a")
    assert player.game["dialog_text"] == text and player.game["dialog_finished"]
    player.press("b")
    assert player.game["dialog_text"] is None


def test_people_block_and_answer(player: Player, starts) -> None:
    player.start(starts["PLAYER_HOUSE_ENTERED"])
    player.press("a", "a")
    player.go(4, 5)
    player.press("right", "right")
    assert (player.position, player.facing) == ((4, 5), "east")
    player.press("a")
    assert player.game["dialog_text"] == "MOM: Your clock stands still, TOBY."
    assert player.map["objects"][0]["facing"] == "west"


def test_the_start_menu(player: Player, starts) -> None:
    player.start(starts["LITTLEROOT_TOWN"])
    position = player.position
    player.press("start")
    assert player.game["menu"] == {"kind": "start", "cursor": 0, "last": 3}
    assert player.game["game_state"] == "menu" and player.game["dialog_text"] is None
    player.press("down", "down")
    assert player.game["menu"]["cursor"] == 2
    player.press("up", "up", "up")
    assert player.game["menu"]["cursor"] == 3
    assert TOOLS.navigate_ui(player.state) == "b"
    player.press("b")
    assert player.game["menu"] is None and player.position == position


def test_yes_no_and_the_party(player: Player, starts) -> None:
    player.start(starts["LITTLEROOT_TO_ROUTE101"])
    player.go(5, 8)
    player.press("left", "a")
    assert player.game["menu"] == {"kind": "yes_no", "cursor": 0, "last": 1}
    assert TOOLS.navigate_ui(player.state, "select_no") == "down"
    player.press("down")
    assert player.game["menu"]["cursor"] == 1
    player.press("a")
    assert player.game["menu"] is None and player.state["player"]["party"] == []
    player.press("a", "a")
    assert player.game["flags"]["starter"] and player.game["dialog_text"] == "TOBY took it along."
    assert player.state["player"]["party"] == [
        {
            "species_name": "MUDKIP",
            "nickname": "MUDKIP",
            "species": 283,
            "level": 5,
            "current_hp": 20,
            "max_hp": 20,
            "status": "OK",
            "types": [],
            "moves": ["Tackle", "Growl", "", ""],
            "move_ids": [33, 45, 0, 0],
            "move_pp": [35, 40, 0, 0],
        }
    ]
    assert [one["local_id"] for one in player.map["objects"]] == [2]


def test_the_clock_is_set_and_time_goes_on(player: Player, starts) -> None:
    player.start(starts["CLOCK_INTERACT"])
    before = player.game["time"]
    assert player.game["dialog_text"] == "The clock is set: 10:30. It ticks."
    player.press("a")
    assert player.game["flags"] == {**dict.fromkeys(player.game["flags"], False), "clock_set": True}
    player.press(*["b"] * 3)
    assert [0, 0, 0] < before < player.game["time"]


# ---- the whole ----


def test_milestones_ask_for_nothing_that_the_state_lacks(player: Player, starts) -> None:
    milestones = load_milestones(FOLDER / "milestone_config.json", player.env.game.done_when)
    player.start(starts["LITTLEROOT_TOWN"])
    check_fields(milestones, player.state, FOLDER)


def test_equal_steps_give_equal_consoles(player: Player, starts) -> None:
    ends = []
    for _ in range(2):
        player.start(starts["LITTLEROOT_TOWN"], seed=3)
        player.press(*["left"] * 3, *["up"] * 5, "a", "start")
        ends.append(player.env.simulator.save())
    assert ends[0] == ends[1]


def test_steps_are_measured_on_busy_cartridges_too(tmp_path: Path) -> None:
    speeds = []
    for lines in (0, 205):
        (tmp_path / "rom.gba").write_bytes(build.build(lines))
        speeds.append(measure(tmp_path / "rom.gba", steps=20)[0])
    assert 0 < speeds[1] < speeds[0]
