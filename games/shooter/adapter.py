"""shooter, as `new-game` found it. What you have to write stands at "To do"."""

from autodagger.game.retro import GameState, Memory, RetroGame

# To do: the addresses of what the screen shows, such as a score (`python -m autodagger inspect`
# finds them). This one is there to begin with: 0 when switched on, 3 later.
BEGUN = 0xFF0289


class Shooter(RetroGame):
    """To do: say what a step is, and what else a reader should know."""

    name = "shooter"
    rom = "shooter.md"
    rom_sha1 = "a8be7b0ca850119b167f9644e6a4a22e983d61a4"
    # To do: leave out what nobody needs, fewer actions are learnt faster; "left+b" presses two.
    actions = (
        "no_op",
        "b",
        "a",
        "mode",
        "start",
        "up",
        "down",
        "left",
        "right",
        "c",
        "y",
        "x",
        "z",
    )
    hold_frames = 4  # a step holds its buttons for so many frames …
    release_frames = (4, 8)  # … and lets go for so many, by chance between these

    def read_state(self, ram: Memory) -> GameState:
        return {"begun": ram.u8(BEGUN)}
