"""Gymnasium environments as games: named actions, a state dict, save states of a few bytes."""

import hashlib
import struct
from abc import abstractmethod
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar

import gymnasium
import numpy as np

from autodagger.errors import UserError
from autodagger.files import digest_json
from autodagger.game.contract import Game, GameState, list_no_texts
from autodagger.game.environment import explain_missing_package, make_environment
from autodagger.game.memory import MemoryMap, Snapshot

_MAGIC = b"AGYM\x01"
_HEADER = struct.Struct("<5sc8sQ")  # magic, kind, identity, seed
_REPLAY, _CLONE = b"r", b"c"
_CLONE_HEADER = struct.Struct("<H??")  # the action before (0: none), terminated, truncated
_ALE_READING = "int(env.ale.getRAM()[{address}])"
_MOST_ACTIONS = 255  # of a byte, one of which is "none"


class GymGame(Game):
    """An environment of Gymnasium's interface; its adapter says what it is and how to read it.

    A step is one of the environment's. Its own end, `terminated` or `truncated`, ends the episode.

    Attributes:
        env_id: What `gymnasium.make` takes, with the module that registers it before a colon:
            "minigrid:MiniGrid-DoorKey-6x6-v0".
        env_kwargs: Its further arguments.
        package: What `pip install` takes to bring the environment, e.g. "minigrid".
        action_values: What the environment calls each of `actions`; None: 0, 1, 2, …
        sticky: With this probability a step takes the action before once more instead (Machado et
            al. 2018, "Revisiting the Arcade Learning Environment", section 5.2): the randomness of
            an environment that has none.
        frames_per_second: At real speed; None asks the environment's `render_fps`.
    """

    no_op: ClassVar[str | None] = None
    env_id: ClassVar[str]
    env_kwargs: ClassVar[Mapping[str, Any]] = {}
    package: ClassVar[str | None] = None
    action_values: ClassVar[tuple[Any, ...] | None] = None
    sticky: ClassVar[float] = 0.0
    frames_per_second: ClassVar[float | None] = None
    crash_advice = (
        "The environment's package does that: try another version of it, and other env_kwargs; "
        "look at the adapter's own native code, too."
    )

    @abstractmethod
    def read_env(self, env: Any) -> GameState:
        """The game state that experts, `done_when` and `fail_when` see.

        The simulator adds `env`: `reward` of the last step, `terminated` and `truncated`. For the
        habits of `find_path_action` see `CartridgeGame.read_state`.

        Args:
            env: The environment without wrappers (`env.unwrapped`).
        """

    def clone(self, env: Any) -> bytes | None:
        """The whole environment as bytes, its chance included, where it can tell.

        None keeps the seed and the actions since instead, which every deterministic environment
        can be brought back by, if its episodes are not long.
        """
        return None

    def restore(self, env: Any, data: bytes) -> None:
        """Makes the environment what `clone` kept."""
        raise NotImplementedError(f"{type(self).__name__} has clone and no restore")

    def identify(self, rom: Path | None) -> str:
        """Equal for equal environments with equal arguments."""
        arguments = sorted((key, repr(value)) for key, value in self.env_kwargs.items())
        text = digest_json([self.env_id, arguments, self.actions, repr(self.action_values)])
        return hashlib.sha1(text.encode()).hexdigest()

    def list_mistakes(self) -> list[str]:
        """Also what the environment is, and what its actions are called."""
        mistakes = super().list_mistakes() + list_no_texts(self, "env_id")
        values, actions = self.action_values, getattr(self, "actions", ())
        if values is not None and len(values) != len(actions):
            mistakes.append(
                f"action_values has {len(values)} entries; expected one for each of the "
                f"{len(actions)} actions"
            )
        if len(actions) > _MOST_ACTIONS:
            mistakes.append(f"actions has {len(actions)}; expected at most {_MOST_ACTIONS}")
        if not isinstance(self.sticky, int | float) or not 0 <= self.sticky < 1:
            mistakes.append(f"sticky is {self.sticky!r}; expected a probability such as 0.25")
        return mistakes

    def open(self, rom: Path | None) -> "GymSimulator":
        """Makes the environment.

        Raises:
            UserError: Its package is not installed, there is none of this name, or it is none that
                can be played here.
        """
        return GymSimulator(self)


