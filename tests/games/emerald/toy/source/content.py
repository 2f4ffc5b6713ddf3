"""Maps, texts and pictures of the toy, written as C. All of them are its own.

A map is a picture in letters; `pictures.py` says what each letter looks like and how it behaves.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from tests.games.emerald.toy.source.pictures import (
    ARROW,
    COLOURS,
    INSIDE,
    LETTERS,
    OUTSIDE,
    SPRITE_COLOURS,
    TEXT_COLOURS,
    Kind,
    draw_letters,
    draw_sprites,
    pack_colours,
    pack_tiles,
)

SECONDARY = 512
"""The first metatile of a map's second tileset (games/emerald/adapter.py)."""
BLOCKED, LEVEL = 1 << 10, 3 << 12  # collision and elevation in a map's blocks
METATILES = 512  # of a tileset; most are empty here


@dataclass(frozen=True)
class Person:
    """One of a map's objects; its local id is its place in the map's list, from 1 on."""

    x: int
    y: int
    graphics: int
    script: str
    wanders: bool = False
    hide_flag: int = 0


@dataclass(frozen=True)
class Map:
    """A map by Emerald's group and number.

    Attributes:
        warps: (x, y, group, number, warp there).
        signs: (x, y, script).
        ways: (direction, offset, group, number) of the maps beyond its edges.
        entry: The flag and the script of what is said to whoever comes in first.
    """

    place: tuple[int, int]
    rows: str
    warps: tuple[tuple[int, int, int, int, int], ...] = ()
    people: tuple[Person, ...] = ()
    signs: tuple[tuple[int, int, str], ...] = ()
    ways: tuple[tuple[int, int, int, int], ...] = ()
    entry: tuple[int, str] | None = None
    type: int = 8


SOUTH, NORTH = 1, 2
WOMAN, BOY, BAG = 1, 2, 3
MAPS = {
    "van": Map(
        (25, 40),
        """
        =====
        =b__=
        =___>
        =b_b=
        =====
        """,
        warps=((4, 2, 0, 9, 2),),
    ),
    "town": Map(
        (0, 9),
        """
        TTTTTT..TTTTTT
        T.....,,.....T
        T.RRRR,,RRRR.T
        T.HHHH,,HHHH.T
        T.HDHH,,HHDH.T
        T..,,,,,,,,..T
        T..s..,,.~~~.T
        T.....,,.~~~.T
        T.....,,.....T
        TwwwT.,,..T..T
        TwwwT.....T..T
        TTTTTTTTTTTTTT
        """,
        warps=((3, 4, 1, 0, 0), (10, 4, 1, 2, 0), (6, 9, 25, 40, 0)),
        people=(Person(9, 8, BOY, "boy", wanders=True),),
        signs=((3, 6, "sign"),),
        ways=((NORTH, 0, 0, 16),),
        type=1,
    ),
    "house": Map(
        (1, 0),
        """
        #########
        =tt====S=
        _____t___
        __t______
        __t____t_
        _________
        ___E_____
        """,
        warps=((3, 6, 0, 9, 0), (7, 1, 1, 1, 0)),
        people=(Person(5, 5, WOMAN, "mother"),),
        entry=(0x60, "welcome"),
    ),
    "bedroom": Map(
        (1, 1),
        """
        #########
        =t===C=S=
        _________
        _bb______
        _________
        """,
        warps=((7, 1, 1, 0, 1),),
        signs=((5, 1, "clock"),),
    ),
    "neighbour": Map(
        (1, 2),
        """
        #########
        ====t====
        _tt______
        _________
        ___E_____
        """,
        warps=((3, 4, 0, 9, 1),),
    ),
    "route": Map(
        (0, 16),
        """
        TTTTTT..TTTTTT
        T............T
        T.~~~....~~~.T
        T.~~~....~~~.T
        Tvvvvvv..vvvvT
        T............T
        T...~~~~.....T
        T...~~~~..w..T
        T.........w..T
        T.TT.........T
        T............T
        TTTTTT..TTTTTT
        """,
        people=(Person(4, 8, BAG, "bag", hide_flag=0x860), Person(10, 1, BOY, "walker")),
        ways=((SOUTH, 0, 0, 9), (NORTH, -2, 0, 10)),
        type=3,
    ),
    "next_town": Map(
        (0, 10),
        """
        TTTTTTTTTTTTTTTTTT
        T................T
        T.RRRR......RRRR.T
        T.HHHH......HHHH.T
        T................T
        T.......,,.......T
        TTTTTTTT..TTTTTTTT
        """,
        ways=((SOUTH, 2, 0, 16),),
        type=1,
    ),
}

