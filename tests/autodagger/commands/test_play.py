"""`autodagger play`: as it is typed."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from autodagger.agent.agent import save_agent
from autodagger.files import sha1_file, write_json
from autodagger.game.starts import StartState, save_start_states
from autodagger.results.layout import Results
from autodagger.student.model_file import Origin, save_student
from tests.autodagger.agent.helpers import CORNER, make_network, make_stubborn
from tests.grid import CURSOR, GAME_DIR, NAMING, ROM, ROOT, GridStates

ORIGIN = Origin("letters", (160, 240))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A working folder with the grid among its games; the model is none of its files."""
    game = tmp_path / "games" / "letters"
    game.mkdir(parents=True)
    adapter = (GAME_DIR / "adapter.py").read_text()
    (game / "adapter.py").write_text(adapter.replace('"0" * 40', repr(sha1_file(ROM))))
    (game / "mossbrook.gba").symlink_to(ROM)
    (game / "experts").mkdir()
    entries = [
        {"id": one.id, "max_steps": one.max_steps, "done_when": one.done_when}
        for one in (NAMING, CURSOR, CORNER)
    ]
    write_json(game / "milestone_config.json", {"milestones": entries})
    return tmp_path


def write_student(folder: Path, button: str, origin: Origin | None = ORIGIN) -> str:
    """One that always presses this button, for CURSOR, among results."""
    student = make_stubborn(button)
    path = Results(folder / "results").best("CURSOR")
    path.parent.mkdir(parents=True)
    names = {"milestone_id": "CURSOR", "digests": {}, "scores": {}}
    path.write_bytes(save_student(student.state_dict(), student.args, **names, origin=origin))  # type: ignore[arg-type]
    return str(path)


def write_starts(folder: Path, *states: bytes) -> None:
    path = Results(folder / "results").test_states("NAMING")
    named = [StartState(f"test_ep{k}.state", data) for k, data in enumerate(states, 1)]
    save_start_states(path, named, sha1_file(ROM))


def play(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "autodagger", "play", *arguments]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    environment.pop("DISPLAY", None)
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


def test_a_student_begins_where_its_tests_do(folder: Path, grid_states: GridStates) -> None:
    """From the bottom row, "right" passes the goal's column but never its row."""
    write_starts(folder, grid_states.top_left, grid_states.bottom)
    write_json(
        Results(folder / "results").budget("CURSOR"),
        {"max_episode_steps": 7, "expert_success_rate": 1.0},
    )
    done = play(folder, write_student(folder, "right"), "--episodes", "3", "--seed", "5")
    assert done.stdout.splitlines() == [
        "episode 1 (seed 5, from test_ep1.state): stuck in CURSOR after 7 steps",
        "episode 2 (seed 6, from test_ep2.state): stuck in CURSOR after 7 steps",
        "episode 3 (seed 7, from test_ep1.state): stuck in CURSOR after 7 steps",
        "0 of 3 reached: 0.00 (95 %: 0.00 to 0.56)",
    ], done.stderr


def test_what_reaches_its_goal_is_counted_and_filmed(folder: Path, grid_states: GridStates) -> None:
    """In the first row, where "right" alone leads there."""
    milestones = folder / "games" / "letters" / "milestone_config.json"
    milestones.write_text(milestones.read_text().replace("`2`", "`0`"))
    (folder / "start.state").write_bytes(grid_states.top_left)
    model = write_student(folder, "right")
    done = play(folder, model, "--start", "start.state", "--video", "videos/student.mp4")
    assert done.stdout.splitlines() == [
        "episode 1 (seed 0, from start.state): reached CURSOR in 4 steps",
        "1 of 1 reached: 1.00 (95 %: 0.21 to 1.00)",
        "wrote videos/student.mp4",
    ], done.stderr
    assert (folder / "videos" / "student.mp4").stat().st_size > 2_000


