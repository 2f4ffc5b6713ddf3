"""`autodagger inspect`: plays a game, shows what happened, and searches its memory."""

import csv
import io
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from textwrap import shorten
from typing import Self

import numpy as np
from PIL import Image

from autodagger.authoring.drawing import Panel, choose_steps, draw_sheet, flatten
from autodagger.authoring.players import (
    ExpertPlayer,
    check_keys,
    play_keys,
    play_randomly,
    read_keys,
)
from autodagger.authoring.recording import (
    Choose,
    Moment,
    Recording,
    list_busy_steps,
    load_recording,
    record,
)
from autodagger.authoring.search import align, format_findings, parse_condition, search
from autodagger.errors import UserError
from autodagger.files import write_bytes, write_text
from autodagger.game.contract import Game, Simulator, check_rom, explain_adapter, load_game
from autodagger.game.draft import draft_cartridge
from autodagger.game.memory import find_addresses, format_address
from autodagger.game.starts import load_start_states
from autodagger.results.video import Encoder, VideoStyle

DEFAULT_STEPS = 300
RECORDING, SHEET, VIDEO = "recording.npz", "moments.png", "video.mp4"
END, CHANGES, STEPS = "end.state", "changes.csv", "steps"

_BUSY_STEPS = 5
_VALUES_WIDTH = 60
_FILES = (
    (VIDEO, "each step, the game state beside it"),
    (SHEET, "up to 60 steps at once that showed something new, with their numbers"),
    (f"{STEPS}/", "each step's picture, by its number"),
    (CHANGES, "bytes of memory that changed: how often, when, and what they were"),
    (RECORDING, "what --search looks through"),
    (END, "where it ended: --start goes on from there"),
)


@dataclass(frozen=True)
class Play:
    """What is played, and by whom.

    Attributes:
        game_dir: The game's folder; None: the ROM alone, without an adapter.
        rom: The ROM; None takes the game's own, if it has one.
        start: Save state to begin from; None is power-on.
        keys: A script of keys.
        expert: An expert's file; without both, chance plays.
        steps: At most so many; None: the script's, or `DEFAULT_STEPS`.
        seed: Of all chance.
    """

    game_dir: Path | None
    rom: Path | None = None
    start: Path | None = None
    keys: Path | None = None
    expert: Path | None = None
    steps: int | None = None
    seed: int = 0


def inspect(play: Play, folder: Path) -> str:
    """Plays, and writes what a person looks at.

    Args:
        play: What.
        folder: Where the files go.

    Returns:
        What happened, as text for a terminal.

    Raises:
        UserError: The game, the save state or the player cannot be used.
    """
    keys = read_keys(play.keys) if play.keys else []
    game = load_game(play.game_dir) if play.game_dir else None
    rom = play.rom or (game.find_rom(play.game_dir) if game and play.game_dir else None)
    if game is None:
        assert rom is not None  # the command line asks for one of the two
        game = draft_cartridge(rom, [key for key in keys if "+" in key])
    check_rom(game, rom)
    if play.keys:
        check_keys(play.keys, keys, game.actions)
    adapter = (play.game_dir or Path()) / "adapter.py"
    with explain_adapter(adapter, "while the game was inspected"):
        simulator = game.open(rom)
        rng = np.random.default_rng(play.seed)
        state = load_start_states(play.start)[0].data
        simulator.power_on(rng) if state is None else simulator.load(state)
        fps = simulator.frames_per_second / simulator.frames_per_step
        with _choose_player(play, keys, game, simulator) as player, _Album(folder, fps) as album:
            steps = play.steps or (len(keys) if play.keys else DEFAULT_STEPS)
            recording = record(simulator, player, steps, rng, game.no_op, album.add)
        write_bytes(folder / END, simulator.save())
        simulator.close()
    recording.save(folder / RECORDING)
    (folder / CHANGES).unlink(missing_ok=True)
    if recording.first.size:
        _write_changes(recording, folder / CHANGES)
    error = getattr(player, "error", "")
    return "\n\n".join(
        [describe(game, recording, folder), *([f"It ended: {error}"] if error else [])]
    )


def search_recording(folder: Path, conditions: Sequence[str]) -> str:
    """What a search of the recording in `folder` finds, as text for a terminal.

    Raises:
        UserError: There is no recording, or a condition is none.
    """
    if not (folder / RECORDING).exists():
        raise UserError(
            f"--search: there is no {folder / RECORDING}. Play first, without --search; name the "
            "folder with --out if it is another one."
        )
    recording = load_recording(folder / RECORDING)
    if not recording.first.size:
        raise UserError(
            "--search: this game shows no memory. Its state stands beside the pictures; read it of "
            "the environment with read_env."
        )
    parsed = [parse_condition(text, recording.steps) for text in conditions]
    return format_findings(parsed, *search(recording, parsed))