class GymSimulator:
    """An environment that is played, see `autodagger.game.contract.Simulator`."""

    frames_per_step = 1.0

    def __init__(self, game: GymGame) -> None:
        self._game = game
        self._env = make_environment(game.env_id, game.env_kwargs, game.package)
        self._values = game.action_values or tuple(range(len(game.actions)))
        _check_actions(game, self._env.action_space, self._values)
        self._identity = bytes.fromhex(game.identify(None))[:8]
        self._clones = False
        self._begin(seed=0)
        self._clones = game.clone(self._env.unwrapped) is not None
        with explain_missing_package(game.env_id):
            self.screen_shape = _check_screen(game, self._env.render()).shape
        fps = game.frames_per_second or self._env.metadata.get("render_fps") or 30.0
        self.frames_per_second = float(fps)

    @property
    def has_ended(self) -> bool:
        """Whether the environment ended the episode."""
        return self._terminated or self._truncated

    def power_on(self, rng: np.random.Generator) -> None:
        """Resets the environment by a seed of `rng`, on which its level depends if it has some."""
        self._begin(int(rng.integers(1 << 31)))

    def act(
        self, action: str, rng: np.random.Generator, on_frame: Callable[[], None] | None = None
    ) -> int:
        """One step of the environment; it may stick to the action before, see `GymGame.sticky`."""
        act = self._game.actions.index(action)
        if self._game.sticky and rng.random() < self._game.sticky and self._acts:
            act = self._acts[-1]
        self._step(act)
        if on_frame is not None:
            on_frame()
        return 1

    def save(self) -> bytes:
        """Seed and actions since the reset, 22 bytes and one a step, or the game's own clone.

        Equal ways lead to equal bytes.
        """
        if self._clones:
            data = self._game.clone(self._env.unwrapped)
            assert data is not None
            last = self._acts[-1] + 1 if self._acts else 0
            ended = _CLONE_HEADER.pack(last, self._terminated, self._truncated)
            return self._head(_CLONE) + ended + data
        return self._head(_REPLAY) + bytes(self._acts)

    def load(self, state: bytes) -> None:
        """Plays the actions of a state again, or lets the game restore its clone.

        Raises:
            UserError: It is no state, or not one of this environment.
        """
        kind, seed = self._read_head(state)
        self._begin(seed)
        rest = state[_HEADER.size :]
        if kind == _REPLAY:
            for act in rest:
                self._step(act)
            return
        last, self._terminated, self._truncated = _CLONE_HEADER.unpack_from(rest)
        self._acts = [last - 1] if last else []
        self._game.restore(self._env.unwrapped, rest[_CLONE_HEADER.size :])

    def screen(self) -> np.ndarray:
        """The picture as the environment draws it, of `screen_shape`, uint8 RGB, a copy."""
        picture: Any = self._env.render()
        return np.array(picture, np.uint8)

    def state(self) -> GameState:
        """What the adapter reads of the environment, and how its last step ended."""
        state = self._game.read_env(self._env.unwrapped)
        if isinstance(state, dict):  # else the check before the first job says so
            state["env"] = {
                "reward": self._reward,
                "terminated": self._terminated,
                "truncated": self._truncated,
            }
        return state

    def memory(self) -> Snapshot:
        """The console's inside an environment of the Arcade Learning Environment, else none."""
        ale = getattr(self._env.unwrapped, "ale", None)
        if ale is None:
            return Snapshot(MemoryMap(), b"")
        content: bytes = ale.getRAM().tobytes()
        return Snapshot(MemoryMap({0: len(content)}, reading=_ALE_READING, kinds=("u8",)), content)

    def close(self) -> None:
        """Closes the environment."""
        self._env.close()

    def _begin(self, seed: int) -> None:
        try:
            self._env.reset(seed=seed)
        except TypeError as error:
            raise UserError(
                f"environment {self._game.env_id}: reset(seed={seed}) failed ({error}). Expected "
                "an environment of Gymnasium's interface, all of whose chance its seed decides."
            ) from error
        self._seed, self._acts = seed, list[int]()
        self._reward, self._terminated, self._truncated = 0.0, False, False

    def _step(self, act: int) -> None:
        _, reward, terminated, truncated, _ = self._env.step(self._values[act])
        self._reward, self._terminated, self._truncated = (
            float(reward),
            bool(terminated),
            bool(truncated),
        )
        self._acts.append(act)

    def _head(self, kind: bytes) -> bytes:
        return _HEADER.pack(_MAGIC, kind, self._identity, self._seed)

    def _read_head(self, state: bytes) -> tuple[bytes, int]:
        if len(state) < _HEADER.size or not state.startswith(_MAGIC):
            raise UserError(
                f"save state: this is none of an environment (it begins with {state[:8]!r}). "
                "Expected one that this program recorded; name that, or start from power-on."
            )
        _, kind, identity, seed = _HEADER.unpack_from(state)
        if identity != self._identity or (kind == _CLONE) != self._clones:
            raise UserError(
                f"save state: found one of another environment, or of other arguments or actions "
                f"than {self._game.env_id} has in this adapter. Record it again."
            )
        return kind, seed


def _check_actions(game: GymGame, space: Any, values: tuple[Any, ...]) -> None:
    wrong = [
        f"{name!r} ({value!r})"
        for name, value in zip(game.actions, values, strict=True)
        if not space.contains(value)
    ]
    count = int(space.n) if isinstance(space, gymnasium.spaces.Discrete) else None
    if wrong or (game.action_values is None and count != len(game.actions)):
        raise UserError(
            f"environment {game.env_id}: its actions are {space}; the adapter has "
            f"{len(game.actions)}, {', '.join(game.actions)}"
            + (f", of which it does not know {', '.join(wrong)}" if wrong else "")
            + ". Name each of them in their order, or say with action_values which ones are meant."
        )


def _check_screen(game: GymGame, picture: Any) -> np.ndarray:
    seen = np.asarray(picture)
    if seen.dtype != np.uint8 or seen.ndim != 3 or seen.shape[2] != 3:
        raise UserError(
            f"environment {game.env_id}: render() gave {type(picture).__name__} of shape "
            f"{seen.shape} and type {seen.dtype}; expected a picture, (height, width, 3) uint8 "
            "RGB, in render mode 'rgb_array'."
        )
    return seen
