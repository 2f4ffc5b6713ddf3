"""The game's encoding of text, by its table and by messages in memory."""

import random
from typing import Any

import pytest

from tests.games.emerald.consoles import Console, read
from tests.games.emerald.test_slow_maps import make_console

SIGNS = {0x1B: "é", 0xAB: "!", 0xAC: "?", 0xAD: ".", 0xAE: "-", 0xB0: "…", 0xB1: "“", 0xB2: "”"}
SIGNS |= {0xB3: "‘", 0xB4: "'", 0xB5: "♂", 0xB6: "♀", 0xB8: ",", 0xBA: "/", 0xF0: ":"}
SIGNS |= {0xA1 + i: str(i) for i in range(10)}
SIGNS |= {0xBB + i: chr(ord("A") + i) for i in range(26)}
SIGNS |= {0xD5 + i: chr(ord("a") + i) for i in range(26)}
BLANKS = (0x00, 0xFA, 0xFB, 0xFE)  # and the scroll, the page and the line
COMMANDS = {  # arguments behind each, as public documentation of the encoding has them
    **dict.fromkeys((0x01, 0x02, 0x03, 0x05, 0x06, 0x08, 0x0C, 0x0D, 0x0E), 1),
    **dict.fromkeys((0x11, 0x12, 0x13, 0x14), 1),
    **dict.fromkeys((0x07, 0x09, 0x0A, 0x0F, 0x15, 0x16, 0x17, 0x18), 0),
    **{0x04: 3, 0x0B: 2, 0x10: 2},
}


@pytest.fixture(scope="module")
def console() -> Console:
    """One with a message on the screen."""
    console = make_console(random.Random(0))
    console.write(0x03000E38, 1)
    console.write(0x06000000 + 2 * (15 * 32 + 2), 0xF194, 2)
    return console


def show(console: Console, message: bytes) -> Any:
    console.write(0x02021FC4, message.ljust(1000, b"\xff"))
    return read(console)["game"]["dialog_text"]


def test_every_sign(console: Console) -> None:
    assert show(console, bytes(SIGNS)) == "".join(SIGNS.values())


@pytest.mark.parametrize("blank", BLANKS)
def test_lines_and_pages_are_one_blank(console: Console, blank: int) -> None:
    assert show(console, bytes([0xBB, blank, 0x00, blank, 0xBC, 0x00])) == "A B"


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_is_left_out_with_its_arguments(console: Console, command: int) -> None:
    arguments = bytes([0xFF, 0xBD, 0x00][: COMMANDS[command]])  # neither an end nor a letter
    assert show(console, bytes([0xBB, 0xFC, command]) + arguments + b"\xbc") == "AB"


def test_a_placeholder_is_left_out(console: Console) -> None:
    assert show(console, bytes([0xBB, 0xFD, 0xFF, 0xBC, 0xFF, 0xBD])) == "AB"


@pytest.mark.parametrize("cut", [b"\xfc", b"\xfd", b"\xfc\x04", b""])
def test_a_message_may_end_anywhere(console: Console, cut: bytes) -> None:
    text = b"\xbb" * (1000 - len(cut)) + cut
    assert show(console, text) == "A" * (1000 - len(cut))


def test_what_follows_the_end_is_of_another_message(console: Console) -> None:
    assert show(console, bytes([0xBB, 0xFF, 0xBC])) == "A"


@pytest.mark.parametrize("seed", range(50))
def test_messages_of_chance(console: Console, seed: int) -> None:
    """All of it at once: blanks collapse over what is left out, too."""
    rng = random.Random(seed)
    message, text = b"", ""
    for _ in range(rng.randrange(120)):
        kind = rng.random()
        if kind < 0.6:
            sign = rng.choice(list(SIGNS))
            message, text = message + bytes([sign]), text + SIGNS[sign]
        elif kind < 0.85:
            message, text = message + bytes([rng.choice(BLANKS)]), text + " "
        elif kind < 0.95:
            command = rng.choice(list(COMMANDS))
            message += bytes([0xFC, command]) + rng.randbytes(COMMANDS[command])
        else:
            message += b"\xfd" + rng.randbytes(1)
    assert show(console, message) == " ".join(text.split())