def test_an_agent_begins_at_power_on(folder: Path) -> None:
    path = folder / "agent.pth"
    ids = ["NAMING", "CURSOR"]
    path.write_bytes(save_agent(make_network(["b", "b"]), ids, {}, {}, ORIGIN))
    done = play(folder, str(path), "--episodes", "1")
    assert done.stdout.splitlines() == [
        "episode 1 (seed 0, from power-on): stuck in NAMING after 60 steps, after 0 of 2 "
        "milestones",
        "0 of 1 reached: 0.00 (95 %: 0.00 to 0.79)",
    ], done.stderr


def test_it_is_shown_in_a_terminal(folder: Path, grid_states: GridStates) -> None:
    write_starts(folder, grid_states.top_left)
    write_json(
        Results(folder / "results").budget("CURSOR"),
        {"max_episode_steps": 2, "expert_success_rate": 1.0},
    )
    model = write_student(folder, "right")
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    environment.pop("DISPLAY", None)
    master, slave = pty.openpty()
    command = [sys.executable, "-m", "autodagger", "play", model, "--watch"]
    process = subprocess.Popen(command, cwd=folder, env=environment, stdout=slave, stderr=slave)
    os.close(slave)
    shown = b""
    while True:
        try:
            part = os.read(master, 1 << 16)
        except OSError:  # the other side is closed
            break
        if not part:
            break
        shown += part
    os.close(master)
    assert process.wait() == 0, shown[-2000:].decode()
    text = shown.decode()
    assert "▀" in text and "CURSOR  right" in text
    assert text.rstrip().endswith("0 of 1 reached: 0.00 (95 %: 0.00 to 0.79)")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--video", "a.gif"], "expected a name that ends with .mp4"),
        (["--episodes", "0"], "'0' is no number"),
        (["--seed", "-1"], "--seed"),
        (["--start", "nowhere.state"], "save state nowhere.state: no such file"),
        (["--game", "leters"], "did you mean 'letters'?"),
        (["--game", "mossbrook"], "which the game"),
        ([], "there is no "),
        (["--start", "power-on", "--watch"], "neither a window"),
    ],
)
def test_what_is_wrong_is_said(folder: Path, arguments: list[str], expected: str) -> None:
    done = play(folder, write_student(folder, "a"), *arguments)
    assert done.returncode in (1, 2)
    assert expected in done.stderr and "Traceback" not in done.stderr


def test_a_game_that_is_not_here_is_named(folder: Path) -> None:
    model = write_student(folder, "a", Origin("elsewhere", (160, 240)))
    done = play(folder, model)
    assert "of the game 'elsewhere', which is not in games/ here" in done.stderr


def test_other_buttons_are_refused(folder: Path) -> None:
    adapter = folder / "games" / "letters" / "adapter.py"
    adapter.write_text(adapter.read_text().replace('"start", "up"', '"up", "start"'))
    done = play(folder, write_student(folder, "a"), "--start", "power-on")
    assert "its buttons are no_op, a, b, up, start" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_start_where_nothing_is_left_to_do_is_refused(
    folder: Path, grid_states: GridStates
) -> None:
    milestones = folder / "games" / "letters" / "milestone_config.json"
    milestones.write_text(milestones.read_text().replace("`4`", "`0`").replace("`2`", "`0`"))
    write_starts(folder, grid_states.top_left)
    done = play(folder, write_student(folder, "a"))
    assert "start test_ep1.state: there CURSOR is reached already" in done.stderr


def test_a_model_that_says_nothing_of_its_game_takes_the_configs(
    folder: Path, grid_states: GridStates
) -> None:
    (folder / "config.yaml").write_text("game: letters\n")
    write_starts(folder, grid_states.top_left)
    done = play(folder, write_student(folder, "b", None), "--episodes", "1")
    assert "of 1 reached" in done.stdout, done.stderr
    assert torch.load(Results(folder / "results").best("CURSOR"))["origin"] is None
