"""The cases: each with what a clear message has to name."""

import functools
import gzip
import io
import json
import os
import pickle
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import yaml

from autodagger.dagger.checkpoint import Checkpoint
from autodagger.evaluation.budget import read_report
from autodagger.expert.expert import ExpertError
from autodagger.expert.kept_answers import KeptAnswers
from autodagger.files import seal
from autodagger.game.save_state import CONSOLE_SIZE
from autodagger.game.starts import StartState, load_start_states, save_start_states
from autodagger.results.layout import Results
from autodagger.results.rows import collect_rows
from autodagger.rollout.replay import Replays
from autodagger.student.model_file import Expected, check_student, load_student
from autodagger.student.view import View
from autodagger.task import Budget
from autodagger.workflow.config_file import check_config_files, get_config_file, read_config
from autodagger.workflow.pipeline import check_adapter, load_pipeline
from tests.autodagger.student.helpers import make_student
from tests.autodagger.student.test_model_file import to_bytes
from tests.grid import ACTIONS, load_expert
from tests.workflow.conftest import GAME, ROOT

FIRST, SECOND = "GAME_RUNNING", "PLAYER_NAME_SET"
DEEP = 3000


@dataclass(frozen=True)
class Case:
    """One broken input.

    Attributes:
        kind: What is broken.
        name: How.
        read: Makes it in the current folder, which is empty, and has it read.
        about: What the message has to say of it.
    """

    kind: str
    name: str
    read: Callable[[], Any]
    about: str


def list_cases() -> list[Case]:
    """All of them, in the order of the table."""
    makers = (
        list_config_files,
        list_options,
        list_milestone_files,
        list_entries,
        list_states,
        list_adapters,
        list_experts,
        list_roms,
        list_models,
        list_own_results,
        list_answers,
    )
    return [case for make in makers for case in make()]


# ---- The start of a run ----------------------------------------------------------------------


def start(**options: Any) -> None:
    """What the Snakefile does before its first rule, with these options in config.yaml."""
    if not os.path.lexists("config.yaml"):
        Path("config.yaml").write_text(yaml.safe_dump({"policy_dir": make_experts(), **options}))
    check_config_files(get_config_file(ROOT))
    config, files = read_config([], [], ROOT)
    check_adapter(load_pipeline(config, files, ROOT))


def make_experts() -> str:
    """A folder of experts; nobody plays here."""
    Path("experts").mkdir(exist_ok=True)
    return "experts"


def write(path: str, content: bytes | str) -> str:
    """Writes a file, and its folder."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def make_odd(path: str, kind: str) -> str:
    """What has a file's name and is none."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    if kind == "a folder":
        Path(path).mkdir()
    elif kind == "a pipe":
        os.mkfifo(path)
    elif kind == "a link into nowhere":
        Path(path).symlink_to("nowhere")
    elif kind == "a link to itself":
        Path(path).symlink_to(Path(path).name)
    elif kind == "a device":
        Path(path).symlink_to("/dev/zero")
    elif kind == "4 GB, sparse":
        with Path(path).open("wb") as file:
            file.truncate(4 << 30)
    return path


ODD = {
    "a folder": "a folder",
    "a pipe": "a pipe",
    "a link into nowhere": "no such file",
    "a link to itself": "Too many levels",
    "a device": "a device",
    "4 GB, sparse": "4,294,967,296 bytes",
}


# ---- Config files and options ----------------------------------------------------------------


