"""The pictures and maps: what becomes of them as C, and that they make one walkable world."""

import shutil
from pathlib import Path

import pytest

from games.mossbrook.source import assets, mapfiles

ASSETS = Path(assets.__file__).with_suffix("")
SCREEN_TILES = (15, 10)


@pytest.fixture(scope="module")
def tiles() -> mapfiles.TileSet:
    return mapfiles.read_tiles(ASSETS)


@pytest.fixture(scope="module")
def maps(tiles) -> dict[str, mapfiles.GameMap]:
    return mapfiles.read_maps(ASSETS, tiles)


def test_same_files_give_the_same_bytes(tmp_path):
    written = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        assets.generate(ASSETS, tmp_path / name)
        written.append([(tmp_path / name / f"assets.{end}").read_bytes() for end in "hc"])
    assert written[0] == written[1]


def test_colours_and_tiles_fit_the_console():
    generator = assets.Generator(ASSETS)
    generator.run()
    assert len(generator.bg.colours) <= 256 and len(generator.obj.colours) <= 256
    assert all(len(bank.tiles) < 719 for bank in generator.banks.values())
    assert "VOID" in generator.tiles.tiles


def test_flipped_tiles_are_kept_once():
    bank = assets.TileBank()
    tile = assets.np.arange(64, dtype=assets.np.uint8).reshape(8, 8)
    refs = [bank.add(view) for view in (tile, tile[:, ::-1], tile[::-1], tile[::-1, ::-1])]
    assert refs == [0, 0x400, 0x800, 0xC00]
    assert len(bank.tiles) == 1


def test_every_warp_leads_to_a_free_tile_and_back(maps, tiles):
    for game_map in maps.values():
        for warp in game_map.warps:
            there = maps[warp.to.partition(".")[0]]
            free = mapfiles.behaviours_of(there, tiles)
            doors = {cell for other in there.warps for cell in other.cells}
            for _, (x, y) in mapfiles.resolve(
                game_map, warp, maps
            ):  # raises if it has no other end
                assert (x, y) not in doors, f"{game_map.id}.{warp.name} ends on another warp"
                assert free[y][x] == mapfiles.BEHAVIOURS["free"], f"{game_map.id}.{warp.name}"


def reachable(maps, tiles) -> set[tuple[str, int, int]]:
    """Every tile that a player with all doors open comes to from the cart."""
    walkable = {mapfiles.BEHAVIOURS[word] for word in ("free", "grass", "switch", "door")}
    free = {name: mapfiles.behaviours_of(game_map, tiles) for name, game_map in maps.items()}
    ways = {}
    for game_map in maps.values():
        for warp in game_map.warps:
            for cell, arrival in mapfiles.resolve(game_map, warp, maps):
                ways[game_map.id, *cell] = (warp.to.partition(".")[0], *arrival)
    seen, queue = {("CART", 7, 5)}, [("CART", 7, 5)]
    for place, x, y in queue:
        steps = [(place, x + dx, y + dy) for dx, dy in mapfiles.STEPS.values()]
        if (place, x, y) in ways:
            steps.append(ways[place, x, y])
        for name, i, j in steps:
            rows = free[name]
            inside = 0 <= j < len(rows) and 0 <= i < len(rows[0])
            if inside and rows[j][i] in walkable and (name, i, j) not in seen:
                seen.add((name, i, j))
                queue.append((name, i, j))
    return seen


def test_every_map_person_and_thing_can_be_reached(maps, tiles):
    seen = reachable(maps, tiles)
    assert {name for name, _, _ in seen} == set(assets.MAP_IDS)
    counter = mapfiles.BEHAVIOURS["counter"]
    for name, game_map in maps.items():
        rows = mapfiles.behaviours_of(game_map, tiles)
        for sprite, (x, y), *_ in game_map.npcs:
            reach = [(name, x + dx, y + dy) for dx, dy in mapfiles.STEPS.values()]
            if rows[y + 1][x] == counter:
                reach.append((name, x, y + 2))
            assert seen & set(reach), f"{sprite} of {name}"
        for thing, (x, y) in game_map.examines:
            assert (name, x, y + 1) in seen or seen & {
                (name, x + dx, y + dy) for dx, dy in mapfiles.STEPS.values()
            }, f"{thing} of {name}"


def test_maps_fill_the_screen_and_trees_are_whole(maps, tiles):
    for name, game_map in maps.items():
        assert game_map.width >= SCREEN_TILES[0] and game_map.height >= SCREEN_TILES[1], name
        for y, row in enumerate(game_map.grid):
            for x, tile in enumerate(row):
                if tiles.tiles[tile].block:
                    corner = game_map.grid[y - y % 2][x - x % 2]
                    assert corner == tile, f"half a tree at ({x}, {y}) of {name}"


def test_texts_name_what_is_wrong(tmp_path):
    copy = tmp_path / "assets"
    shutil.copytree(ASSETS, copy)
    cart = copy / "maps" / "cart.txt"
    good = cart.read_text()
    for bad, message in (
        (good.replace("J", "?"), r"cart\.txt: signs \['\?'\]"),
        (good + "e\n", r"cart\.txt: rows of \[1, 15\] signs"),
        (good.replace("door exit", "dor exit"), "cannot read the header line 'dor exit"),
        (good.replace("TOWN.cart", "TOWN.house"), "does not lead back"),
    ):
        cart.write_text(bad)
        with pytest.raises(mapfiles.AssetError, match=message):
            assets.generate(copy, tmp_path)
