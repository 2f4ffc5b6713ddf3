"""The board as a program."""

from pathlib import Path

import pytest

from autodagger.workflow.status import main


def test_main_prints_the_board_of_the_shipped_config(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["--output-dir", str(tmp_path)])
    assert "RIVAL_HOUSE" in capsys.readouterr().out


def test_main_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"nowhere\.yaml"):
        main(["--configfile", str(tmp_path / "nowhere.yaml")])
