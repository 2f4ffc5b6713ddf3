"""What the workflow mends in Snakemake's plugins; the rest is seen in runs, see tests/workflow."""

import asyncio
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from autodagger.workflow.engine import see_cancelled_jobs

PLUGIN = "snakemake_executor_plugin_slurm"


def query(monkeypatch: pytest.MonkeyPatch, *answer: Any) -> Any:
    async def query_job_status(command: str, logger: object) -> Any:
        assert command == "sacct"
        return answer

    plugin = SimpleNamespace(query_job_status=query_job_status)
    monkeypatch.setitem(sys.modules, PLUGIN, plugin)  # type: ignore[arg-type]
    see_cancelled_jobs()
    return asyncio.run(plugin.query_job_status("sacct", None))


def test_states_are_one_word_as_the_plugin_expects_them(monkeypatch: pytest.MonkeyPatch) -> None:
    states = {"7": "CANCELLED by 1000", "8": "COMPLETED", "9": "OUT_OF_MEMORY", "10": ""}
    expected = states | {"7": "CANCELLED"}
    assert query(monkeypatch, states, 0.1) == (expected, 0.1)


def test_no_answer_stays_none(monkeypatch: pytest.MonkeyPatch) -> None:
    assert query(monkeypatch, None, None) == (None, None)
    assert query(monkeypatch, {}, 0.1) == ({}, 0.1)


def test_nothing_happens_without_the_plugin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, PLUGIN, raising=False)
    see_cancelled_jobs()
    monkeypatch.setitem(sys.modules, PLUGIN, SimpleNamespace())  # type: ignore[arg-type]
    see_cancelled_jobs()