def list_config_files() -> Iterator[Case]:
    texts: dict[str, tuple[bytes, str]] = {
        "empty": (b"", "no option in it"),
        "comments alone": (b"# later\n", "no option in it"),
        "a bracket left open": (b"seed: [1\nnum_envs: 2\n", "line 2"),
        "a tab": (b"seed:\n\t1\n", "line 2: found character '\\t'"),
        "a colon too many": (b"seed: 1: 2\n", "line 1: mapping values are not allowed"),
        "two documents": (b"seed: 1\n---\nseed: 2\n", "line 2"),
        "a list": (b"- 1\n", "found list, no options"),
        "a word": (b"seed\n", "found str"),
        "a number": (b"5\n", "found int"),
        "octal": (b"eval_episodes: 010\n", "line 1: YAML reads 010 as 8"),
        "base 60": (b"seed: 1:30\n", "line 1: YAML reads 1:30 as 90"),
        "hexadecimal": (b"seed: 0x10\n", "YAML reads 0x10 as 16"),
        "binary": (b"seed: 0b11\n", "YAML reads 0b11 as 3"),
        "base 60, a fraction": (b"video_fps: 0:30.0\n", "YAML reads 0:30.0 as 30.0"),
        "a date": (b"output_dir: 2024-01-02\n", "YAML reads 2024-01-02 as a date"),
        "a key twice": (b"seed: 1\nnum_envs: 2\nseed: 2\n", "line 3: 'seed' stands in line 1"),
        "a key that is a number": (b"1: 2\n", "'1' is no option's name"),
        "a key that is a truth": (b"yes: 2\n", "'yes' is no option's name"),
        "a key that is a list": (b"? [a, b]\n: 1\n", "no option's name"),
        "a key that is nothing": (b"~: 1\n", "no option's name"),
        "an alias of itself": (b"frame_size: &a [*a, 1]\n", "values within themselves"),
        "an alias of nothing": (b"seed: *nobody\n", "undefined alias 'nobody'"),
        "a tag": (b"seed: !!python/object/apply:os.getpid []\n", "could not determine a constr"),
        "nested 3,000 deep": (b"seed: " + b"[" * DEEP + b"]" * DEEP, "nested too deep"),
        "aliases of aliases": (
            b"a: &a [1,1,1,1,1,1,1,1,1,1]\n"
            + b"".join(
                f"{b}: &{b} [{','.join([f'*{a}'] * 10)}]\n".encode()
                for a, b in zip("abcdef", "bcdefg", strict=True)
            ),
            "more than 10,000 values",
        ),
        "UTF-16": ("seed: 1\n".encode("utf-16"), "no UTF-8 text"),
        "Latin-1": ("output_dir: für\n".encode("latin-1"), "no UTF-8 text (byte 13 is 0xfc)"),
        "NUL": (b"seed: 1\0\n", "#x0000"),
        "random bytes": (bytes(range(128, 256)) * 9, "no UTF-8 text"),
        "a zip": (b"PK\x03\x04" + bytes(40), "#x0003"),
    }
    for name, (text, about) in texts.items():

        def read(text: bytes = text) -> None:
            write("config.yaml", text)
            start()

        yield Case("config.yaml", name, read, rf"config file config.yaml: .*{_escape(about)}")
    for odd, about in ODD.items():

        def read_odd(odd: str = odd) -> None:
            make_odd("config.yaml", odd)
            start()

        yield Case("config.yaml", odd, read_odd, rf"config file config.yaml: .*{_escape(about)}")


def list_options() -> Iterator[Case]:
    values: list[tuple[str, Any, str]] = [
        ("eval_episode", 3, "did you mean 'eval_episodes'"),
        ("eval_episodes", 0, "from 1 to 10000"),
        ("eval_episodes", -1, "from 1 to 10000"),
        ("eval_episodes", 10**30, "from 1 to 10000"),
        ("eval_episodes", float("nan"), "config.yaml: eval_episodes is nan"),
        ("eval_episodes", float("inf"), "config.yaml: eval_episodes is inf"),
        ("eval_episodes", True, "yes, no, on and off"),
        ("eval_episodes", [3], "a whole number"),
        ("eval_episodes", {"a": 1}, "a whole number"),
        ("eval_episodes", None, "a whole number"),
        ("min_success_rate", 60, "from 0 to 1"),
        ("learning_rate", float("nan"), "is nan; expected a number"),
        ("frame_size", [80], "2 items"),
        ("frame_size", [80, "wide"], "2 items"),
        ("frame_size", 80, "2 items"),
        ("network", "resnet", "one of nature"),
        ("cuda", "maybe", "true or false"),
        ("milestone", False, "yes, no, on and off"),
        ("milestone", "GAME_RUNING", "did you mean 'GAME_RUNNING'"),
        ("skip_milestones", ["X" * 5000], "unknown milestone 'XXX"),
        ("skip_milestones", {"A": 1}, "a list of items"),
        ("game", "", "game is ''"),
        ("game", "mosbrook", "did you mean 'mossbrook'"),
        ("game", "./mossbrook", "no adapter.py there"),
        ("game", "a\0b", "control character"),
        ("output_dir", "", "output_dir is ''"),
        ("output_dir", "config.yaml", "config.yaml is no folder"),
        ("output_dir", "config.yaml/x", "config.yaml is no folder"),
        ("output_dir", "experts", "would mix with the option policy_dir"),
        ("output_dir", ".", "would mix with the working folder"),
        ("output_dir", "/", "would mix with the working folder"),
        ("output_dir", "a{b}", "has braces"),
        ("output_dir", "{", "has braces"),
        ("output_dir", "a\0b", "control character"),
        ("output_dir", "x" * 300, "255 bytes"),
        ("output_dir", "s3://bucket/x", "is an address"),
        ("output_dir", "~nobody-of-this-name/x", "names a home folder that is not known"),
        ("state_dir", "staets", "no folder staets"),
        ("state_dir", "config.yaml", "config.yaml is no folder"),
        ("policy_dir", "expert", "did you mean 'experts'"),
        ("policy_dir", "config.yaml", "config.yaml is no folder"),
        ("tools_dir", "nowhere", "no folder nowhere"),
        ("milestone_config", "nowhere.json", "nowhere.json: no such file"),
        ("rom_path", "nowhere.gba", "ROM nowhere.gba: no such file"),
        ("vision_url", "localhost:11434", "expected an address such as"),
        ("vision_url", "http://localhost:11434/v1", "vision_model names no model"),
        ("vision_timeout", 0, "from 1 to 3600"),
    ]
    for key, value, about in values:

        def read(key: str = key, value: Any = value) -> None:
            make_experts()
            start(**{key: value})

        shown = value if len(str(value)) < 30 else f"{str(value)[:12]}…"
        yield Case("option", f"{key}: {shown!r}", read, _escape(about))


