"""Equal inputs with different labels: which there are, what differs, and what would help."""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from autodagger.diagnosis.evidence import Facts, Walk
from autodagger.rollout.episode import NO_LABEL

STACKS = (2, 3, 4, 6, 8)
"""Numbers of screens at once that are tried."""

HELPS = 0.9
"""A longer look helps if of so many of these labels it can tell which is right."""

_MOST_FACTS = 4

Place = tuple[int, int]
"""A step of a walk: number of the walk, number of the step."""


@dataclass
class Lookalikes:
    """Steps with the same input and several labels.

    Attributes:
        places: By label.
    """

    places: dict[int, list[Place]] = field(default_factory=lambda: defaultdict(list))

    @property
    def labels(self) -> list[int]:
        """The most frequent first."""
        return sorted(self.places, key=lambda label: (-len(self.places[label]), label))

    @property
    def wrong(self) -> int:
        """Steps at which even the best answer to this input is wrong."""
        counts = sorted(map(len, self.places.values()))
        return sum(counts[:-1])


@dataclass(frozen=True)
class Remedy:
    """What a student would have to see.

    Attributes:
        frame_stack: Screens at once.
        previous_action: Whether also the button before.
        told: Share of the labels that could be told so, judged by other episodes.
    """

    frame_stack: int
    previous_action: bool
    told: float


def get_inputs(walk: Walk, stack: int, previous_action: bool) -> list[Hashable]:
    """What a student sees at each step: its last screens, and the button before."""
    acts = [0, *walk.replay.acts]
    return [
        (
            tuple(walk.frames[max(0, step - back)] for back in range(stack)),
            acts[step] if previous_action else 0,
        )
        for step in range(len(walk.frames))
    ]


def group_by_input(
    walks: Sequence[Walk], stack: int, previous_action: bool
) -> dict[Hashable, Lookalikes]:
    """All labelled steps by what was seen."""
    groups: dict[Hashable, Lookalikes] = defaultdict(Lookalikes)
    for number, step, label, seen in _list_labels(walks, stack, previous_action):
        groups[seen].places[label].append((number, step))
    return groups


def find_lookalikes(
    walks: Sequence[Walk], stack: int, previous_action: bool
) -> dict[Hashable, Lookalikes]:
    """Those of the groups that have several labels."""
    groups = group_by_input(walks, stack, previous_action)
    return {seen: group for seen, group in groups.items() if len(group.places) > 1}


def find_remedy(
    walks: Sequence[Walk], places: set[Place], stack: int, previous_action: bool
) -> Remedy | None:
    """The smallest longer look that tells the labels of these steps; None: none does."""
    tried = [(stack, True)] if not previous_action else []
    for screens in (number for number in STACKS if number > stack):
        tried += [(screens, False), (screens, True)] if not previous_action else [(screens, True)]
    for screens, sees_action in tried:
        told = measure(walks, places, screens, sees_action)
        if told >= HELPS:
            return Remedy(screens, sees_action, told)
    return None


def measure(walks: Sequence[Walk], places: set[Place], stack: int, previous_action: bool) -> float:
    """Share of the steps whose label the other episodes tell, for equal inputs.

    By their own episode alone any label could be told, if only it is looked at for long enough.
    """
    total: dict[Hashable, Counter[int]] = defaultdict(Counter)
    own: dict[tuple[int, Hashable], Counter[int]] = defaultdict(Counter)
    asked = []
    for number, step, label, seen in _list_labels(walks, stack, previous_action):
        total[seen][label] += 1
        own[number, seen][label] += 1
        if (number, step) in places:
            asked.append((number, label, seen))
    told = 0
    for number, label, seen in asked:
        others = total[seen] - own[number, seen]
        told += bool(others) and max(others, key=lambda one: (others[one], -one)) == label
    return told / max(1, len(asked))


def compare_facts(first: Sequence[Facts], second: Sequence[Facts]) -> list[dict[str, Any]]:
    """What differs in the game state between two kinds of steps: what tells them apart first.

    Returns:
        For each: its `path`, a value of each kind, and whether it `tells` them apart always.
    """
    ranked = []
    for path in first[0].keys() & second[0].keys():
        one, other = ([facts.get(path) for facts in kind] for kind in (first, second))
        if one[0] == other[0] and set(one) == set(other):
            continue
        tells = not set(one) & set(other)
        ordered = tells and _is_ordered([*one, *other]) and _lies_apart(one, other)
        value = next((value for value in other if value != one[0]), other[0])
        found = {"path": path, "first": one[0], "second": value, "tells": tells}
        ranked.append(((not tells, not ordered, len({*one, *other}), path), found))
    return [found for _, found in sorted(ranked, key=lambda pair: pair[0])][:_MOST_FACTS]


def _is_ordered(values: Sequence[Any]) -> bool:
    return all(isinstance(value, int | float) for value in values)


def _lies_apart(one: Sequence[Any], other: Sequence[Any]) -> bool:
    return bool(max(one) < min(other) or max(other) < min(one))


def _list_labels(
    walks: Sequence[Walk], stack: int, previous_action: bool
) -> Iterator[tuple[int, int, int, Hashable]]:
    """Walk, step, label and input of each labelled step."""
    for number, walk in enumerate(walks):
        inputs = get_inputs(walk, stack, previous_action)
        for step, (label, seen) in enumerate(zip(walk.replay.labels, inputs, strict=True)):
            if label != NO_LABEL:
                yield number, step, label, seen
