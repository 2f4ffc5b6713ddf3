"""Which modules a result depends on."""

import pytest

from autodagger.sources import list_sources


def names(*modules: str) -> set[str]:
    return {path.stem for path in list_sources(*modules)}


def test_follows_imports() -> None:
    assert {"dagger", "policy", "rollout", "env", "emulator"} <= names("dagger")


def test_the_budget_depends_on_little() -> None:
    assert names("budget") == {"budget"}


@pytest.mark.parametrize("module", ["expert_evaluation", "dagger", "video"])
def test_no_result_depends_on_reports_and_progress(module: str) -> None:
    assert not names(module) & {"tracking", "progress", "summary", "config", "job", "lifeline"}


def test_training_does_not_depend_on_videos() -> None:
    assert "video" not in names("dagger")


def test_lists_sorted_files_that_exist() -> None:
    files = list_sources("dagger")
    assert files == sorted(files)
    assert all(path.is_file() for path in files)