# ---- Milestones ------------------------------------------------------------------------------


def start_with(milestones: bytes | str) -> None:
    """A start with this milestone file."""
    start(milestone_config=write("goals.json", milestones))


def list_milestone_files() -> Iterator[Case]:
    good = json.dumps({"milestones": [{"id": "A", "done_when": "player.moving"}]})
    texts: dict[str, tuple[bytes | str, str]] = {
        "empty": ("", "not valid JSON (Expecting value"),
        "cut off": (good[:-5], "not valid JSON"),
        "a comma too many": ('{"milestones": [{"id": "A",}]}', "line 1, column"),
        "a comment": ("// mine\n" + good, "not valid JSON"),
        "single quotes": (good.replace('"', "'"), "not valid JSON"),
        "a list": ("[]", "found no milestones"),
        "no list in it": ("{}", "found no milestones"),
        "an empty list": ('{"milestones": []}', "found no milestones"),
        "another name": ('{"milestone": []}', "found no milestones"),
        "a key twice": ('{"milestones": [], "milestones": []}', "'milestones' twice"),
        "an entry's key twice": ('{"milestones": [{"id": "A", "id": "B"}]}', "'id' twice"),
        "NaN": ('{"milestones": [{"id": "A", "max_steps": NaN}]}', "NaN, which is no JSON"),
        "half a character": (
            '{"milestones": [{"id": "A", "done_when": "\\ud800"}]}',
            "half a character",
        ),
        "a number of 5,000 digits": (f'{{"milestones": {"1" * 5000}}}', "thousands of digits"),
        "nested 3,000 deep": ('{"milestones": ' + "[" * DEEP + "]" * DEEP + "}", "nested too deep"),
        "UTF-16": (good.encode("utf-16"), "no UTF-8 text"),
        "Latin-1": (good.replace("A", "Ä").encode("latin-1"), "no UTF-8 text"),
        "random bytes": (bytes(range(256)), "no UTF-8 text"),
    }
    for name, (text, about) in texts.items():
        yield Case(
            "milestone file",
            name,
            lambda text=text: start_with(text),  # type: ignore[misc]
            rf"milestone file goals.json.*{_escape(about)}",
        )
    for odd, about in ODD.items():

        def read(odd: str = odd) -> None:
            start(milestone_config=make_odd("goals.json", odd))

        yield Case("milestone file", odd, read, rf"milestone file goals.json: .*{_escape(about)}")


