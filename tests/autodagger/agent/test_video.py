"""Videos of the agent's runs: they play, to the last frame, and leave a strip."""

import json
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import numpy as np
import pytest
from PIL import Image

from autodagger.agent.chain import Chain
from autodagger.agent.journey import Conduct, Driver, Journey
from autodagger.agent.video import SPEED, record_agent_videos
from autodagger.errors import UserError
from autodagger.files import DamagedFile
from autodagger.game.emulator import FRAMES_PER_SECOND
from autodagger.results.video import CAPTION_ROWS, LAST_FRAME_SECONDS, VideoStyle
from tests.autodagger.agent.helpers import make_chain, play
from tests.grid import ACTIONS

STYLE = VideoStyle(fps=30, scale=1)


@pytest.fixture(scope="module")
def journey(world: Path) -> Journey:
    """A whole run of the experts'."""
    chain = make_chain(world)
    (journey,) = play(chain, chain.plan_journeys(1, "test"), Conduct(Driver.EXPERTS))
    assert journey.success
    return journey


def to_run(journey: Journey, number: int = 1, steps: int | None = None, **changes: Any) -> Any:
    """As it is kept; `steps` cuts it off."""
    run = {
        "number": number,
        "seed": journey.plan.seed,
        "success": steps is None,
        "acts": journey.acts[:steps],
        "due": journey.due[:steps],
        "beliefs": journey.due[:steps],
    }
    return run | changes


def record(folder: Path, chain: Chain, *runs: Any) -> list[Path]:
    file = folder / "runs.json"
    file.write_text(json.dumps({"actions": ACTIONS, "runs": runs}))
    outputs = {"videos": folder / "videos", "strip": folder / "strip.png"}
    return record_agent_videos(chain, file, STYLE, outputs)


def decode(path: Path) -> np.ndarray:
    """(N, H, W, 3) uint8."""
    reader = imageio_ffmpeg.read_frames(str(path))
    width, height = next(reader)["size"]
    return np.stack([np.frombuffer(data, np.uint8).reshape(height, width, 3) for data in reader])


def split_strip(path: Path) -> list[np.ndarray]:
    """The screens of a strip of one row."""
    with Image.open(path) as image:
        pixels = np.asarray(image.convert("RGB"))
    return [pixels[8:168, x : x + 240] for x in range(8, pixels.shape[1] - 8, 248)]


def test_video_shows_the_run_to_its_end_at_twice_the_speed(
    world: Path, tmp_path: Path, journey: Journey
) -> None:
    (video,) = record(tmp_path, make_chain(world), to_run(journey))
    assert video == tmp_path / "videos" / f"agent_run1_success_steps{journey.steps}.mp4"
    pictures = decode(video)
    assert pictures.shape[1:] == (160 + CAPTION_ROWS, 240, 3)
    seconds = journey.frames / FRAMES_PER_SECOND / SPEED + LAST_FRAME_SECONDS
    assert len(pictures) == pytest.approx(seconds * STYLE.fps, abs=2)
    last = split_strip(tmp_path / "strip.png")[-1]
    assert np.abs(pictures[-1, :160].astype(int) - last).mean() < 8


def test_strip_has_a_picture_of_each_milestones_end(
    world: Path, tmp_path: Path, journey: Journey
) -> None:
    record(tmp_path, make_chain(world), to_run(journey))
    screens = split_strip(tmp_path / "strip.png")
    assert len(screens) == 1 + 3
    assert len({screen.tobytes() for screen in screens}) == 4


def test_strip_of_a_run_that_fails_ends_where_it_came_to(
    world: Path, tmp_path: Path, journey: Journey
) -> None:
    steps = journey.due.index(1) + 1
    (video,) = record(tmp_path, make_chain(world), to_run(journey, steps=steps))
    assert video.name == f"agent_run1_fail_steps{steps}.mp4"
    assert len(split_strip(tmp_path / "strip.png")) == 1 + 1


def test_first_that_succeeds_and_first_that_fails_are_shown(
    world: Path, tmp_path: Path, journey: Journey
) -> None:
    runs = [
        to_run(journey, 1, steps=3),
        to_run(journey, 2, steps=4),
        to_run(journey, 3),
        to_run(journey, 4),
    ]
    videos = record(tmp_path, make_chain(world), *runs)
    names = [f"agent_run3_success_steps{journey.steps}.mp4", "agent_run1_fail_steps3.mp4"]
    assert [video.name for video in videos] == names
    assert sorted(file.name for file in (tmp_path / "videos").iterdir()) == sorted(names)
    assert len(split_strip(tmp_path / "strip.png")) == 4  # the success's


def test_caption_names_the_belief(world: Path, tmp_path: Path, journey: Journey) -> None:
    """The screens are equal whatever was believed; what stands below them is not."""
    pictures = []
    for belief in (0, 2):
        run = to_run(journey, steps=8, beliefs=[belief] * 8)
        folder = tmp_path / str(belief)
        folder.mkdir()
        pictures.append(decode(record(folder, make_chain(world), run)[0]).astype(int))
    differ = np.abs(pictures[0] - pictures[1])
    assert differ[:, 160:].max() > 100
    # The encoder spends its bits elsewhere from the second picture on.
    assert differ[0, :144].max() == 0
    assert differ[:, :144].max() < differ[:, 160:].max() / 2


def test_run_whose_game_crashed_before_a_step_is_not_shown(
    world: Path, tmp_path: Path, journey: Journey
) -> None:
    runs = [to_run(journey, 1, steps=0), to_run(journey, 2), to_run(journey, 3, steps=2)]
    videos = record(tmp_path, make_chain(world), *runs)
    assert [video.name[:10] for video in videos] == ["agent_run2", "agent_run3"]


def test_folder_is_replaced_whole(world: Path, tmp_path: Path, journey: Journey) -> None:
    chain = make_chain(world)
    record(tmp_path, chain, to_run(journey, 7, steps=3))
    (tmp_path / ".videos.unfinished").mkdir()  # of a kill
    record(tmp_path, chain, to_run(journey, 8, steps=3))
    names = [file.name for file in (tmp_path / "videos").iterdir()]
    assert names == ["agent_run8_fail_steps3.mp4"]
    assert not (tmp_path / ".videos.unfinished").exists()


def test_failure_leaves_the_old_folder(
    world: Path, tmp_path: Path, journey: Journey, monkeypatch: pytest.MonkeyPatch
) -> None:
    chain = make_chain(world)
    record(tmp_path, chain, to_run(journey, 7, steps=3))
    monkeypatch.setattr(imageio_ffmpeg, "get_ffmpeg_exe", lambda: "false")
    with pytest.raises(UserError, match="ffmpeg stopped"):
        record(tmp_path, chain, to_run(journey, 8, steps=3))
    names = [file.name for file in (tmp_path / "videos").iterdir()]
    assert names == ["agent_run7_fail_steps3.mp4"]
    assert not (tmp_path / ".videos.unfinished").exists()


def test_damaged_runs_are_refused(world: Path, tmp_path: Path, journey: Journey) -> None:
    with pytest.raises(DamagedFile, match=r"runs\.json"):
        record(tmp_path, make_chain(world), to_run(journey, beliefs=[0]))
    assert not (tmp_path / "videos").exists()
