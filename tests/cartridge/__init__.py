"""A cartridge of our own that tries what is easily lost: sprites written once, timers, transfers
in the midst of a picture, save memory, the clock.

Button B goes to the next of its four pictures, button A writes a byte to the save memory. In RAM at
0x02000000: frames (u32), picture, presses of A, the first 8 bytes of the save memory, 7 bytes of
the clock as last read (0x0E), a timer (u16, 0x16), a sum over all frames (u32, 0x18).
"""

import re
import tempfile
from pathlib import Path

from games.mossbrook.source import build

FOLDER = Path(__file__).parent
SOURCES = Path(build.__file__).parent / "src"
HEADER = slice(0xA0, 0xB0)  # title and code (GBATEK, "GBA Cartridge Header")

FRAMES, PICTURE, PRESSES, SAVED, CLOCK, TIMER = (
    0x02000000 + k for k in (0x00, 0x04, 0x05, 0x06, 0x0E, 0x16)
)
WITH_CLOCK = b"POKEMON EMERBPEE"
"""mGBA gives every cartridge with this code a clock, and flash memory."""
PLAIN = b"TEST CARTRIDZTCE"


def build_cartridge(path: Path, name: bytes = PLAIN) -> Path:
    """Compiles it to `path`; `name` is title (12 bytes) and code (4 bytes)."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        (work / "main.c").write_bytes((FOLDER / "main.c").read_bytes())
        (work / "link.ld").write_bytes((SOURCES / "link.ld").read_bytes())
        start = (SOURCES / "crt0.s").read_text()
        # The clock's pins lie in the ROM from 0xC4 on: no code there.
        start = re.sub(r"( +\.space 13 .*\n)", r"\1  .space 32\n", start, count=1)
        (work / "crt0.s").write_text(start)
        rom = bytearray(build.compile_rom(work))
    rom[HEADER] = name
    path.write_bytes(build.finish(bytes(rom)))
    return path