def list_entries() -> Iterator[Case]:
    deep = "(" * DEEP + "a" + ")" * DEEP
    entries: list[tuple[str, Any, str]] = [
        ("no object", "A", "expected an object"),
        ("no id", {"id": None}, "the id is None"),
        ("an id of 300 letters", {"id": "A" * 300}, "has 300 letters; expected at most 128"),
        ("an id with a slash", {"id": "../A"}, "expected letters, digits"),
        ("an id that is a list", {"id": [["A"]]}, "expected letters, digits"),
        ("a misspelt key", {"done_wen": "a"}, "did you mean 'done_when'"),
        ("max_steps: 0", {"max_steps": 0}, "max_steps is 0"),
        ("max_steps: 10^18", {"max_steps": 10**18}, "up to 1,000,000"),
        ("max_steps: text", {"max_steps": "9"}, "max_steps is '9'"),
        ("a description that is none", {"description": 5}, "description is 5"),
        ("no done_when", {"done_when": None}, "no done_when"),
        ("done_when is a list", {"done_when": ["a"]}, "no JMESPath expression"),
        ("done_when is empty", {"done_when": ""}, "no JMESPath expression"),
        ("done_when: a = b", {"done_when": "a = b"}, "no JMESPath expression"),
        ("nested 3,000 deep", {"done_when": deep}, "nested too deep"),
        ("an unknown function", {"done_when": "lenght(player)"}, "did you mean 'length'"),
        ("too many arguments", {"done_when": "length(player, game)"}, "and it takes 1"),
        ("a function of the wrong type", {"done_when": "length(game.busy)"}, "cannot be evaluated"),
        ("a TypeError within", {"done_when": "max_by([`1`,`2`], &@.x)"}, "cannot be evaluated"),
        ("a text instead of a truth", {"done_when": "game.scene"}, "expected true or false"),
        ("a misspelt field", {"done_when": "game.scne == 'town'"}, "did you mean 'scene'"),
        ("a bare true", {"done_when": "player.moving == true"}, "in backticks"),
        ("a negated path", {"done_when": "!game.busy"}, "Write !(a.b)"),
        ("true at the start", {"done_when": "game.scene != 'x'"}, "done_when is true in its start"),
        (
            "fail_when true at the start",
            {"fail_when": "game.scene != 'x'"},
            "fail_when is true in its start",
        ),
        ("fail_when: an unknown function", {"fail_when": "foo(a)"}, "fail_when is 'foo(a)'"),
        ("starting_state of nobody", {"starting_state": "X"}, "starting_state is 'X'"),
        ("starting_state is a number", {"starting_state": 5}, "starting_state is 5"),
    ]
    for name, change, about in entries:

        def read(change: Any = change) -> None:
            entry = {"id": "GOAL", "done_when": "player.moving"}
            start_with(json.dumps({"milestones": [entry | change if change != "A" else "A"]}))

        yield Case("milestone", name, read, _escape(about))

    def read_path() -> None:
        second = {"id": "B", "done_when": "player.moving", "starting_state": "x/A_completed.state"}
        first = {"id": "A", "done_when": "player.moving"}
        start_with(json.dumps({"milestones": [first, second]}))

    yield Case("milestone", "starting_state in another folder", read_path, "looked for in")


# ---- Save states -----------------------------------------------------------------------------


def list_states() -> Iterator[Case]:
    good = _get_good_state()
    other = bytearray(good)
    other[0x10:0x20] = b"POKEMON EMERBPEE"
    newer = b"\x07\0\0\x01" + good[4:]
    noise = bytes(k * 167 & 0xFF for k in range(CONSOLE_SIZE))
    item = struct.pack("<Iiq", 2, 65536, CONSOLE_SIZE + 32) + bytes(16)
    contents: dict[str, tuple[bytes, str]] = {
        "empty": (b"", "an empty file"),
        "text": (b"see the other folder", "this is none"),
        "cut off": (good[:1000], "found 1,000 bytes"),
        "cut off by a byte": (good[:-1], "found 397,311 bytes"),
        "save memory cut off": (good + item + bytes(100), "was cut off"),
        "gzip, cut off": (gzip.compress(good)[:-500], "damaged gzip data"),
        "gzip, nonsense": (b"\x1f\x8b" + bytes(50), "damaged gzip data"),
        "a gzip bomb": (gzip.compress(bytes(1 << 28)), "more than 16,777,216 bytes"),
        "another game's": (bytes(other), "'POKEMON EMER' (BPEE)"),
        "another core's": (newer, "found version 0x01000007"),
        "noise behind title and code": (good[:0x20] + noise[0x20:], "which no console has"),
        "noise behind the processor": (good[:0x70] + noise[0x70:], "which no console has"),
        "noise behind the timers": (good[:0x300] + noise[0x300:], "which no console has"),
        "zeros behind title and code": (good[:0x20] + bytes(CONSOLE_SIZE - 0x20), "mode 0x00"),
        "a battery save": (bytes(32768), "a battery save (.sav)"),
        "a ROM": ((GAME / "mossbrook.gba").read_bytes(), "a ROM (.gba)"),
        "a zip": (b"PK\x03\x04" + bytes(100), "a zip archive"),
        "a Git LFS pointer": (b"version https://git-lfs.github.com/spec/v1\n", "git lfs pull"),
        "a picture without state": (_PNG, "without a state in it"),
        "a picture, cut off": (_PNG[:-8], "was cut off"),
        "a picture that is a bomb": (_make_picture(bytes(1 << 27)), "more than 16,777,216 bytes"),
    }
    path = f"states/{FIRST}_completed.state"
    for name, (content, about) in contents.items():

        def read(content: bytes = content) -> None:
            write(path, content)
            start(state_dir="states", milestone=SECOND)

        yield Case("save state", name, read, rf"save state {path}: .*{_escape(about)}")
    for odd, about in ODD.items():

        def read_odd(odd: str = odd) -> None:
            make_odd(path, odd)
            start(state_dir="states", milestone=SECOND)

        yield Case("save state", odd, read_odd, rf"save state {path}: .*{_escape(about)}")


