"""What the evidence says: findings with their numbers, and the pictures that go with them.

Numbers and names alone; `autodagger.report.findings` has the words, in each language.
"""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from autodagger.diagnosis.distance import Neighbours
from autodagger.diagnosis.evidence import Evidence, Walk
from autodagger.diagnosis.lookalikes import (
    Lookalikes,
    compare_facts,
    find_lookalikes,
    find_remedy,
    get_inputs,
    group_by_input,
    measure,
)
from autodagger.files import DamagedFile, read_text
from autodagger.rollout.episode import Actor, Outcome
from autodagger.rollout.replay import Replay
from autodagger.stats import wilson_interval

_PICTURES = 2
_LINE = re.compile(r"line (\d+)")
_MOST_STARTS = 3
_SURE, _FEWEST = 0.8, 3


@dataclass(frozen=True)
class Shot:
    """A screen in a picture.

    Attributes:
        replay: The episode.
        step: Before which step; its length: after the last one.
        lines: What stands below it: words and buttons, each line with its colour's name.
    """

    replay: Replay
    step: int
    lines: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True)
class Finding:
    """One thing that is the matter.

    Attributes:
        kind: Which, see `find_all`.
        episodes: Numbers of the failed episodes that it concerns.
        values: What there is to say.
        pictures: Screens, side by side in each.
    """

    kind: str
    episodes: Sequence[int]
    values: Mapping[str, Any]
    pictures: Sequence[Sequence[Shot]] = ()


