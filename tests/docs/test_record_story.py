"""The video of the story, made as the script's docstring says, as far as the first milestones."""

import subprocess
import sys
from pathlib import Path

import imageio_ffmpeg

ROOT = Path(__file__).parents[2]


def record(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "docs.record_story", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)


def test_first_milestones_are_recorded(tmp_path):
    video = tmp_path / "story.mp4"
    result = record(str(video), "--seed", "1", "--until", "PLAYER_NAME_SET")
    assert result.returncode == 0, result.stderr
    first, second, last = result.stdout.splitlines()
    assert first.split()[:2] == ["0", "GAME_RUNNING"]
    assert second.split()[:2] == ["1", "PLAYER_NAME_SET"]
    steps = [int(line.split()[2]) for line in (first, second)]
    assert min(steps) > 0
    assert last.startswith(f"{sum(steps)} steps from power-on to PLAYER_NAME_SET")
    _, seconds = imageio_ffmpeg.count_frames_and_secs(str(video))
    assert seconds > 1


def test_unknown_milestone_is_refused():
    result = record("--until", "PLAYER_NAME")
    assert result.returncode == 2
    assert "PLAYER_NAME_SET" in result.stderr