def _get_good_state() -> bytes:
    """A console that is in order, and no game's but ours."""
    from autodagger.game.contract import load_game

    global _GOOD
    if not _GOOD:
        simulator = load_game(GAME).open(GAME / "mossbrook.gba")
        simulator.power_on(np.random.default_rng(0))
        for _ in range(30):
            simulator.act("no_op", np.random.default_rng(0))
        _GOOD = simulator.save()
        simulator.close()
    return _GOOD


_GOOD = b""


def _chunk(name: bytes, data: bytes) -> bytes:
    crc = zlib.crc32(name + data)
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", crc)


_PNG = (
    b"\x89PNG\r\n\x1a\n"
    + _chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    + _chunk(b"IDAT", zlib.compress(b"\0\0"))
    + _chunk(b"IEND", b"")
)


def _make_picture(console: bytes) -> bytes:
    return _PNG[:-12] + _chunk(b"gbAs", zlib.compress(console)) + _PNG[-12:]


# ---- Adapters and ROMs -----------------------------------------------------------------------

ADAPTER = """
from autodagger.game.gba import GbaGame
class Mine(GbaGame):
    name, rom, rom_sha1, actions = "Mine", "mine.gba", "{sha1}", ("no_op", "a")
    hold_frames, release_frames = 4, (4, 8)
    def read_state(self, ram):
        return {{"x": 1}}
"""
HANGS = "a loop without end"


def start_with_adapter(text: bytes) -> None:
    """A start of a game of one's own."""
    write("mine/adapter.py", text)
    write("mine/mine.gba", (GAME / "mossbrook.gba").read_bytes())
    start(game="./mine", milestone_config=write("goals.json", _GOALS))


_GOALS = json.dumps({"milestones": [{"id": "A", "done_when": "x == `2`"}]})


def list_adapters() -> Iterator[Case]:
    sha1 = (GAME / "mossbrook.gba.sha1").read_text().split()[0]
    good = ADAPTER.format(sha1=sha1)
    no_state = good.replace('return {"x": 1}', "{}")
    texts: dict[str, tuple[str | bytes, str]] = {
        "empty": ("", "found none; expected exactly one"),
        "a syntax error": (good + "\n x = = 1", "line 9"),
        "an import that fails": ("import pokemon\n" + good, "line 1: ModuleNotFoundError"),
        "SystemExit(0) at import": ("raise SystemExit(0)\n" + good, "line 1: SystemExit: 0"),
        "os._exit(0) at import": ("import os; os._exit(0)\n" + good, "process ended (exit status"),
        "KeyboardInterrupt at import": ("raise KeyboardInterrupt\n" + good, "process ended"),
        "an endless recursion": ("def f(): f()\nf()\n" + good, "line 1: RecursionError"),
        "an error that has no text": (
            "class E(Exception):\n def __str__(self): 1 / 0\nraise E\n" + good,
            "line 3: E, while",
        ),
        "two games": (good + good.replace("Mine(", "Yours("), "found Mine, Yours"),
        "NUL": (good.encode() + b"\0", "save the file as text in UTF-8"),
        "UTF-16": (good.encode("utf-16"), "save the file as text in UTF-8"),
        "Latin-1, undeclared": (b"x = '\xfc'\n" + good.encode(), "'utf-8' codec"),
        "actions is a text": (good.replace('("no_op", "a")', '"no_op"'), "actions is 'no_op'"),
        "actions is missing": (
            good.replace(", actions", "").replace(', ("no_op", "a")', ""),
            "act",
        ),
        "an unknown button": (good.replace('"a")', '"A")'), "did you mean 'a'"),
        "a button twice": (good.replace('"a")', '"a", "a")'), "2 times"),
        "no_op is not first": (good.replace('("no_op", "a")', '("a", "no_op")'), "begins with 'a'"),
        "hold_frames: 10^9": (good.replace("= 4, (4", "= 10**9, (4"), "hold_frames is 1000000000"),
        "release_frames reversed": (good.replace("(4, 8)", "(8, 4)"), "release_frames is (8, 4)"),
        "read_state raises": (
            no_state.format("raise KeyError('hp')"),
            "KeyError: 'hp', in read_st",
        ),
        "read_state: SystemExit(0)": (no_state.format("raise SystemExit(0)"), "SystemExit: 0, in"),
        "read_state: os._exit(0)": (no_state.format("import os; os._exit(0)"), "exit status 0"),
        "read_state hangs": (no_state.format("\n        while True: pass"), HANGS),
        "read_state gives a list": (no_state.format("return [1]"), "gave list; expected a dict"),
        "read_state gives bytes": (no_state.format("return {'x': b'1'}"), "no JSON: x is"),
        "read_state gives a circle": (
            no_state.format("a = {}; a['a'] = a; return a"),
            "nested too deep, or holds itself",
        ),
        "read_state reads elsewhere": (no_state.format("return ram.u8(0)"), "RAM read of 1 bytes"),
    }
    for name, (text, about) in texts.items():
        content = text if isinstance(text, bytes) else text.encode()
        yield Case(
            "adapter",
            name,
            lambda content=content: start_with_adapter(content),  # type: ignore[misc]
            rf"mine/adapter\.py.*{_escape(about)}",
        )
    for odd in ("a folder", "a pipe", "a link into nowhere"):

        def read(odd: str = odd) -> None:
            make_odd("mine/adapter.py", odd)
            start(game="./mine", milestone_config=write("goals.json", _GOALS))

        yield Case("adapter", odd, read, rf"adapter mine/adapter\.py: .*{_escape(ODD[odd])}")