# "\n" is the second line, "\f" another page, "@" the player's name.
SCRIPTS = {
    "boy": "BOY: I walk here all day,\nand never get anywhere.",
    "sign": "A SMALL TOWN\nIt is ours alone.",
    "mother": "MOM: Your clock stands\nstill, @.",
    "welcome": "MOM: So this is it, @!\fMOM: Your room is up the\nstairs.",
    "clock": "The clock is set: 10:30.\nIt ticks.",
    "bag": "A bag. It says MUD.\nTake it along?",
    "taken": "@ took it along.",
    "walker": "BOY: One can jump down\nthose ledges. Never up.",
}
FLAGS = {"clock": 0x51}
NEXT = {"bag": "taken"}
TEXTS = {
    "title": "A TOY OF OUR OWN",
    "press_start": "PRESS START",
    "new_game": "NEW GAME",
    "option": "OPTION",
    "your_name": "YOUR NAME IS",
    "speech": "Welcome to this world.\nIt is a small one.\f"
    "It has seven maps, @,\nand all are yours.",
    "yes": "YES",
    "no": "NO",
    "party": "PARTY",
    "bag": "BAG",
    "save": "SAVE",
    "exit": "EXIT",
}
NAMES = {"name": ("TOBY", 8), "starter": ("MUDKIP", 10)}
LINE_LETTERS = 25
END, PAGE, LINE, NAME = 0xFF, 0xFB, 0xFE, 0xFD


def encode(text: str) -> list[int]:
    """A text in Emerald's codes, with its end.

    Raises:
        ValueError: A line is too long for the window.
    """
    for line in text.replace("@", NAMES["name"][0]).replace("\f", "\n").split("\n"):
        if len(line) > LINE_LETTERS:
            raise ValueError(f"{line!r} has {len(line)} letters; {LINE_LETTERS} fit")
    special = {"\n": [LINE], "\f": [PAGE], "@": [NAME, 1]}
    codes = [special.get(letter) or [LETTERS[letter]] for letter in text]
    return [code for some in codes for code in some] + [END]


@dataclass
class Writer:
    """``content.h`` and ``content.c`` as they grow."""

    header: list[str] = field(default_factory=list)
    source: list[str] = field(default_factory=list)

    def array(self, kind: str, name: str, values: Iterable[int | str]) -> None:
        """A constant array of numbers, or of structures given as text."""
        items = [str(value) for value in values]
        self.header.append(f"extern const {kind} {name}[{len(items)}];")
        lines = [",".join(items[i : i + 16]) + "," for i in range(0, len(items), 16)]
        self.source += [
            f"const {kind} {name}[{len(items)}] __attribute__((aligned(4))) = {{",
            *lines,
            "};",
        ]

    def tileset(self, name: str, kinds: dict[str, Kind], secondary: bool) -> None:
        """Four tiles of its own for each kind."""
        tiles = [row for kind in kinds.values() for row in pack_tiles(kind.picture)]
        base = SECONDARY | 0x1000 if secondary else 0  # palette 1
        entries = [base + 4 * k + i if i < 4 else 0 for k in range(len(kinds)) for i in range(8)]
        behaviours = [kind.behaviour for kind in kinds.values()]
        self.array("u32", f"{name}_tiles", tiles)
        self.array("u16", f"{name}_metatiles", entries)
        self.array("u16", f"{name}_attributes", behaviours + [0] * (METATILES - len(behaviours)))
        self.array("u16", f"{name}_palette", pack_colours(COLOURS))
        parts = ", ".join(f"{name}_{part}" for part in ("tiles", "palette", "metatiles"))
        self.source.append(
            f"const Tileset {name} = {{0, {int(secondary)}, {parts}, {name}_attributes, 0}};"
        )

    def map(self, name: str, content: Map, layout_id: int) -> None:
        """One map, with all that its header points to."""
        rows = content.rows.split()
        blocks = [_find_block(letter) for row in rows for letter in row]
        border = _find_block("T" if "T" in content.rows else "#")
        self.array("u16", f"{name}_blocks", blocks)
        self.array("u16", f"{name}_border", [border] * 4)
        self.array("Warp", f"{name}_warps", (
            f"{{{x}, {y}, 0, {warp}, {number}, {group}}}"
            for x, y, group, number, warp in content.warps
        ))  # fmt: skip
        self.array("Template", f"{name}_people", (
            f"{{{i + 1}, {one.graphics}, 0, 0, {one.x}, {one.y}, 3, {int(one.wanders)}, 0x11, 0, "
            f"0, &script_{one.script}, {one.hide_flag}, 0}}"
            for i, one in enumerate(content.people)
        ))  # fmt: skip
        self.array("Sign", f"{name}_signs", (
            f"{{{x}, {y}, 0, 0, &script_{script}}}" for x, y, script in content.signs
        ))  # fmt: skip
        self.array("Connection", f"{name}_ways", (
            f"{{{direction}, {offset}, {group}, {number}}}"
            for direction, offset, group, number in content.ways
        ))  # fmt: skip
        counts = (len(content.people), len(content.warps), 0, len(content.signs))
        flag, script = content.entry or (0, "")
        entry = f"&(const Entry){{{flag}, &script_{script}}}" if script else "0"
        ways = f"&(const Connections){{{len(content.ways)}, {name}_ways}}" if content.ways else "0"
        self.source += [
            f"const Layout {name}_layout = {{{len(rows[0])}, {len(rows)}, {name}_border, "
            f"{name}_blocks, &primary, &secondary}};",
            f"const Events {name}_events = {{{', '.join(map(str, counts))}, {name}_people, "
            f"{name}_warps, 0, {name}_signs}};",
            f"const MapHeader {name}_map = {{&{name}_layout, &{name}_events, {entry}, {ways}, 0, "
            f"{layout_id}, 0, 0, 0, {content.type}, 0}};",
        ]

    def script(self, name: str, text: str) -> None:
        """What somebody says, the flag that it sets, and what follows a YES."""
        self.array("u8", f"said_{name}", encode(text))
        following = f"&script_{NEXT[name]}" if name in NEXT else "0"
        self.header.append(f"extern const Script script_{name};")
        self.source.append(
            f"const Script script_{name} = {{said_{name}, {FLAGS.get(name, 0)}, {following}}};"
        )


