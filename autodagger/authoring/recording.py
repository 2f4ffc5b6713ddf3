"""A recording: what was pressed, what the adapter read, and which bytes of memory changed when."""

import io
import json
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from autodagger.files import read_bytes, reading, seal, unseal, write_bytes
from autodagger.game.contract import GameState, Simulator
from autodagger.game.memory import MemoryMap

_WHAT = "recording"
_AGAIN = "Play again, which records it anew."

Choose = Callable[[GameState], str | None]
"""The next action in a state; None ends the play."""


@dataclass(frozen=True)
class Moment:
    """One step after it was taken; step 0 is the start.

    Attributes:
        step: Its number.
        action: What was pressed; None at the start.
        picture: (H, W, 3) uint8, the screen after it.
        state: What the adapter reads after it.
    """

    step: int
    action: str | None
    picture: np.ndarray
    state: GameState


@dataclass
class Recording:
    """What was played; T is the number of steps.

    Memory is kept as it was at the start, and as the bytes that each step changed.

    Attributes:
        map: How the memory is addressed.
        first: (M,) uint8, the memory at the start, all blocks one after another.
        actions: T names.
        states: T + 1 states, that of the start first.
        changes: T pairs: places in the memory, (K,) int64, and what stands there now, (K,) uint8.
    """

    map: MemoryMap
    first: np.ndarray
    actions: list[str] = field(default_factory=list)
    states: list[GameState] = field(default_factory=list)
    changes: list[tuple[np.ndarray, np.ndarray]] = field(default_factory=list)

    @property
    def steps(self) -> int:
        """Steps that were played."""
        return len(self.changes)

    def walk(self) -> Iterator[np.ndarray]:
        """The memory at the start and after each step: (M,) uint8, the same array all along."""
        memory = self.first.copy()
        yield memory
        for places, values in self.changes:
            memory[places] = values
            yield memory

    def read_memory(self, steps: Collection[int]) -> dict[int, np.ndarray]:
        """The memory after each of these steps, (M,) uint8."""
        return {step: memory.copy() for step, memory in enumerate(self.walk()) if step in steps}

    def count_changes(self) -> np.ndarray:
        """(M,) int64: how many steps changed each byte."""
        return np.bincount(self._all_places(), minlength=self.first.size)

    def _all_places(self) -> np.ndarray:
        return np.concatenate([np.empty(0, np.int64), *(places for places, _ in self.changes)])

    def save(self, path: Path) -> None:
        """Writes it as an .npz file."""
        about = {"map": asdict(self.map), "actions": self.actions, "states": self.states}
        values = [np.empty(0, np.uint8), *(values for _, values in self.changes)]
        buffer = io.BytesIO()
        np.savez_compressed(
            buffer,
            about=np.frombuffer(json.dumps(about).encode(), np.uint8),
            first=self.first,
            counts=np.array([len(places) for places, _ in self.changes], np.int64),
            places=self._all_places(),
            values=np.concatenate(values),
        )
        write_bytes(path, seal(buffer.getvalue()))


def load_recording(path: Path) -> Recording:
    """Reads what `Recording.save` wrote.

    Raises:
        DamagedFile: There is none, or it is not as it was written.
    """
    data = read_bytes(path, _WHAT, _AGAIN)
    with reading(_WHAT, path, _AGAIN), np.load(io.BytesIO(unseal(data))) as arrays:
        about: dict[str, Any] = json.loads(arrays["about"].tobytes())
        first, counts = arrays["first"], arrays["counts"]
        places, values = arrays["places"], arrays["values"]
        memory_map = _read_map(about["map"])
        ends = np.cumsum(counts)[:-1]
        changes = list(zip(np.split(places, ends), np.split(values, ends), strict=True))
        return Recording(memory_map, first, about["actions"], about["states"], changes)


def _read_map(about: dict[str, Any]) -> MemoryMap:
    blocks = {int(base): size for base, size in about.pop("blocks").items()}
    return MemoryMap(blocks, **(about | {"kinds": tuple(about["kinds"])}))


def record(
    simulator: Simulator,
    choose: Choose,
    steps: int,
    rng: np.random.Generator,
    no_op: str | None = None,
    on_moment: Callable[[Moment], None] = lambda moment: None,
) -> Recording:
    """Plays on from where the game is.

    Args:
        simulator: The game, with a picture on its screen.
        choose: Who plays.
        steps: At most so many; the game's own end, or the player's, ends it before.
        rng: Of the game's chance.
        no_op: The action "before" the first one.
        on_moment: Told of the start and of each step.
    """
    snapshot = simulator.memory()
    memory = np.frombuffer(snapshot.content, np.uint8)
    recording = Recording(snapshot.map, memory, states=[_read(simulator, no_op)])
    on_moment(Moment(0, None, simulator.screen(), recording.states[0]))
    for step in range(1, steps + 1):
        action = None if simulator.has_ended else choose(recording.states[-1])
        if action is None:
            break
        simulator.act(action, rng)
        before, memory = memory, np.frombuffer(simulator.memory().content, np.uint8)
        places = np.flatnonzero(memory != before)
        recording.actions.append(action)
        recording.states.append(_read(simulator, action))
        recording.changes.append((places, memory[places]))
        on_moment(Moment(step, action, simulator.screen(), recording.states[-1]))
    return recording


def _read(simulator: Simulator, action: str | None) -> GameState:
    """The state as experts see it in a run."""
    return {**simulator.state(), "prev_action": action}


def list_busy_steps(recording: Recording, count: int) -> Sequence[int]:
    """The steps that changed most bytes, in order: there the game went on to something else."""
    sizes = np.array([len(places) for places, _ in recording.changes])
    return sorted((np.argsort(-sizes, kind="stable")[:count] + 1).tolist())
