"""Videos: decoded again, they show the episode at its real speed, to its last frame."""

import math
import re
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import numpy as np
import pytest

from autodagger.errors import UserError
from autodagger.files import read_json, sha1_file
from autodagger.game.emulator import FRAMES_PER_SECOND
from autodagger.game.env import GameEnv
from autodagger.game.milestone import Milestone
from autodagger.game.starts import StartState, save_start_states
from autodagger.results import video
from autodagger.results.video import (
    CAPTION_ROWS,
    LAST_FRAME_SECONDS,
    Recorder,
    VideoStyle,
    pick_replays,
    record_videos,
)
from autodagger.rollout.episode import NO_LABEL, Actor
from autodagger.rollout.replay import Replay, Replays
from autodagger.seeding import derive_seed
from tests.envs import write_adapter
from tests.grid import ACTIONS, CURSOR, NAMING, ROM, ROOT, GridStates, make_task, open_env

DOWN, RIGHT = ACTIONS.index("down"), ACTIONS.index("right")
WAY = [DOWN, DOWN, RIGHT, RIGHT, RIGHT, RIGHT]
SEED = derive_seed(0, "CURSOR")


@pytest.fixture
def start(tmp_path: Path, grid_states: GridStates) -> Path:
    path = tmp_path / "states.zip"
    states = [StartState("ep1.state", grid_states.top_left)]
    states.append(StartState("ep2.state", grid_states.top_right))
    save_start_states(path, states, sha1_file(ROM))
    return path


def make_replay(acts: list[int], labels: list[int] | None = None, **changes: Any) -> Replay:
    values = {"group": "expert_eval", "iteration": None, "episode": 1, "seed": SEED}
    values |= {"start_state": "ep1.state", "outcome": "reached", "frames": 0}
    values |= {"acts": acts, "labels": labels or acts, "actors": [Actor.EXPERT] * len(acts)}
    return Replay(**{**values, **changes})


def record(
    folder: Path,
    start: Path | None,
    *replays: Replay,
    milestone: Milestone = CURSOR,
    **style: Any,
) -> list[Path]:
    task = make_task(folder / "nobody_is_asked.py", milestone, starts=start)
    look = VideoStyle(**{"fps": 30, "scale": 2, **style})
    return record_videos(task, Replays(milestone.id, ACTIONS, replays), folder / "videos", look)


def decode(path: Path) -> tuple[dict[str, Any], np.ndarray]:
    """What the file says of itself, and its pictures, (N, H, W, 3) uint8."""
    reader = imageio_ffmpeg.read_frames(str(path))
    meta = next(reader)
    width, height = meta["size"]
    pictures = [np.frombuffer(data, np.uint8).reshape(height, width, 3) for data in reader]
    return meta, np.stack(pictures)


def play(acts: list[int], state: bytes) -> tuple[np.ndarray, np.ndarray, int]:
    """First screen, last screen and number of frames of an episode."""
    with open_env() as env:
        first, _ = env.reset(seed=SEED, options={"state": state})
        frames = 0
        for act in acts:
            last, _, _, _, info = env.step(act)
            frames += info["frames"]
    return first, last, frames


