"""Equal inputs with different labels: what would tell them apart is found, and nothing else is."""

from collections.abc import Sequence

import pytest

from autodagger.diagnosis.evidence import Walk, flatten
from autodagger.diagnosis.lookalikes import (
    compare_facts,
    find_lookalikes,
    find_remedy,
    measure,
)
from autodagger.rollout.episode import NO_LABEL
from autodagger.rollout.replay import Replay


def walk(frames: Sequence[int], labels: Sequence[int], acts: Sequence[int] | None = None) -> Walk:
    replay = Replay(
        "rollout", 0, 0, 1, "a", "reached", 0, acts or labels, labels, [1] * len(labels)
    )
    return Walk(replay, frames, [{} for _ in frames])


def find(walks: Sequence[Walk], stack: int = 1) -> tuple[int | None, bool | None]:
    groups = find_lookalikes(walks, stack, False).values()
    places = {place for group in groups for found in group.places.values() for place in found}
    assert places
    assert measure(walks, places, stack, False) < 0.9
    remedy = find_remedy(walks, places, stack, False)
    return (remedy.frame_stack, remedy.previous_action) if remedy else (None, None)


def test_a_turn_that_only_the_last_button_tells() -> None:
    """One screen, and the expert presses two buttons in turn."""
    walks = [walk([0] * 8, [1, 2] * 4), walk([0] * 6, [1, 2] * 3), walk([0] * 8, [1, 2] * 4)]
    assert find(walks) == (1, True)


def test_a_direction_that_two_screens_tell() -> None:
    """A ball on five places flies there and back, and the expert goes where it goes.

    Students press other buttons, so that the last one tells nothing.
    """
    places, labels = [0, 1, 2, 3, 4, 3, 2, 1] * 2, [1, 1, 1, 1, 2, 2, 2, 2] * 2
    walks = [
        walk(places[k:] + places[:k], labels[k:] + labels[:k], [3] * len(places)) for k in range(6)
    ]
    assert find(walks) == (2, False)


def test_a_clock_that_nothing_tells() -> None:
    walks = [walk([0] * (length + 1), [0] * length + [1]) for length in (3, 5, 7, 9, 4, 6)]
    assert find(walks) == (None, None)


def test_what_an_episode_alone_tells_does_not_count() -> None:
    """Eight screens are unlike any other episode's, whatever the label is."""
    walks = [walk([*range(10 * k, 10 * k + 9), 99], [0] * 9 + [k % 2]) for k in range(1, 7)]
    assert find(walks) == (None, None)


def test_states_without_a_label_are_no_lookalikes() -> None:
    assert not find_lookalikes([walk([0, 0], [1, NO_LABEL])], 1, False)


@pytest.mark.parametrize("stack", [1, 2])
def test_inputs_are_what_the_student_sees(stack: int) -> None:
    """With two screens, the first one stands for the one before it."""
    groups = find_lookalikes([walk([0, 0, 1, 0], [1, 1, 1, 2])], stack, False)
    assert len(groups) == (1 if stack == 1 else 0)


def test_facts_that_tell_come_first() -> None:
    first = [{"clock": 1, "noise": 5, "name": "a"}, {"clock": 2, "noise": 6, "name": "a"}]
    second = [{"clock": 7, "noise": 6, "name": "a"}, {"clock": 9, "noise": 5, "name": "a"}]
    found = compare_facts(first, second)
    assert [fact["path"] for fact in found] == ["clock", "noise"]
    assert [fact["tells"] for fact in found] == [True, False]
    assert (found[0]["first"], found[0]["second"]) == (1, 7)


def test_a_state_is_flattened_without_its_maps() -> None:
    state = {"player": {"x": 1, "bag": ["key", None]}, "map": {"tiles": tuple(range(400))}}
    assert flatten(state) == {"player.x": 1, "player.bag[0]": "key", "player.bag[1]": None}