@dataclass
class Judge:
    """Assigns each failure to what explains it, the plainest cause first."""

    evidence: Evidence
    causes: dict[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for walk in self.evidence.failed:
            self.causes[walk.replay.episode] = self._find_cause(walk)

    def list_failed(self, cause: str) -> list[Walk]:
        """The failures of one cause."""
        return [walk for walk in self.evidence.failed if self.causes[walk.replay.episode] == cause]

    @cached_property
    def neighbours(self) -> Neighbours:
        """The training's screens."""
        return Neighbours(self.evidence.frames, self.evidence.shown)

    @cached_property
    def walks(self) -> list[Walk]:
        """All that has labels."""
        return [*self.evidence.shown, *self.evidence.tested]

    @cached_property
    def lookalikes(self) -> dict[Hashable, Lookalikes]:
        """Equal inputs with several labels."""
        view = self.evidence.view
        return find_lookalikes(self.walks, view.frame_stack, view.previous_action)

    @cached_property
    def taught(self) -> dict[Hashable, Lookalikes]:
        """What it learnt from, by what it sees."""
        view = self.evidence.view
        return group_by_input(self.evidence.shown, view.frame_stack, view.previous_action)

    def get_input(self, walk: Walk, step: int) -> Hashable:
        """What the student sees there."""
        view = self.evidence.view
        return get_inputs(walk, view.frame_stack, view.previous_action)[step]

    def _find_cause(self, walk: Walk) -> str:
        number, budget = walk.replay.episode, self.evidence.budget.max_episode_steps
        expert, longer = self.evidence.experts[number], self.evidence.longer[number]
        if not expert.success:
            return "expert"
        ran_out = walk.replay.outcome == Outcome.TIMEOUT
        if ran_out and (longer.success or expert.steps > budget):
            return "budget"
        step = walk.parting
        if step is None:
            return "other"
        seen = self.get_input(walk, step)
        if seen in self.lookalikes:
            return "lookalikes"
        if seen in self.taught:
            return "unlearnt"
        _, distance = self.neighbours.find(walk.frames[step])
        return "far" if self.neighbours.is_far(distance) else "near"


def find_all(evidence: Evidence) -> list[Finding]:
    """All findings, what explains most of the failures first.

    Kinds: `expert` (its own failures), `budget`, `lookalikes`, `far`, `near` (looks like what it
    was trained on, and it chose otherwise), `unlearnt`, `other`; and what is seen of them:
    `starts`, `parting`.
    """
    judge = Judge(evidence)
    causes = [
        *_find_expert(judge),
        *_find_budget(judge),
        *_find_lookalikes(judge),
        *_find_far(judge),
        *_find_unlearnt(judge),
        *_find_other(judge),
    ]
    causes.sort(key=lambda finding: -len(finding.episodes))
    return [*causes, *_find_starts(judge), *_find_partings(judge)]


def _number(walks: Iterable[Walk]) -> list[int]:
    return [walk.replay.episode for walk in walks]


def _find_expert(judge: Judge) -> Iterable[Finding]:
    evidence, walks = judge.evidence, judge.list_failed("expert")
    errors = [one["error"] for one in evidence.report["episodes"] if one["error"]]
    if not walks and not errors:
        return
    ends = Counter(evidence.experts[walk.replay.episode].outcome.value for walk in walks)
    errors += [
        error
        for walk in walks
        if (error := evidence.experts[walk.replay.episode].error) is not None
    ]
    shots = []
    if walks:
        walk = walks[0]
        played = evidence.experts[walk.replay.episode]
        pressed = evidence.actions[played.acts[-1]] if played.acts else "-"
        last = _replay(walk, played.acts)
        lines = [(f"expert, step {played.steps}: {played.outcome.value}", "plain")]
        shots = [[Shot(last, played.steps, [*lines, (f"expert: {pressed}", "expert")])]]
    values = {
        "file": str(evidence.task.expert),
        "ends": dict(sorted(ends.items())),
        "same": sum(walk.parting is None for walk in walks),
        "error": errors[0] if errors else None,
        "errors": len(errors),
        **_find_line(evidence.task.expert, errors),
    }
    yield Finding("expert", _number(walks), values, shots)


def _replay(walk: Walk, acts: Sequence[int]) -> Replay:
    """Another episode from the same start."""
    old = walk.replay
    where = (old.episode, old.seed, old.start_state)
    actors = [int(Actor.EXPERT)] * len(acts)
    return Replay("other", None, *where, Outcome.TIMEOUT, 0, acts, acts, actors)


def _find_line(expert: Path, errors: Sequence[str]) -> dict[str, Any]:
    """The line that the first error names, of the expert's own file."""
    found = [match for error in errors if expert.name in error and (match := _LINE.search(error))]
    if not found:
        return {"line": None, "source": None}
    number = int(found[0][1])
    try:
        source = read_text(expert).splitlines()[number - 1].strip()
    except (DamagedFile, IndexError):
        source = None
    return {"line": number, "source": source}


def _find_budget(judge: Judge) -> Iterable[Finding]:
    evidence, walks = judge.evidence, judge.list_failed("budget")
    if not walks:
        return
    budget = evidence.budget.max_episode_steps
    longer = [evidence.longer[number] for number in _number(walks)]
    reached = [one.steps for one in longer if one.success]
    experts = [evidence.experts[number].steps for number in _number(walks)]
    needed = max(reached or experts)
    latest = max(walks, key=lambda walk: evidence.longer[walk.replay.episode].success)
    again = _replay(latest, evidence.longer[latest.replay.episode].acts)
    steps = len(latest.replay.acts)
    shots = [Shot(latest.replay, steps, [(f"step {steps}: budget", "plain")])]
    if evidence.longer[latest.replay.episode].success:
        shots.append(
            Shot(again, len(again.acts), [(f"step {len(again.acts)}: reached", "student")])
        )
    values = {
        "budget": budget,
        "reached": len(reached),
        "needed": needed,
        "expert_needed": max(experts),
        "factor": math.ceil(10 * needed / budget) / 10,
    }
    yield Finding("budget", _number(walks), values, [shots])


def _find_lookalikes(judge: Judge) -> Iterable[Finding]:
    evidence, walks = judge.evidence, judge.list_failed("lookalikes")
    groups = judge.lookalikes
    if not walks:
        return
    view = evidence.view
    met = Counter(judge.get_input(walk, walk.parting or 0) for walk in walks)
    chosen = sorted(met, key=lambda seen: (-met[seen], -groups[seen].wrong))[:_PICTURES]
    places = {place for seen in met for found in groups[seen].places.values() for place in found}
    now = measure(judge.walks, places, view.frame_stack, view.previous_action)
    remedy = find_remedy(judge.walks, places, view.frame_stack, view.previous_action)
    labelled = sum(len(places) for group in groups.values() for places in group.places.values())
    values = {
        "inputs": len(groups),
        "wrong": sum(group.wrong for group in groups.values()),
        "labelled": labelled,
        "frame_stack": remedy.frame_stack if remedy else None,
        "previous_action": remedy.previous_action if remedy else None,
        "told": round(remedy.told, 4) if remedy else None,
        "now": {
            "frame_stack": view.frame_stack,
            "previous_action": view.previous_action,
            "told": round(now, 4),
        },
        "pairs": [_describe_pair(judge, groups[seen]) for seen in chosen],
    }
    yield Finding(
        "lookalikes", _number(walks), values, [_show_pair(judge, groups[s]) for s in chosen]
    )


def _describe_pair(judge: Judge, group: Lookalikes) -> dict[str, Any]:
    first, second = group.labels[:2]
    facts = [
        [judge.walks[number].facts[step] for number, step in group.places[label]]
        for label in (first, second)
    ]
    actions = judge.evidence.actions
    return {
        "buttons": [actions[first], actions[second]],
        "counts": [len(facts[0]), len(facts[1])],
        "differs": compare_facts(*facts),
    }


def _show_pair(judge: Judge, group: Lookalikes) -> list[Shot]:
    shots = []
    for label in group.labels[:2]:
        number, step = group.places[label][0]
        lines = [(f"expert: {judge.evidence.actions[label]}", "expert"), (f"step {step}", "plain")]
        shots.append(Shot(judge.walks[number].replay, step, lines))
    return shots


def _find_far(judge: Judge) -> Iterable[Finding]:
    """Screens that look like nothing in the training, and those that look like it after all."""
    for kind in ("far", "near"):
        walks = judge.list_failed(kind)
        if not walks:
            continue
        found = {
            walk.replay.episode: judge.neighbours.find(walk.frames[walk.parting or 0])
            for walk in walks
        }
        worst = max(walks, key=lambda walk: found[walk.replay.episode][1])
        nearest, distance = found[worst.replay.episode]
        values = {
            "distance": round(distance, 1),
            "usual": round(judge.neighbours.usual, 1),
            "buttons": _name_labels(judge, worst, nearest),
            "at_start": sum(
                judge.neighbours.is_far(judge.neighbours.find(walk.frames[0])[1]) for walk in walks
            ),
            "starts": len({walk.replay.start_state for walk in judge.evidence.shown}),
            "shared": judge.evidence.report["starts_shared_with_training"],
        }
        shots = [_show_parting(judge, worst), _show_frame(judge, nearest)]
        yield Finding(kind, _number(walks), values, [shots])


def _name_labels(judge: Judge, walk: Walk, nearest: int) -> list[str]:
    """What the expert says where a walk parts, and at the nearest screen of the training."""
    other, step = _find_frame(judge, nearest)
    labels = walk.replay.labels[walk.parting or 0], other.replay.labels[step]
    return [judge.evidence.actions[label] for label in labels]


def _show_frame(judge: Judge, frame: int) -> Shot:
    walk, step = _find_frame(judge, frame)
    button = judge.evidence.actions[walk.replay.labels[step]]
    return Shot(
        walk.replay, step, [("nearest in training", "plain"), (f"expert: {button}", "expert")]
    )


def _find_frame(judge: Judge, frame: int) -> tuple[Walk, int]:
    """Where a screen of the training was seen first."""
    walk = next(walk for walk in judge.evidence.shown if frame in walk.frames)
    return walk, walk.frames.index(frame)


def _find_unlearnt(judge: Judge) -> Iterable[Finding]:
    walks = judge.list_failed("unlearnt")
    if not walks:
        return
    last = judge.evidence.training
    values = {key: last[key] for key in ("accuracy", "train_steps", "learnt", "dataset_size")}
    yield Finding("unlearnt", _number(walks), values)


def _find_other(judge: Judge) -> Iterable[Finding]:
    if walks := judge.list_failed("other"):
        yield Finding("other", _number(walks), {})


def _find_starts(judge: Judge) -> Iterable[Finding]:
    """Where failing episodes begin, and what these starts have in common."""
    evidence = judge.evidence
    total, failed = Counter[str](), Counter[str]()
    for walk in evidence.tested:
        total[walk.replay.start_state] += 1
        failed[walk.replay.start_state] += not walk.replay.success
    names = [name for name, count in failed.most_common() if count]
    if not names or len(total) < 2:
        return
    firsts = {walk.replay.start_state: walk for walk in reversed(evidence.failed)}
    shots = [
        Shot(firsts[name].replay, 0, [(f"{name}: {failed[name]}/{total[name]} fail", "plain")])
        for name in names[:_MOST_STARTS]
        if name in firsts
    ]
    values = {
        "starts": [{"name": name, "failed": failed[name], "of": total[name]} for name in names],
        "all": len(total),
        "common": _find_common(evidence.tested),
    }
    yield Finding("starts", _number(evidence.failed), values, [shots] if shots else [])


def _find_common(walks: Sequence[Walk]) -> dict[str, Any] | None:
    """A fact of the start with which surely more fail than without; None where there is none."""
    total, failed = Counter[tuple[str, Any]](), Counter[tuple[str, Any]]()
    for walk in walks:
        for fact in walk.facts[0].items():
            total[fact] += 1
            failed[fact] += not walk.replay.success
    failures = sum(not walk.replay.success for walk in walks)
    sure = [
        fact
        for fact, count in failed.items()
        if count >= max(_FEWEST, _SURE * total[fact])
        and wilson_interval(count, total[fact])[0] > failures / len(walks)
    ]
    if not sure:
        return None
    path, value = best = max(sure, key=lambda fact: (failed[fact], -total[fact], fact[0]))
    return {
        "path": path,
        "value": value,
        "failed": failed[best],
        "of": total[best],
        "failures": failures,
    }


def _find_partings(judge: Judge) -> Iterable[Finding]:
    """Where student and expert part: the screens at which most failures begin."""
    groups: dict[Hashable, list[Walk]] = defaultdict(list)
    for walk in judge.evidence.failed:
        if (step := walk.parting) is not None:
            replay = walk.replay
            groups[walk.frames[step], replay.acts[step], replay.labels[step]].append(walk)
    if not groups:
        return
    chosen = sorted(groups.values(), key=lambda walks: -len(walks))[:_PICTURES]
    places = []
    for walks in chosen:
        walk = walks[0]
        step = walk.parting or 0
        act, label = walk.replay.acts[step], walk.replay.labels[step]
        buttons = [judge.evidence.actions[one] for one in (act, label)]
        places.append({"episodes": _number(walks), "step": step, "buttons": buttons})
    pictures = [[_show_parting(judge, walks[0])] for walks in chosen]
    episodes = [number for walks in groups.values() for number in _number(walks)]
    yield Finding("parting", sorted(episodes), {"places": places}, pictures)


def _show_parting(judge: Judge, walk: Walk) -> Shot:
    step = walk.parting or 0
    act, label = walk.replay.acts[step], walk.replay.labels[step]
    names = judge.evidence.actions
    lines = [(f"student: {names[act]}", "student"), (f"expert: {names[label]}", "expert")]
    return Shot(walk.replay, step, lines)