HEADER = """/* content.h: written by content.py. */
#ifndef CONTENT_H
#define CONTENT_H
#include "emerald.h"
enum {{ LETTER_SPACE = 0, LETTER_END = {END}, LETTER_PAGE = {PAGE}, LETTER_LINE = {LINE},
       LETTER_NAME = {NAME}, LETTER_ARROW = {ARROW}, MAP_COUNT = {count} }};
#define BUSY_LINES {busy_lines}
typedef struct Script {{ const u8 *text; u16 flag; const struct Script *next; }} Script;
typedef struct Entry {{ u16 flag; const Script *script; }} Entry;
typedef struct {{ u8 group, number; const MapHeader *header; }} Place;"""


def _find_block(letter: str) -> int:
    first, kinds = (0, OUTSIDE) if letter in OUTSIDE else (SECONDARY, INSIDE)
    return first + list(kinds).index(letter) | LEVEL | BLOCKED * kinds[letter].is_blocked


def write(folder: Path, busy_lines: int) -> None:
    """Writes ``content.h`` and ``content.c`` into `folder`."""
    out = Writer()
    for name, text in SCRIPTS.items():
        out.script(name, text)
    for name, text in TEXTS.items():
        out.array("u8", f"text_{name}", encode(text))
    for name, (text, size) in NAMES.items():
        out.array("u8", f"text_{name}", (encode(text) + [END] * size)[:size])
    out.tileset("primary", OUTSIDE, False)
    out.tileset("secondary", INSIDE, True)
    for i, (name, content) in enumerate(MAPS.items()):
        out.map(name, content, i + 1)
    out.array("Place", "map_places", (
        f"{{{one.place[0]}, {one.place[1]}, &{name}_map}}" for name, one in MAPS.items()
    ))  # fmt: skip
    out.array("u32", "letter_tiles", draw_letters())
    out.array("u32", "sprite_tiles", draw_sprites())
    out.array("u16", "text_palette", pack_colours(TEXT_COLOURS))
    out.array("u16", "sprite_palette", pack_colours(SPRITE_COLOURS))
    start = HEADER.format(busy_lines=busy_lines, count=len(MAPS), **_CODES)
    (folder / "content.h").write_text("\n".join([start, *out.header, "#endif", ""]))
    (folder / "content.c").write_text("\n".join(['#include "content.h"', *out.source, ""]))


_CODES = {"END": END, "PAGE": PAGE, "LINE": LINE, "NAME": NAME, "ARROW": ARROW}