def shrink(pictures: np.ndarray, scale: int) -> np.ndarray:
    """Screen pixels of enlarged pictures, as float."""
    *_, height, width, _ = pictures.shape
    parts = pictures.reshape(-1, height // scale, scale, width // scale, scale, 3)
    return parts.mean((2, 4))


def split(pictures: np.ndarray, scale: int = 2) -> tuple[np.ndarray, np.ndarray]:
    """Screens (N, 160, 240, 3) and captions (N, 16, 240, 3)."""
    small = shrink(pictures, scale)
    return small[:, :-CAPTION_ROWS], small[:, -CAPTION_ROWS:]


@pytest.mark.parametrize(("fps", "speed"), [(30, 1.0), (15, 1.0), (60, 1.0), (30, 2.0)])
def test_video_runs_at_the_games_speed(
    tmp_path: Path, start: Path, grid_states: GridStates, fps: int, speed: float
) -> None:
    [path] = record(tmp_path, start, make_replay(WAY), fps=fps, speed=speed)
    meta, pictures = decode(path)
    frames = play(WAY, grid_states.top_left)[2]
    playing = math.ceil(frames * fps / (FRAMES_PER_SECOND * speed))
    assert len(pictures) == playing + round(LAST_FRAME_SECONDS * fps)
    assert meta["fps"] == fps
    assert meta["codec"] == "h264"


def test_the_index_comes_first(tmp_path: Path, start: Path) -> None:
    """So that a browser plays while it loads."""
    [path] = record(tmp_path, start, make_replay([RIGHT]))
    assert re.findall(rb"moov|mdat", path.read_bytes())[0] == b"moov"


@pytest.mark.parametrize("scale", [1, 2, 3])
def test_size_is_a_whole_multiple_of_the_screen(tmp_path: Path, start: Path, scale: int) -> None:
    [path] = record(tmp_path, start, make_replay([RIGHT]), scale=scale)
    meta, _ = decode(path)
    assert meta["size"] == (240 * scale, (160 + CAPTION_ROWS) * scale)


def test_last_picture_is_the_success(tmp_path: Path, start: Path, grid_states: GridStates) -> None:
    [path] = record(tmp_path, start, make_replay(WAY))
    first, last, _ = play(WAY, grid_states.top_left)
    screens, _ = split(decode(path)[1])
    changed = (first != last).any(-1)
    assert changed.sum() > 20
    assert np.abs(screens[-1] - last).mean() < 4  # H.264 loses a little
    near = np.abs(screens[-1] - last)[changed].mean()
    assert near < 0.5 * np.abs(screens[-1] - first)[changed].mean()
    resting = screens[-round(LAST_FRAME_SECONDS * 30) :]
    assert np.abs(resting - last).mean() < 4


def test_picture_is_neither_turned_nor_recoloured(tmp_path: Path) -> None:
    """The logo and title are far from symmetric."""
    acts = [0, 0, 0, 0]
    trajectory = make_replay(acts, start_state="power-on")
    [path] = record(tmp_path, None, trajectory, milestone=NAMING)
    with open_env(NAMING) as env:
        env.reset(seed=SEED)
        for act in acts:
            screen = env.step(act)[0]
    last = split(decode(path)[1])[0][-1]
    right = np.abs(last - screen).mean()
    wrong = (screen[::-1], screen[:, ::-1], screen[..., ::-1])
    assert all(np.abs(last - picture).mean() > 2 * right for picture in wrong)


def test_caption_shows_the_button(tmp_path: Path, start: Path) -> None:
    [path] = record(tmp_path, start, make_replay([DOWN, DOWN, RIGHT, DOWN]), fps=60, scale=1)
    _, captions = split(decode(path)[1], 1)
    steps = [captions[k] for k in (4, 14, 24, 34)]  # a step is 8 to 12 frames
    assert len(captions) > 36

    def differ(a: np.ndarray, b: np.ndarray) -> bool:
        return bool(np.abs(a - b).max() > 60)

    assert not differ(steps[0], captions[6])
    kinds = [k for k in range(len(captions) - 60) if differ(captions[k], captions[k + 1])]
    assert len(kinds) == 2  # down to right, right to down; two equal buttons look the same
    assert differ(captions[0], np.zeros_like(captions[0]))


def test_experts_choice_stands_where_it_differs(tmp_path: Path, start: Path) -> None:
    labels = [RIGHT, DOWN, NO_LABEL, RIGHT]
    trajectory = make_replay([DOWN, DOWN, RIGHT, RIGHT], labels)
    expert_side = (slice(None), slice(None), slice(120, None))
    ink = {}
    for show in (True, False):
        [path] = record(tmp_path, start, trajectory, fps=60, scale=1, show_expert=show)
        captions = split(decode(path)[1], 1)[1][expert_side]
        ink[show] = captions.max((1, 2, 3)) > 150
    assert not ink[False].any()
    shown = np.flatnonzero(ink[True])
    assert len(shown) in range(8, 13)  # the first step alone
    assert shown[0] == 0
    assert np.array_equal(shown, np.arange(len(shown)))


def test_every_episode_has_its_file_and_its_start(
    tmp_path: Path, start: Path, grid_states: GridStates
) -> None:
    paths = record(
        tmp_path,
        start,
        make_replay(WAY),
        make_replay(
            [DOWN, DOWN, ACTIONS.index("left")],
            group="rollout",
            iteration=0,
            outcome="timeout",
            start_state="ep2.state",
        ),
    )
    assert [path.name for path in paths] == [
        "expert_eval_ep1_success_steps6.mp4",
        "rollout_iter0_ep1_CURSOR.mp4",
    ]
    assert sorted(paths[0].parent.iterdir()) == sorted(paths)
    screens, _ = split(decode(paths[1])[1])
    first, _, _ = play([DOWN], grid_states.top_right)
    assert np.abs(screens[0] - first).mean() < 4


def test_folder_is_made_anew(tmp_path: Path, start: Path) -> None:
    record(tmp_path, start, make_replay([RIGHT]))
    paths = record(tmp_path, start, make_replay([RIGHT], episode=2))
    assert list((tmp_path / "videos").iterdir()) == paths


def test_no_episodes_make_an_empty_folder(tmp_path: Path, start: Path) -> None:
    assert record(tmp_path, start) == []
    assert list((tmp_path / "videos").iterdir()) == []


def test_equal_episodes_make_equal_videos(tmp_path: Path, start: Path) -> None:
    files = [record(tmp_path, start, make_replay(WAY))[0].read_bytes() for _ in range(2)]
    assert files[0] == files[1]


def test_the_first_episodes_of_each_iteration_and_evaluation_are_picked() -> None:
    rollouts = [
        make_replay([], group="rollout", iteration=iteration, episode=episode)
        for iteration in range(2)
        for episode in range(3)
    ]
    tests = [make_replay([], group="student_eval", episode=episode) for episode in (1, 2, 3)]
    picked = [
        (one.group, one.iteration, one.episode)
        for one in pick_replays(rollouts + tests, per_iteration=1, per_evaluation=2)
    ]
    assert picked == [
        ("rollout", 0, 0),
        ("rollout", 1, 0),
        ("student_eval", None, 1),
        ("student_eval", None, 2),
    ]


def stop_after(monkeypatch: pytest.MonkeyPatch, pictures: int, error: BaseException) -> None:
    """Raises in the middle of what the recorder does for a picture."""
    send = Recorder._send
    left = iter(range(pictures))

    def stop(recorder: Recorder) -> None:
        if next(left, None) is None:
            raise error
        send(recorder)

    monkeypatch.setattr(Recorder, "_send", stop)


@pytest.mark.parametrize("error", [KeyboardInterrupt(), MemoryError("no more")])
def test_a_stop_leaves_the_old_videos_and_is_what_is_reported(
    tmp_path: Path, start: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    [old] = record(tmp_path, start, make_replay([RIGHT]))
    before = old.read_bytes()
    with monkeypatch.context() as patch:
        stop_after(patch, 5, error)
        with pytest.raises(type(error)) as raised:
            record(tmp_path, start, make_replay(WAY), make_replay(WAY, episode=2))
    assert raised.value is error
    assert list((tmp_path / "videos").iterdir()) == [old]
    assert old.read_bytes() == before
    assert {path.name for path in tmp_path.iterdir()} == {"states.zip", "videos"}


def test_what_a_kill_left_is_taken_away(tmp_path: Path, start: Path) -> None:
    left = tmp_path / ".videos.unfinished"
    left.mkdir()
    (left / "half.mp4").touch()
    paths = record(tmp_path, start, make_replay([RIGHT]))
    assert list((tmp_path / "videos").iterdir()) == paths
    assert not left.exists()


@pytest.mark.skipif(
    not Path("/dev/full").exists(), reason="the disk that is always full is Linux's"
)
def test_a_full_disk_is_named_and_leaves_nothing(
    tmp_path: Path, start: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Small videos are written at their end: it is the encoder's exit status that tells."""
    monkeypatch.setattr(video, "name_video", lambda milestone, replay: "full.mp4")
    make = Path.mkdir

    def make_full(folder: Path, **arguments: Any) -> None:
        make(folder, **arguments)
        (folder / "full.mp4").symlink_to("/dev/full")

    monkeypatch.setattr(Path, "mkdir", make_full)
    with pytest.raises(UserError, match=r"recording full\.mp4: ffmpeg stopped \(.*No space left"):
        record(tmp_path, start, make_replay(WAY))
    assert {path.name for path in tmp_path.iterdir()} == {"states.zip"}


@pytest.mark.parametrize(
    ("height", "width", "scale", "size"),
    [
        (20, 45, 3, (136, 3 * 20 + CAPTION_ROWS)),  # as large as it goes before the caption
        (210, 160, 3, (480, 3 * 210 + 2 * CAPTION_ROWS)),
        (33, 160, 2, (320, 2 * 33 + CAPTION_ROWS)),
        (21, 241, 1, (242, 21 + CAPTION_ROWS + 1)),
        (224, 320, 2, (640, 2 * (224 + CAPTION_ROWS))),
        (480, 640, 1, (640, 480 + 2 * CAPTION_ROWS)),
    ],
)
def test_screens_of_any_size_have_even_sides_and_a_caption_that_fits(
    tmp_path: Path, height: int, width: int, scale: int, size: tuple[int, int]
) -> None:
    kwargs = f"env_kwargs = {{'height': {height}, 'width': {width}}}"
    env = GameEnv(write_adapter(tmp_path, more=kwargs))
    try:
        env.reset(seed=0)
        with Recorder(env, tmp_path / "any.mp4", VideoStyle(20, scale)) as recorder:
            recorder.set_caption("right")
            env.step(1)
        last = env.simulator.screen()
    finally:
        env.close()
    meta, pictures = decode(tmp_path / "any.mp4")
    assert meta["size"] == size
    seen = shrink(pictures[-1, : height * scale, : width * scale], scale)[0]
    assert np.abs(seen - last).mean() < 8
    assert (pictures[-1, height * scale :].max(axis=(1, 2)) > 150).any()  # words


def test_belief_is_never_cut_off() -> None:
    """Of the embedded game's milestones the longest, beside the longest button."""
    entries = read_json(ROOT / "games" / "mossbrook" / "milestone_config.json")["milestones"]
    longest = max((entry["id"] for entry in entries), key=len)

    def is_empty(belief: str, columns: slice) -> bool:
        strip = video._draw_caption(video.CAPTION_WIDTH, "select", None, belief)
        return bool((strip[:, columns] == strip[0, 0]).all())

    assert is_empty(f"24/24  {longest}", slice(-4, None))
    assert is_empty(f"24/24  {longest}", slice(38, 44))  # nor does it touch the button
    assert not is_empty("W" * 40, slice(-4, None))
