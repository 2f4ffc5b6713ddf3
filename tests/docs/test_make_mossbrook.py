"""The page about the game: its RAM table is the struct of the source, its pictures the game's."""

import re

import numpy as np

from autodagger.game.emulator import Emulator
from docs.make_mossbrook import DOCS, HEADER, draw_map, struct_rows
from games.mossbrook.story import FOLDER, play_story

DECLARATIONS = HEADER.read_text()


def test_ram_table_has_every_field_at_the_offset_that_the_compiler_checks():
    rows = {name: int(offset, 16) for offset, name, _, _ in struct_rows(DECLARATIONS)}
    checked = {
        name: int(at, 16) for name, at in re.findall(r"^AT\((\w+), (0x\w+)\);", DECLARATIONS, re.M)
    }
    assert len(checked) > 10
    assert checked.items() <= rows.items()
    assert list(rows.values()) == sorted(set(rows.values()))


def test_page_shows_the_committed_layout():
    page = (DOCS / "mossbrook.md").read_text()
    for offset, name, kind, _ in struct_rows(DECLARATIONS):
        assert f"| {offset} | `{name}` | `{kind}` |" in page, "run python -m docs.make_mossbrook"


def test_map_picture_is_what_the_screen_shows():
    """In the cart, a map of exactly one screen."""
    states = play_story(seed=1)
    cart = next(state for name, state in states if name == "INTRO_CUTSCENE_COMPLETE")
    states.close()
    emulator = Emulator(FOLDER / "mossbrook.gba")
    try:
        emulator.load_state(cart)
        emulator.run(20)
        screen = emulator.screen().astype(int) >> 3
        picture = np.asarray(draw_map(emulator.save_state())).astype(int) >> 3
        assert np.abs(screen - picture).max() <= 1
    finally:
        emulator.close()