def ask(content: bytes | None = None) -> None:
    """Has an expert answer once, in a process of its own."""
    if content is not None:
        write("experts/X.py", content)
    try:
        load_expert(Path("experts/X.py")).act({"player": {"position": {"x": 0, "y": 0}}})
    except ExpertError as error:
        raise Told(str(error)) from error


def list_experts() -> Iterator[Case]:
    for odd in ("a folder", "a pipe", "a link into nowhere"):

        def ask_odd(odd: str = odd) -> None:
            make_odd("experts/X.py", odd)
            ask()

        yield Case("expert", odd, ask_odd, rf"experts/X\.py: .*{_escape(ODD[odd])}")
    run = b"\ndef run(state): return 'a'"
    for name, content, about in (
        ("empty", b"", "no function run"),
        ("no run", b"def play(state): return 'a'", "no function run"),
        ("run is no function", b"run = 'a'", "no function run"),
        ("no Python", b"go up, then left", r"X\.py, line 1: .*go up"),
        ("a tab too many", b"def run(state):\n    x = 1\n\treturn 'a'", r"X\.py, line 3"),
        ("NUL bytes", run + bytes(3), r"X\.py.*null bytes"),
        ("random bytes", bytes(range(1, 256)), r"X\.py"),
        ("UTF-16", "def run(state): return 'a'".encode("utf-16"), r"X\.py"),
        ("Latin-1 undeclared", "x = 'é'".encode("latin-1") + run, r"X\.py.*utf-8"),
        ("an unknown encoding", b"# -*- coding: klingon -*-" + run, r"X\.py.*klingon"),
        ("2 MB", b"#" * (2 << 20) + run, "2,097,"),
        ("200,000 signs", b"x = " + b"-" * 200_000 + b"1" + run, r"X\.py is nested too deep"),
        ("10,000 brackets", b"x = " + b"(" * 10_000 + run, r"X\.py, line 1: too many nested"),
        ("import torch", b"import torch" + run, r"confined.*'torch'.*line 1 of X\.py"),
        ("import numpy", b"\nimport numpy as np" + run, r"confined.*'numpy'.*line 2 of X\.py"),
        ("import of a neighbour", b"from walk import go" + run, r"confined.*'walk'.*line 1"),
        ("another argument", b"def run(): return 'a'", r"TypeError.*takes 0 positional"),
        ("ends at once", b"raise SystemExit(0)" + run, "SystemExit: 0 .line 1"),
        ("an unknown button", b"def run(state): return 'jump'", "'jump'; expected one of no_op"),
        ("no button", b"def run(state): pass", "None; expected one of no_op"),
        ("a misspelt field", b"def run(state): return state['plyer']", "KeyError: 'plyer'.*line 1"),
        ("reset raises", b"def reset(): 1 / 0" + run, r"ZeroDivisionError.*in reset\(\)"),
        ("calls itself", b"def run(state): return run(state)", "RecursionError"),
        ("hoards memory", b"def run(state): return bytes(8 << 30)", "MemoryError"),
        ("writes a file", b"def run(state): open('kept.txt', 'w')", "cannot write files"),
        ("reads a file", b"def run(state): open('kept.txt')", "game's data folder"),
        ("a process", b"import os\ndef run(state): os.system('rm kept.txt')", "start processes"),
        ("ends its process", b"import os\ndef run(state): os._exit(0)", "ended the process"),
        ("hangs", b"def run(state):\n    while True: pass", "took longer than 5 s in run"),
    ):
        yield Case("expert", name, functools.partial(ask, content), about)