def describe(game: Game, recording: Recording, folder: Path) -> str:
    """What was played, which files tell of it, and what changed."""
    lines = [f"{game.name}: {recording.steps} steps. Its actions: {', '.join(game.actions)}"]
    lines += ["", f"{folder}/"]
    lines += [f"  {name:14} {text}" for name, text in _FILES if (folder / name).exists()]
    if recording.first.size:
        lines += ["", *_describe_memory(recording)]
    if rows := list(_list_state_changes(recording)):
        lines += ["", *align([("game state", "changes", "values"), *rows], "<><")]
    return "\n".join(lines)


def _choose_player(
    play: Play, keys: Sequence[str], game: Game, simulator: Simulator
) -> ExpertPlayer | nullcontext[Choose]:
    if play.expert:
        return ExpertPlayer(play.expert, play.game_dir, game, play.seed, simulator.screen)
    return nullcontext(play_keys(keys) if play.keys else play_randomly(game.actions, play.seed))


class _Album:
    """All pictures of a play, as files; use it in a `with` block.

    Args:
        folder: Where they go.
        fps: Of the video: a picture a step, at about the game's real speed.
    """

    def __init__(self, folder: Path, fps: float) -> None:
        self._folder, self._fps = folder, fps
        self._panel = Panel()
        self._encoder: Encoder | None = None
        self._seen: list[int] = []  # steps that showed something new
        self._picture = b""

    def __enter__(self) -> Self:
        (self._folder / STEPS).mkdir(parents=True, exist_ok=True)
        for old in (self._folder / STEPS).glob("*.png"):
            old.unlink()
        return self

    def add(self, moment: Moment) -> None:
        """Keeps one step."""
        if moment.picture.tobytes() != self._picture:
            self._seen.append(moment.step)
            self._picture = moment.picture.tobytes()
        Image.fromarray(moment.picture).save(self._find(moment.step), compress_level=1)
        picture = self._panel.draw(moment)
        if self._encoder is None:
            height, width, _ = picture.shape
            style = VideoStyle(self._fps, scale=1)
            self._encoder = Encoder(self._folder / VIDEO, width, height, style)
            self._encoder.start()
        self._encoder.send(picture)

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if self._encoder is None:
            return
        try:
            if error is None:
                self._encoder.finish()
                steps = choose_steps(self._seen)
                pictures = [(step, np.asarray(Image.open(self._find(step)))) for step in steps]
                draw_sheet(pictures).save(self._folder / SHEET)
        finally:
            self._encoder.end()

    def _find(self, step: int) -> Path:
        return self._folder / STEPS / f"{step:05}.png"


def _describe_memory(recording: Recording) -> Iterator[str]:
    counts = recording.count_changes()
    for base, size in recording.map.blocks.items():
        part, counts = counts[:size], counts[size:]
        never, once, often = (int(which.sum()) for which in (part == 0, part == 1, part > 10))
        yield (
            f"{size:,} bytes of memory from {format_address(base)} on: {never:,} never changed, "
            f"{once:,} once, {size - never - once - often:,} 2 to 10 times, {often:,} more often"
        )
    busy = ", ".join(map(str, list_busy_steps(recording, _BUSY_STEPS)))
    yield f"Most bytes changed at the steps {busy}."


def _list_state_changes(recording: Recording) -> Iterator[tuple[str, str, str]]:
    """For each value of the state how often it changed, and what it was."""
    seen: dict[str, list[str]] = {}
    for state in recording.states:
        for key, value in flatten({k: v for k, v in state.items() if k != "prev_action"}):
            values = seen.setdefault(key, [])
            if values[-1:] != [value]:
                values.append(value)
    for key, values in seen.items():
        distinct = ", ".join(dict.fromkeys(values))
        yield key, str(len(values) - 1), shorten(distinct, _VALUES_WIDTH, placeholder=" …")


def _write_changes(recording: Recording, path: Path) -> None:
    """A line for each byte that changed, rarely changing ones first."""
    counts = recording.count_changes()
    first, last = np.zeros_like(counts), np.zeros_like(counts)
    low, high = recording.first.copy(), recording.first.copy()
    for step, (places, values) in enumerate(recording.changes, 1):
        first[places] = np.where(first[places] == 0, step, first[places])
        last[places] = step
        low[places] = np.minimum(low[places], values)
        high[places] = np.maximum(high[places], values)
    end = recording.read_memory({recording.steps})[recording.steps]
    changed = np.flatnonzero(counts)
    order = changed[np.argsort(counts[changed], kind="stable")]
    columns = (counts, first, last, recording.first, end, low, high)
    names = ("changes", "first_step", "last_step", "at_start", "at_end", "lowest", "highest")
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(("address", *names))
    addresses = find_addresses(recording.map)
    rows.writerows(
        (format_address(int(addresses[place])), *(int(column[place]) for column in columns))
        for place in order.tolist()
    )
    write_text(path, text.getvalue())
