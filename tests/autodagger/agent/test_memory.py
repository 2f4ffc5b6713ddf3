"""What an agent remembers: packed and back, kept and forgotten."""

import numpy as np
import pytest

from autodagger.agent.memory import NEVER, Memory


def units(*values: float) -> np.ndarray:
    return np.array(values, np.float16)


FULL = Memory(belief=59, steps=70_000, prev_act=7, trace=units(0.5, 3).tobytes())


@pytest.mark.parametrize("memory", [Memory(), FULL, Memory(1, 2, 3), Memory().after(0)])
def test_unpacks_as_it_was(memory: Memory) -> None:
    assert Memory.unpack(memory.pack()) == memory


def test_equal_memories_pack_equally_and_others_do_not() -> None:
    again = Memory().turn_to(59).see(units(0.5, 2)).see(units(0, 3))
    again = Memory(again.belief, 70_000, 7, again.trace)
    assert again.pack() == FULL.pack()
    others = [
        Memory(58, 70_000, 7, FULL.trace),
        Memory(59, 70_001, 7, FULL.trace),
        Memory(59, 70_000, 6, FULL.trace),
        Memory(59, 70_000, 7, units(0.5, 3.5).tobytes()),
        Memory(59, 70_000, 7),
    ]
    assert len({one.pack() for one in (FULL, *others)}) == 6


def test_knows_nothing_at_power_on() -> None:
    assert Memory() == Memory(belief=0, steps=0, prev_act=NEVER, trace=b"")


def test_another_belief_forgets_what_was_seen_but_not_the_action() -> None:
    assert FULL.turn_to(60) == Memory(60, 0, 7, b"")


def test_a_step_later_only_the_count_and_the_action_differ() -> None:
    assert FULL.after(2) == Memory(59, 70_001, 2, FULL.trace)


def test_keeps_the_highest_of_each_unit() -> None:
    memory = Memory().see(units(1, 0, 2)).see(units(0, 3, 2)).see(units(0, 0, 0))
    assert np.frombuffer(memory.trace, np.float16).tolist() == [1, 3, 2]


def test_first_look_is_taken_as_it_is() -> None:
    assert Memory().see(units(0.25, 0)).trace == units(0.25, 0).tobytes()