def list_roms() -> Iterator[Case]:
    for name, content in {"empty": b"", "another": b"x" * 1000, "text": b"no game"}.items():
        yield Case(
            "ROM",
            name,
            lambda content=content: start(rom_path=write("r.gba", content)),  # type: ignore[misc]
            r"ROM r\.gba: found SHA-1",
        )
    for odd in ("a folder", "a pipe", "a link into nowhere", "a device"):
        yield Case(
            "ROM",
            odd,
            lambda odd=odd: start(rom_path=make_odd("r.gba", odd)),  # type: ignore[misc]
            rf"ROM r\.gba: .*{_escape(ODD[odd])}",
        )


# ---- Models ----------------------------------------------------------------------------------


def read_model(content: bytes, **expected: Any) -> None:
    """As the test of a student reads it."""
    path = Path(write("m.pth", content))
    student, found = load_student(path)
    known = {"milestone_id": found["milestone_id"], "actions": ACTIONS, "view": student.args.view}
    check_student(path, student.args, found, Expected(**known | expected))


def change_model(change: Callable[[dict[str, Any]], object]) -> bytes:
    content = torch.load(io.BytesIO(to_bytes(make_student())), weights_only=True)
    change(content)
    buffer = io.BytesIO()
    torch.save(content, buffer)
    return buffer.getvalue()


def list_models() -> Iterator[Case]:
    good = to_bytes(make_student())
    contents: dict[str, tuple[bytes, str]] = {
        "empty": (b"", "cannot be read as tensors"),
        "cut off": (good[:-100], "cannot be read as tensors"),
        "text": (b"a model", "cannot be read as tensors"),
        "a pickle": (pickle.dumps([1, 2]), "cannot be read as tensors"),
        "random bytes": (bytes(range(256)) * 20, "cannot be read as tensors"),
        "a zip of nothing": (b"PK\x05\x06" + bytes(18), "cannot be read as tensors"),
        "another format": (change_model(lambda c: c.update(format=1)), "found format 1"),
        "no weights": (change_model(lambda c: c.pop("weights")), "incomplete"),
        "weights are a number": (change_model(lambda c: c.update(weights=5)), "incomplete"),
        "NaN": (change_model(lambda c: c["weights"]["head.bias"].fill_(float("nan"))), "no number"),
        "infinity": (
            change_model(lambda c: c["weights"]["scale"].fill_(float("inf"))),
            "no number",
        ),
        "a network of nobody": (
            change_model(lambda c: c["network"].update(network="x")),
            "incomplete",
        ),
        "a hidden_dim of 10^12": (
            change_model(lambda c: c["network"].update(hidden_dim=10**12)),
            "hidden.bias has the shape",
        ),
        "a frame_size of 10^7": (
            change_model(lambda c: c["network"]["view"].update(frame_size=[10**7] * 2)),
            "center has the shape",
        ),
        "actions missing": (
            change_model(lambda c: c["network"]["actions"].pop()),
            "head.bias has the shape",
        ),
    }
    for name, (content, about) in contents.items():
        yield Case(
            "model",
            name,
            lambda content=content: read_model(content),  # type: ignore[misc]
            rf"model m\.pth.*{_escape(about)}",
        )
    others: dict[str, tuple[dict[str, Any], str]] = {
        "another milestone's": ({"milestone_id": "OTHER"}, "found the one of milestone"),
        "other actions": ({"actions": ("no_op", "x")}, "its buttons are"),
        "another frame_size": ({"view": View((80, 120))}, "trained with frame_size"),
        "in colour": ({"view": View((40, 60), grayscale=False)}, "trained with grayscale"),
    }
    for name, (change, about) in others.items():
        yield Case(
            "model",
            name,
            lambda change=change: read_model(good, **change),  # type: ignore[misc]
            rf"model m\.pth: .*{_escape(about)}",
        )
    for odd in ("a folder", "a pipe", "a link into nowhere", "4 GB, sparse"):
        yield Case(
            "model",
            odd,
            lambda odd=odd: load_student(Path(make_odd("m.pth", odd))),  # type: ignore[misc]
            rf"model m\.pth: .*{_escape(ODD[odd])}",
        )


