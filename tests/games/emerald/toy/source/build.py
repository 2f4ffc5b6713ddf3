"""Build ``rom.gba`` from ``src/`` and ``content.py`` with the C compiler of ``ziglang``.

Usage: python -m tests.games.emerald.toy.source.build

The same sources give the same bytes on every machine. Its SHA-1 is written beside it.
"""

import hashlib
import tempfile
from pathlib import Path

from games.mossbrook.source import build as mossbrook
from tests.games.emerald.toy.source import content

FOLDER = Path(__file__).resolve().parent
ROM = FOLDER.with_name("rom.gba")
NAME = b"TOY\0\0\0\0\0\0\0\0\0ZTOE"  # title and code: Z, so that no emulator takes it for another
HEADER = slice(0xA0, 0xB0)


def build(busy_lines: int = 0) -> bytes:
    """The bytes of the ROM.

    Args:
        busy_lines: Of the 228 lines of a frame, how many the processor works for before it sleeps.
    """
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        for source in sorted((FOLDER / "src").iterdir()):
            (work / source.name).write_bytes(source.read_bytes())
        start = (mossbrook.FOLDER / "src" / "crt0.s").read_text(encoding="utf-8")
        (work / "crt0.s").write_text(start, encoding="utf-8")
        content.write(work, busy_lines)
        rom = bytearray(mossbrook.compile_rom(work))
    rom[HEADER] = NAME
    return mossbrook.finish(bytes(rom))


def main() -> None:
    """Writes the ROM and its SHA-1."""
    rom = build()
    digest = hashlib.sha1(rom).hexdigest()
    ROM.write_bytes(rom)
    ROM.with_name("rom.gba.sha1").write_text(digest + "\n")
    print(f"rom.gba: {len(rom)} bytes, SHA-1 {digest}")


if __name__ == "__main__":
    main()
