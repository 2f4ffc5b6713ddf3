"""The text of an adapter to begin with, of each kind of game."""

import json
import re
from collections.abc import Sequence

from autodagger.game.cartridge import CartridgeGame
from autodagger.game.draft import TIMING
from autodagger.game.gba import GbaGame
from autodagger.game.gym import GymGame
from autodagger.game.memory import format_address

_OTHERS = ("retro", "RetroGame", "Memory")
_LINE = 100  # letters
_CARTRIDGE = '''\
"""{title}.

Written by `new-game`. What you have to write stands at "To do".
"""

from autodagger.game.{module} import {imports}

# To do: the addresses of what the screen shows, such as a score (`python -m autodagger inspect`
# finds them). This one is there to begin with: {found}
BEGUN = {address}


class {class_name}({kind}):
    """To do: say what a step is, and what else a reader should know."""

    name = {name}
    rom = {rom}
    rom_sha1 = {rom_sha1}
    # To do: leave out what nobody needs, fewer actions are learnt faster; "left+b" presses two.
{actions}
    hold_frames = {hold_frames}  # a step holds its buttons for so many frames …
    release_frames = {release_frames}  # … and lets go for so many, by chance between these

    def read_state(self, ram: {memory}) -> GameState:
        return {{"begun": ram.u8(BEGUN)}}
'''

_ENVIRONMENT = '''\
"""{title}.

Written by `new-game`. What you have to write stands at "To do".
"""

from typing import Any

{imports}from autodagger.game.gym import GameState, GymGame


class {class_name}(GymGame):
    """To do: say what a step is, and what else a reader should know."""

    name = {name}
    env_id = {env_id}
{actions}
{more}    sticky = 0.1  # chance: this share of the steps repeats the action before

    def read_env(self, env: Any) -> GameState:
        # To do: what experts have to know. `env` (reward, terminated, truncated) is added.
        return {{{fields}}}
'''


def write_cartridge_adapter(game: CartridgeGame, folder: str, address: int, found: str) -> str:
    """An adapter with one byte of memory.

    Args:
        game: A draft of it.
        folder: The name of its folder, from which the class has its name.
        address: The byte's.
        found: What was seen there, as a sentence.
    """
    module, kind, memory = ("gba", "GbaGame", "Ram") if isinstance(game, GbaGame) else _OTHERS
    return _CARTRIDGE.format(
        title=game.name.replace('"', "'"),
        name=_quote(game.name),
        class_name=_name_class(folder),
        rom=_quote(game.rom),
        rom_sha1=_quote(game.rom_sha1),
        module=module,
        kind=kind,
        memory=memory,
        imports=", ".join(sorted(("GameState", kind, memory))),
        address=format_address(address),
        found=found,
        actions=_write_actions(game.actions),
        **TIMING,
    )


def write_environment_adapter(game: GymGame, folder: str, attributes: Sequence[str]) -> str:
    """An adapter that reads these attributes of the environment; see above."""
    fields = "".join(
        f'            "{name}": np.asarray(env.{name}).tolist(),\n' for name in attributes
    )
    return _ENVIRONMENT.format(
        title=game.name.replace('"', "'"),
        name=_quote(game.name),
        class_name=_name_class(folder),
        env_id=_quote(game.env_id),
        actions=_write_actions(game.actions),
        more="" if game.no_op is None else f"    no_op = {_quote(game.no_op)}\n",
        imports="import numpy as np\n\n" if attributes else "",
        fields=f"\n{fields}        " if fields else "",
    )


def _name_class(folder: str) -> str:
    words = re.findall(r"[A-Za-z0-9]+", folder)
    name = "".join(word[0].upper() + word[1:] for word in words)
    return name if name[:1].isalpha() else f"My{name}"


def _quote(text: str | None) -> str:
    return json.dumps(text, ensure_ascii=False)


def _write_actions(actions: Sequence[str]) -> str:
    names = ", ".join(map(_quote, actions)) + ("," if len(actions) == 1 else "")
    line = f"    actions = ({names})"
    if len(line) <= _LINE:
        return line
    return "\n".join(["    actions = (", *(f"        {_quote(one)}," for one in actions), "    )"])