# ---- Results of ours -------------------------------------------------------------------------


def read_row(path: str) -> None:
    """By way of the table, which tells instead of raising."""
    results = Results(".")
    [row] = collect_rows(results, ["A"], {})
    if row["status"] == "failed" and row["error"]:
        raise Told(row["error"])


class Told(Exception):
    """What a row, or a training, says of a damaged file, and goes on."""


def read_checkpoint(path: str) -> None:
    """By way of a training that goes on."""
    said: list[str] = []
    list(Checkpoint(Path("c"), {"a": "b"}, said.append).load())
    if said:
        raise Told(" ".join(said))


READERS: dict[str, tuple[str, Callable[[str], Any], bytes, str]] = {
    "row": ("rows/A.json", read_row, b'{"status": "failed"}', "Delete that file"),
    "report": ("e.json", lambda path: read_report(path, "A"), b"{}", "Delete that file"),
    "budget": (
        "budget.json",
        Budget.read,
        b'{"max_episode_steps": 3, "expert_success_rate": 1}',
        "Delete that file",
    ),
    "episodes": (
        "t.json",
        lambda path: Replays.read(Path(path)),
        b'{"milestone_id": "A", "actions": ["x"], "episodes": []}',
        "Delete that file",
    ),
    "start states": (
        "s.zip",
        lambda path: load_start_states(Path(path)),
        b"",
        "Delete that file",
    ),
    "checkpoint": ("c/iteration_000.pt", read_checkpoint, b"", "goes on without it"),
}


def list_answers() -> Iterator[Case]:
    """Kept answers of a vision model, one a line; nothing, or a half, is what a kill leaves."""

    def read(content: bytes = b"") -> None:
        write("answers.jsonl", content)
        KeptAnswers(Path("answers.jsonl")).get("0" * 64)

    lines = {"random bytes": bytes(range(256)), "a list": b"[1]\n", "no answer": b'{"key": "a"}\n'}
    lines["nested 3,000 deep"] = b"[" * DEEP + b"]" * DEEP + b"\n"
    for name, content in lines.items():
        yield Case(
            "our kept answers",
            name,
            functools.partial(read, content),
            r"answers\.jsonl: line 1: .*Mend that line",
        )
    for odd in ("a folder", "a pipe"):

        def read_odd(odd: str = odd) -> None:
            make_odd("answers.jsonl", odd)
            KeptAnswers(Path("answers.jsonl")).get("0" * 64)

        yield Case("our kept answers", odd, read_odd, rf"answers\.jsonl: .*{_escape(ODD[odd])}")


def list_own_results() -> Iterator[Case]:
    damages: dict[str, bytes | None] = {
        "empty": b"",
        "cut off": None,
        "random bytes": bytes(range(256)),
        "a list": b"[1]",
        "another shape": b'{"milestone_id": 5, "status": [], "max_episode_steps": "x"}',
        "nested 3,000 deep": b"[" * DEEP + b"]" * DEEP,
        "NaN": b'{"status": NaN}',
        "UTF-16": "{}".encode("utf-16"),
    }
    for kind, (path, reader, good, advice) in READERS.items():
        for name, content in damages.items():

            def read(
                kind: str = kind,
                path: str = path,
                reader: Callable[[str], Any] = reader,
                content: bytes | None = content,
                good: bytes = good,
            ) -> None:
                whole = _make_whole(kind, good)
                write(path, whole[: len(whole) // 2] if content is None else content)
                reader(path)

            yield Case(f"our {kind}", name, read, rf"{_escape(path)}: .*{_escape(advice)}")
        for odd in ("a folder", "a pipe"):

            def read_odd(
                kind: str = kind,
                path: str = path,
                reader: Callable[[str], Any] = reader,
                odd: str = odd,
            ) -> None:
                _make_whole(kind, b"")
                make_odd(path, odd)
                reader(path)

            yield Case(f"our {kind}", odd, read_odd, rf"{_escape(path)}: .*{_escape(ODD[odd])}")


def _make_whole(kind: str, good: bytes) -> bytes:
    if kind == "start states":
        save_start_states(Path("whole.zip"), [StartState("a", bytes(5000))], "0" * 40)
        return Path("whole.zip").read_bytes()
    if kind == "checkpoint":
        Checkpoint(Path("c"), {"a": "b"}, print)
        return seal(bytes(1000))
    return good


def _escape(text: str) -> str:
    """Of a regular expression, what stands for itself."""
    return "".join(rf"\{letter}" if letter in r".^$*+?{}[]\|()" else letter for letter in text)
