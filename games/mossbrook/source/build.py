"""Build ``mossbrook.gba`` from ``src/`` and ``assets/`` with the C compiler of ``ziglang``.

Usage: python -m games.mossbrook.source.build [--output mossbrook.gba]

The same sources give the same bytes on every machine: the compiler's version is pinned in the
development requirements, sources are compiled in the order of their names, and neither paths nor
times get into the ROM. Its SHA-1 is written beside it.
"""

import argparse
import hashlib
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from games.mossbrook.source import assets

FOLDER = Path(__file__).resolve().parent
ROM = FOLDER.with_name("mossbrook.gba")
FLAGS = (
    "-target",
    "thumb-freestanding-eabi",
    "-mcpu=arm7tdmi",
    "-std=c11",
    "-Os",
    "-g0",
    "-Wall",
    "-Wextra",
    "-Werror",
    "-ffreestanding",
    "-Wno-missing-braces",  # generated tables are written flat
    "-Wno-unused-command-line-argument",  # crt0.s is no C
    "-fno-sanitize=all",
    "-nostdlib",
    "-T",
    "link.ld",
)
MAX_ROM_BYTES = 256 * 1024
HEADER_CHECK = slice(0xA0, 0xBD)  # the bytes that the header's checksum at 0xBD covers
LINE_LETTERS = 26
NAME_LETTERS = 7  # what '@' may stand for


class BuildError(Exception):
    """The sources cannot be turned into a ROM; the message says what to mend."""


def check_texts(header: str) -> None:
    """Refuse texts that do not fit the window of two lines of 26 letters."""
    entries = re.findall(r"TEXT\((TEXT_\w+),((?:\s|\\\n|\"(?:[^\"\\]|\\.)*\")+)\)", header)
    for name, literals in entries:
        words = "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', literals))
        for page in words.split(r"\f"):
            lines = page.split(r"\n")
            widths = [len(line) + line.count("@") * (NAME_LETTERS - 1) for line in lines]
            if len(lines) > 2 or max(widths) > LINE_LETTERS:
                raise BuildError(
                    f"texts.h: {name}: the page {page!r} has {len(lines)} lines of {widths} letters"
                    f" (the longest name counted); at most 2 lines of {LINE_LETTERS} fit"
                )


def run_zig(*arguments: str, cwd: Path) -> None:
    """Run a ``ziglang`` tool in ``cwd``."""
    command = [sys.executable, "-m", "ziglang", *arguments]
    result = subprocess.run(command, cwd=cwd, capture_output=True, text=True)
    if result.returncode:
        raise BuildError(f"ziglang {arguments[0]} failed:\n{result.stderr.strip()}")


def compile_rom(work: Path) -> bytes:
    """Compile the sources that lie in ``work``; returns the ROM."""
    sources = sorted(path.name for path in work.glob("*.c"))
    run_zig("cc", *FLAGS, "crt0.s", *sources, "-o", "rom.elf", cwd=work)
    run_zig("objcopy", "-O", "binary", "rom.elf", "rom.gba", cwd=work)
    return (work / "rom.gba").read_bytes()


def finish(rom: bytes) -> bytes:
    """Pad to 4 bytes and fill in the header's checksum (GBATEK, "GBA Cartridge Header")."""
    data = bytearray(rom + bytes(-len(rom) % 4))
    data[0xBD] = -(sum(data[HEADER_CHECK]) + 0x19) & 0xFF
    if len(data) >= MAX_ROM_BYTES:
        raise BuildError(f"the ROM has {len(data)} bytes; it must stay below {MAX_ROM_BYTES}")
    return bytes(data)


def build(assets_dir: Path = FOLDER / "assets") -> bytes:
    """The bytes of the ROM, from the sources as they are now."""
    check_texts((FOLDER / "src" / "texts.h").read_text())
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        for source in sorted((FOLDER / "src").iterdir()):
            (work / source.name).write_bytes(source.read_bytes())
        assets.generate(assets_dir, work)
        return finish(compile_rom(work))


def main() -> None:
    parser = argparse.ArgumentParser(description="Build the game's ROM.")
    parser.add_argument("--output", type=Path, default=ROM)
    output = parser.parse_args().output
    rom = build()
    output.write_bytes(rom)
    digest = hashlib.sha1(rom).hexdigest()
    output.with_name(output.name + ".sha1").write_text(digest + "\n")
    print(f"{output.name}: {len(rom)} bytes, SHA-1 {digest}")


if __name__ == "__main__":
    try:
        main()
    except BuildError as error:
        sys.exit(f"build.py: {error}")
