"""Writes ``docs/mossbrook.md``: every map and scene of the game, and the layout of its RAM.

Usage: python -m docs.make_mossbrook

The pictures come out of the ROM: the experts play the story once, and on the way each map is drawn
from the console's video memory. The RAM table is read from ``state.h``, the rest of the page from
``docs/mossbrook.txt``.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

from autodagger.game.contract import GameState
from autodagger.game.env import GameEnv
from games.mossbrook.story import FOLDER, play_story

DOCS = Path(__file__).resolve().parent
HEADER = FOLDER / "source" / "src" / "state.h"

# Parts of an mGBA save state (its include/mgba/internal/gba/serialize.h)
STATE_PALETTE, STATE_VRAM, STATE_EWRAM = 0x800, 0x1000, 0x21000
# hardware.h of the game's source: where map tiles, map layer and sprites lie in video memory
MAP_LAYER, OBJ_TILES = 0xE000, 0x10000
PERSON_BYTES, FRAME_BYTES = 2048, 256  # of a person's 8 pictures, of one 16x16 picture
OBJ_PALETTE = 0x200


def colours(palette: bytes) -> np.ndarray:
    """A palette of 256 little-endian 15-bit colours as (256, 3) uint8 RGB."""
    words = np.frombuffer(palette, "<u2", 256)
    return np.stack([(words >> shift & 31) << 3 for shift in (0, 5, 10)], axis=1).astype(np.uint8)


def tiles_at(data: bytes, count: int) -> np.ndarray:
    """(count, 8, 8) uint8 colour numbers of 8-bit tiles."""
    return np.frombuffer(data, np.uint8, count * 64).reshape(count, 8, 8)


def layer_picture(vram: bytes, width: int, height: int) -> np.ndarray:
    """The map layer's top left ``width`` x ``height`` tiles of 16 pixels as colour numbers."""
    tiles = tiles_at(vram, 0xB400 // 64)
    blocks = np.frombuffer(vram[MAP_LAYER : MAP_LAYER + 0x2000], "<u2").reshape(2, 2, 32, 32)
    entries = blocks.swapaxes(1, 2).reshape(64, 64)[: height * 2, : width * 2]
    picture = np.zeros((height * 16, width * 16), np.uint8)
    for y, x in np.ndindex(entries.shape):
        tile = tiles[entries[y, x] & 0x3FF]
        tile = tile[:, ::-1] if entries[y, x] & 0x400 else tile
        tile = tile[::-1] if entries[y, x] & 0x800 else tile
        picture[y * 8 : y * 8 + 8, x * 8 : x * 8 + 8] = tile
    return picture


def person_picture(vram: bytes, slot: int, facing: int) -> np.ndarray:
    """(16, 16) uint8 colour numbers of somebody standing."""
    start = OBJ_TILES + slot * PERSON_BYTES + facing * 2 * FRAME_BYTES
    quarters = tiles_at(vram[start : start + FRAME_BYTES], 4)
    return quarters.reshape(2, 2, 8, 8).swapaxes(1, 2).reshape(16, 16)


def draw_map(save_state: bytes) -> Image.Image:
    """The whole present map with everybody on it, whatever part of it is on the screen."""
    vram = save_state[STATE_VRAM : STATE_VRAM + 0x18000]
    ram = save_state[STATE_EWRAM : STATE_EWRAM + 0x4D0]
    width, height, people, x, y, facing = ram[0x11:0x17]
    palette = save_state[STATE_PALETTE : STATE_PALETTE + 0x400]
    picture = colours(palette)[layer_picture(vram, width, height)]
    where = [(x, y, facing)] + [tuple(ram[0x90 + 8 * i : 0x93 + 8 * i]) for i in range(people)]
    for slot, (x, y, facing) in enumerate(where):
        person = person_picture(vram, slot, facing)
        rgb = colours(palette[OBJ_PALETTE:])[person]
        area = picture[y * 16 : y * 16 + 16, x * 16 : x * 16 + 16]
        area[person > 0] = rgb[person > 0]
    return Image.fromarray(picture)


@dataclass
class Album:
    """Collects one picture of each map and scene."""

    maps: dict[str, Image.Image] = field(default_factory=dict)
    scenes: dict[str, Image.Image] = field(default_factory=dict)

    def watch(self, env: GameEnv, state: GameState) -> None:
        """Called after each step; keeps what it has not seen yet."""
        game, menu = state["game"], state["game"]["menu"]
        if game["busy"] or game["fade"]:
            return
        scene = game["scene"]
        if menu and scene in ("overworld", "battle"):
            scene = f"{scene}_{menu['kind']}"
        elif game["dialog"] and scene == "overworld":
            scene = "dialogue"
        if scene not in self.scenes and scene != "overworld":
            self.scenes[scene] = Image.fromarray(env.simulator.screen())
        location = state["player"]["location"]
        if game["scene"] == "overworld" and location not in self.maps:
            self.maps[location] = draw_map(env.simulator.save())


def struct_rows(header: str) -> list[tuple[str, str, str, str]]:
    """(offset, name, type, meaning) of each field of GameState, from its declaration."""
    body = header.partition("u32 magic;")
    text = "u32 magic;" + body[2].partition("} GameState;")[0]
    line = re.compile(r"(\w+) (\w+)((?:\[[^\]]+\])*); +/\* (0x[0-9A-F]+) ?(.*?) ?\*/")
    rows = [(m[4], m[2], m[1] + m[3], m[5]) for m in line.finditer(text)]
    rows += [("0x090", "npcs", "NpcState[MAX_NPCS]", "people of the current map, 8 bytes each")]
    rows += [("0x0D0", "behaviour", "u8[1024]", "behaviour of each tile, `map_width` a row")]
    named = {row[1]: row for row in rows if not row[1].startswith("pad_")}
    return sorted(named.values(), key=lambda row: int(row[0], 16))


def write_page(album: Album) -> None:
    """``docs/mossbrook.md`` and its pictures."""
    maps = _write_section("Maps", "map", album.maps)
    scenes = _write_section("Scenes", "scene", album.scenes)
    template = (DOCS / "mossbrook.txt").read_text()
    page = template.replace("{pictures}", f"{maps}\n{scenes}").replace("{ram}", _ram_table())
    (DOCS / "mossbrook.md").write_text(page)


def _write_section(heading: str, prefix: str, images: Mapping[str, Image.Image]) -> str:
    rows = [f"## {heading}", ""]
    for title, image in images.items():
        name = f"mossbrook/{prefix}_{title.lower().replace(' ', '_')}.png"
        (DOCS / name).parent.mkdir(exist_ok=True)
        image.save(DOCS / name, optimize=True)
        rows += [f"**{title.replace('_', ' ')}**", "", f"![{title}]({name})", ""]
    return "\n".join(rows)


def _ram_table() -> str:
    rows = [
        f"| {offset} | `{name}` | `{kind}` | {text} |"
        for offset, name, kind, text in struct_rows(HEADER.read_text())
    ]
    return "\n".join(["| offset | field | type | meaning |", "|---|---|---|---|", *rows])


def main() -> None:
    """Plays the story, and writes the page and its pictures."""
    album = Album()
    for milestone, _ in play_story(seed=1, watch=album.watch):
        print(milestone, flush=True)
    write_page(album)


if __name__ == "__main__":
    main()
