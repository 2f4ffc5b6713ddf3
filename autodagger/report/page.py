"""Writes the page: one file a language, without scripts, and with nothing from elsewhere."""

import base64
import math
import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from statistics import fmean
from typing import Any
from urllib.parse import quote

import jinja2
from markupsafe import Markup

from autodagger.diagnosis.shortfall import falls_short
from autodagger.files import exists, read_bytes, read_text, write_text
from autodagger.game.milestone import Milestone
from autodagger.report.cards import RULES, STATUSES, AgentCard, Card, read_agent, read_cards
from autodagger.report.charts import draw_learning, draw_success, draw_survival, draw_time
from autodagger.report.findings import tell_findings
from autodagger.report.words import (
    LANGUAGES,
    get_words,
    read_words,
    say_next_step,
    say_reason,
)
from autodagger.results.layout import Results

_SIGNS = {"completed": "✓", "failed": "✗", "running": "▶", "skipped": "»", "waiting": "…"}
_KINDS = {".mp4": "video/mp4", ".png": "image/png"}
_FIRST_PICTURE = "#t=0.1"
"""Behind a video's address: browsers show the picture at that second before it plays."""


def write_report(
    results: Results,
    game: str,
    milestones: Sequence[Milestone],
    skipped: Mapping[str, str],
    embed: bool = False,
) -> list[Path]:
    """Writes `{output_dir}/report/index.html`, and beside it the other languages' pages.

    Args:
        results: Of a run, finished or not.
        game: What people call the game.
        milestones: All of the config.
        skipped: Reason by id of those that the options leave out.
        embed: Puts videos and pictures into the page, so that it can be sent as one file; else it
            links to them, and goes wherever the results folder goes.

    Returns:
        The pages.
    """
    cards, agent = read_cards(results, milestones, skipped), read_agent(results)
    charts = _draw_charts(cards, agent)
    pages = {code: results.report / _name_page(code) for code in LANGUAGES}
    link = _make_link(results.report, embed)
    for language, path in pages.items():
        values = _describe(results, game, cards, agent, language)
        text = _get_template().render(
            values, charts=charts, link=link, first_picture="" if embed else _FIRST_PICTURE
        )
        write_text(path, text)
    return list(pages.values())


def _name_page(language: str) -> str:
    first = next(iter(LANGUAGES))
    return "index.html" if language == first else f"index.{language}.html"


def _get_template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("autodagger.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html.j2")


def _describe(
    results: Results, game: str, cards: Sequence[Card], agent: AgentCard, language: str
) -> dict[str, Any]:
    """What the template asks for, but for the charts."""
    [other] = [code for code in LANGUAGES if code != language]
    tested = [card for card in cards if card.row["dagger_final_success_rate"] is not None]
    rates = [(card.expert_rate or 0.0, card.row["dagger_final_success_rate"]) for card in tested]
    seconds = sum(map(_sum_seconds, cards)) + _sum_seconds(agent)
    return {
        "language": language,
        "other": {"code": other, "file": _name_page(other), "name": LANGUAGES[other]},
        "t": get_words(language),
        "words": read_words(language)["page"],
        "game": game,
        "cards": cards,
        "agent": agent,
        "counts": dict.fromkeys(STATUSES, 0) | Counter(card.status for card in cards),
        "means": [fmean(kind) for kind in zip(*rates, strict=True)],
        "statuses": STATUSES,
        "signs": _SIGNS,
        "rules": RULES,
        "total": _format_seconds(seconds),
        "time": datetime.now().strftime("%Y-%m-%d %H:%M"),
        "folder": str(results.folder),
        "csv": results.csv if exists(results.csv) else None,
        "strip": results.strip if exists(results.strip) else None,
        "reason": lambda text: say_reason(text, language),
        "next_step": lambda text: say_next_step(text, language),
        "falls_short": lambda card: falls_short(card.row),
        "tell": lambda diagnosis: tell_findings(results, diagnosis, language),
        "style": Markup(read_text(Path(__file__).with_name("templates") / "style.css")),
    }


def _draw_charts(cards: Sequence[Card], agent: AgentCard) -> dict[str, Any]:
    rated = [card for card in cards if card.expert_rate is not None]
    timed = [card for card in cards if card.seconds is not None]
    return {
        "success": Markup(draw_success(cards)) if rated else None,
        "time": Markup(draw_time(timed)) if timed else None,
        "survival": Markup(draw_survival(agent.report)) if agent.report else None,
        "learning": {
            card.milestone.id: len(card.iterations) > 1
            and Markup(draw_learning(card.iterations, card.milestone.id))
            for card in cards
        },
    }


def _make_link(folder: Path, embed: bool) -> Callable[..., str]:
    """How the page names a file: by its place from here, or by its content."""

    def link(path: Path, embed: bool = embed) -> str:
        if embed:
            content = base64.b64encode(read_bytes(path)).decode()
            return f"data:{_KINDS[path.suffix]};base64,{content}"
        return quote(os.path.relpath(path, folder))

    return link


def _sum_seconds(card: Card | AgentCard) -> float:
    return 0.0 if card.seconds is None else float(card.seconds["seconds"].sum())


def _format_seconds(seconds: float) -> str:
    if math.isnan(seconds):
        return "–"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
