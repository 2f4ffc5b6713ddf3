"""From a ROM without an adapter to the address of a counter on its screen; and other games."""

import csv
from pathlib import Path

import imageio_ffmpeg
import pytest
from PIL import Image

from autodagger.authoring.inspection import Play, inspect, search_recording
from autodagger.errors import UserError
from games.airstriker.adapter import LIVES, SCORE, find_rom
from tests.envs import write_adapter
from tests.grid import write_expert
from tests.workflow.conftest import GAME, ROOT

ROM = Path(find_rom())
TO_THE_LEVEL = "no_op 40\nstart\nno_op 12\nb\nno_op 12\nb\nno_op 25\nleft+b 3\nb 35\n"


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shooter's ROM, without its adapter, up to a score of 20 and a lost life."""
    folder = tmp_path_factory.mktemp("played")
    (folder / "keys.txt").write_text(TO_THE_LEVEL)
    print(inspect(Play(None, ROM, keys=folder / "keys.txt"), folder))
    return folder


def test_counters_on_the_screen_are_found_in_a_foreign_rom(played: Path) -> None:
    lives = search_recording(played, ["70..90=3", "101..122=2"])
    assert f"ram.u16(0x{LIVES:X})" in lives
    score = search_recording(played, ["101=0", "121=20"])
    assert f"ram.u32(0x{SCORE:X})" in score and "3 places" in score


def test_all_that_a_person_looks_at_is_there(played: Path) -> None:
    pictures = sorted((played / "steps").glob("*.png"))
    assert [path.name for path in pictures[:2]] == ["00000.png", "00001.png"]
    assert Image.open(pictures[-1]).size == (320, 224)
    frames = imageio_ffmpeg.read_frames(str(played / "video.mp4"))
    assert next(frames)["size"] == (960 + 320, 672)
    assert sum(1 for _ in frames) == len(pictures)
    assert Image.open(played / "moments.png").size[0] > 1000
    rows = list(csv.DictReader((played / "changes.csv").open()))
    [lives] = [row for row in rows if row["address"] == f"0x{LIVES + 1:X}"]
    assert (lives["at_end"], lives["highest"]) == ("2", "3")


def test_it_goes_on_from_a_save_state(played: Path, tmp_path: Path) -> None:
    text = inspect(
        Play(ROOT / "games" / "airstriker", start=played / "end.state", steps=3), tmp_path
    )
    assert "Airstriker: 3 steps." in text
    rows = [line.split() for line in text.splitlines()[-4:-2]]
    assert [[row[0], row[2].rstrip(",")] for row in rows] == [["score", "20"], ["lives", "2"]]


def test_an_expert_plays(tmp_path: Path) -> None:
    expert = GAME / "experts" / "GAME_RUNNING.py"
    text = inspect(Play(GAME, expert=expert, steps=12), tmp_path)
    assert "from 0x02000000 on" in text and "from 0x03000000 on" in text
    assert "game.scene" in text


def test_an_expert_that_fails_ends_the_play_and_is_named(tmp_path: Path) -> None:
    text = "def run(state): return 'right' if state['prev_action'] is None else state['there']"
    expert = write_expert(tmp_path, text)
    told = inspect(Play(write_adapter(tmp_path), expert=expert), tmp_path / "out")
    assert "Mine: 1 steps" in told
    assert "It ended: " in told and "KeyError: 'there'" in told
    assert (tmp_path / "out" / "video.mp4").exists()


def test_an_environment_shows_its_state_and_has_no_memory(tmp_path: Path) -> None:
    text = inspect(Play(write_adapter(tmp_path), steps=20), tmp_path / "out")
    assert "bytes of memory" not in text
    assert "env.reward" in text and "x  " in text
    with pytest.raises(UserError, match="this game shows no memory"):
        search_recording(tmp_path / "out", ["1=2"])


def test_without_a_recording_there_is_nothing_to_search(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"there is no .*recording\.npz. Play first"):
        search_recording(tmp_path, ["1=2"])


def test_a_button_that_the_console_lacks_is_named(tmp_path: Path) -> None:
    (tmp_path / "keys.txt").write_text("left+q 3")
    with pytest.raises(UserError, match=r"'q' is no button of a Genesis"):
        inspect(Play(None, ROM, keys=tmp_path / "keys.txt"), tmp_path)
