"""A diagnosis in words: what was found, what the pictures show, what to try."""

import itertools
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autodagger.report.words import LANGUAGES, Say, get_words
from autodagger.results.layout import Results

_SHOWN = 8


@dataclass(frozen=True)
class Picture:
    """A picture of a finding.

    Attributes:
        path: The file.
        width: In pixels.
        height: Likewise.
        alt: What it shows.
    """

    path: Path
    width: int
    height: int
    alt: str


@dataclass
class Told:
    """A finding in words.

    Attributes:
        text: What was found.
        advice: What to try; nothing where others say it.
        pictures: What it looks like; those of one list belong side by side.
    """

    text: str
    advice: str = ""
    pictures: list[list[Picture]] = field(default_factory=list)


def tell_findings(results: Results, diagnosis: Mapping[str, Any], language: str) -> list[Told]:
    """All findings of a diagnosis.json, after a line about what was looked at."""
    say = get_words(language, "findings")
    told = [Told(_tell_scope(diagnosis, say))]
    folder = results.diagnosis(diagnosis["milestone_id"]).parent
    for finding in diagnosis["findings"]:
        kind = finding["kind"]
        one = _TELLERS[kind](finding["values"] | {"count": len(finding["episodes"])}, say)
        one.pictures = [
            [_get_picture(folder, shot, kind, say) for shot in picture]
            for picture in finding["pictures"]
        ]
        told.append(one)
    return told


def describe_diagnosis(results: Results, diagnosis: Mapping[str, Any]) -> str:
    """The same for a terminal, in English."""
    lines = []
    for told in tell_findings(results, diagnosis, next(iter(LANGUAGES))):
        lines.append(told.text)
        lines += [f"  {one.alt}\n    {one.path}" for one in itertools.chain(*told.pictures)]
        lines += [f"  To try: {told.advice}"] if told.advice else []
    return "\n".join(lines)


def _get_picture(folder: Path, shot: Mapping[str, Any], kind: str, say: Say) -> Picture:
    what = say("far_alt" if kind == "near" else f"{kind}_alt")
    return Picture(folder / shot["file"], shot["width"], shot["height"], f"{what}: {shot['text']}")


def _tell_scope(diagnosis: Mapping[str, Any], say: Say) -> str:
    name, failures, episodes, looked = (
        diagnosis[key] for key in ("milestone_id", "failures", "episodes", "looked_at")
    )
    lines = [say("scope", name=name, failures=failures, episodes=episodes)]
    if not failures:
        return say("no_failure")
    if looked < failures:
        lines.append(say("looked_at", looked=looked))
    if diagnosis["changed"]:
        changed = ", ".join(say(f"part_{part}") for part in diagnosis["changed"])
        lines.append(say("changed", changed=changed))
    return " ".join(lines)


def _tell_expert(values: Mapping[str, Any], say: Say) -> Told:
    lines = []
    if values["count"]:
        ends = ", ".join(f"{number} {kind}" for kind, number in values["ends"].items())
        lines.append(say("expert", **{**values, "ends": ends}))
    if values["error"]:
        lines.append(say("expert_error", **values))
    where = values["file"]
    if values["line"]:
        where += f":{values['line']}"
    if values["source"]:
        where += f" ({values['source']})"
    return Told(" ".join(lines), say("expert_try", where=where))


def _tell_budget(values: Mapping[str, Any], say: Say) -> Told:
    return Told(say("budget", **values), say("budget_try", factor=f"{values['factor']:g}"))


def _tell_lookalikes(values: Mapping[str, Any], say: Say) -> Told:
    text = [say("lookalikes", **values), *(_tell_pair(pair, say) for pair in values["pairs"])]
    return Told(" ".join(text), _advise_lookalikes(values, say))


def _tell_pair(pair: Mapping[str, Any], say: Say) -> str:
    (first, second), (one, other) = pair["buttons"], pair["counts"]
    told = [fact for fact in pair["differs"] if fact["tells"]] or pair["differs"]
    facts = ", ".join(
        f"{fact['path']} = {_show(fact['first'])} / {_show(fact['second'])}" for fact in told
    )
    key = "pair" if facts else "pair_same"
    return say(key, first=first, second=second, one=one, other=other, facts=facts)


def _advise_lookalikes(values: Mapping[str, Any], say: Say) -> str:
    if values["told"] is None:
        return say("lookalikes_none")
    options = []
    if values["frame_stack"] != values["now"]["frame_stack"]:
        options.append(f"frame_stack: {values['frame_stack']}")
    if values["previous_action"] and not values["now"]["previous_action"]:
        options.append("previous_action: true")
    told, now = (f"{share:.0%}" for share in (values["told"], values["now"]["told"]))
    return say("lookalikes_try", options=", ".join(options), told=told, now=now)


def _tell_far(values: Mapping[str, Any], say: Say) -> Told:
    return Told(say("far", **values), say("more_try", starts=values["starts"]))


def _tell_near(values: Mapping[str, Any], say: Say) -> Told:
    text, (here, there) = say("near", **values), values["buttons"]
    if here != there:
        text += " " + say("near_other", here=here, there=there)
    return Told(text, say("more_try", starts=values["starts"]))


def _tell_unlearnt(values: Mapping[str, Any], say: Say) -> Told:
    accuracy = f"{values['accuracy']:.3f}"
    return Told(say("unlearnt", **{**values, "accuracy": accuracy}), say("unlearnt_try"))


def _tell_other(values: Mapping[str, Any], say: Say) -> Told:
    return Told(say("other", **values), say("other_try"))


def _tell_starts(values: Mapping[str, Any], say: Say) -> Told:
    starts, common = values["starts"], values["common"]
    names = ", ".join(f"{one['name']} ({one['failed']}/{one['of']})" for one in starts[:_SHOWN])
    names += ", …" if len(starts) > _SHOWN else ""
    text = say("starts", failing=len(starts), all=values["all"], names=names)
    if not common:
        return Told(text)
    fact = f"{common['path']} = {_show(common['value'])}"
    return Told(f"{text} {say('common', **{**common, 'fact': fact})}", say("starts_try"))


def _tell_parting(values: Mapping[str, Any], say: Say) -> Told:
    lines = []
    for place in values["places"]:
        pressed, right = place["buttons"]
        number = len(place["episodes"])
        step = place["step"]
        lines.append(say("parting", number=number, step=step, pressed=pressed, right=right))
    return Told(" ".join(lines))


def _show(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)[:60]


_TELLERS: dict[str, Callable[[Mapping[str, Any], Say], Told]] = {
    "expert": _tell_expert,
    "budget": _tell_budget,
    "lookalikes": _tell_lookalikes,
    "far": _tell_far,
    "near": _tell_near,
    "unlearnt": _tell_unlearnt,
    "other": _tell_other,
    "starts": _tell_starts,
    "parting": _tell_parting,
}
