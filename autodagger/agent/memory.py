"""What the agent remembers, beside the screen of now."""

import struct
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

_HEAD = struct.Struct("<HIh")
NEVER = -1


@dataclass(frozen=True)
class Memory:
    """All that an agent knows before it looks.

    Attributes:
        belief: Index of the milestone that it believes to be due.
        steps: Taken since it came to believe so.
        prev_act: The action before; `NEVER` at power-on.
        trace: (U,) float16: the highest that each unit of the believed milestone's network has
            risen to since then, so what has been on the screen; empty before the first look.
    """

    belief: int = 0
    steps: int = 0
    prev_act: int = NEVER
    trace: bytes = b""

    def pack(self) -> bytes:
        """As bytes, equal for equal memories."""
        return _HEAD.pack(self.belief, self.steps, self.prev_act) + self.trace

    @classmethod
    def unpack(cls, data: bytes) -> Self:
        """What `pack` gave."""
        belief, steps, prev_act = _HEAD.unpack_from(data)
        return cls(belief, steps, prev_act, data[_HEAD.size :])

    def turn_to(self, belief: int) -> "Memory":
        """With another milestone in mind, of which nothing has been seen yet."""
        return Memory(belief, 0, self.prev_act)

    def after(self, act: int) -> "Memory":
        """A step later."""
        return replace(self, steps=self.steps + 1, prev_act=act)

    def see(self, units: np.ndarray) -> "Memory":
        """With what the student's units, (U,) float16, say of the screen of now."""
        now = units
        if self.trace:
            now = np.maximum(now, np.frombuffer(self.trace, np.float16))
        return replace(self, trace=now.tobytes())
