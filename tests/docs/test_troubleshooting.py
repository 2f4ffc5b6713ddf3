"""docs/troubleshooting.md quotes the messages that are really printed.

Each quotation stands in a block after a comment with its name; here each name has a function that
makes the mistake and returns what is said. White space and … (anything) aside, both are equal.
"""

import json
import multiprocessing
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from autodagger.dagger.checkpoint import Checkpoint
from autodagger.errors import UserError
from autodagger.evaluation.budget import plan_budget
from autodagger.evaluation.expert import evaluate_expert
from autodagger.expert import expert as expert_module
from autodagger.expert import vision_model
from autodagger.expert.desk import Desk
from autodagger.expert.expert import Expert, ExpertError
from autodagger.expert.inmate import ConfinementError
from autodagger.expert.jail import Jail, get_jail
from autodagger.expert.vision import Oracle, Vision
from autodagger.files import write_json
from autodagger.game.contract import check_rom, load_game
from autodagger.game.emulator import Emulator
from autodagger.game.fields import check_fields, check_start, describe_never_true
from autodagger.game.milestone import Milestone, load_milestones
from autodagger.game.sample import read_sample, read_samples
from autodagger.game.starts import StartState, load_start_states, save_start_states
from autodagger.results.layout import Results
from autodagger.results.rows import (
    build_failed_row,
    build_row,
    build_unreached_row,
    collect_rows,
)
from autodagger.results.video import Encoder, VideoStyle
from autodagger.rollout.pool import _Slot
from autodagger.task import Machine, Task
from autodagger.workflow import gpu
from autodagger.workflow.config import check_milestone_options, load_config
from autodagger.workflow.config_file import read_config_file
from autodagger.workflow.paths import check_paths, locate
from autodagger.workflow.pipeline import load_pipeline
from autodagger.workflow.run_lock import hold_run_lock, remove_stale_lock
from autodagger.workflow.tracking import open_tracker
from tests.grid import load_expert
from tests.vision import serving
from tests.workflow.conftest import GAME, Pipeline, make_pipeline

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
BLOCKS = dict(re.findall(r"<!-- message: (.+?) -->\n```text\n(.*?)\n```", TEXT, re.DOTALL))
ACTIONS = ("no_op", "a", "b", "start", "up", "down", "left", "right")
ROM = GAME / "mossbrook.gba"

Scene = SimpleNamespace  # tmp_path, monkeypatch
MESSAGES: dict[str, Callable[[Scene], str]] = {}


def says(name: str) -> Callable[[Callable[[Scene], str]], Callable[[Scene], str]]:
    def keep(function: Callable[[Scene], str]) -> Callable[[Scene], str]:
        MESSAGES[name] = function
        return function

    return keep


def tell(error: type[BaseException], function: Callable[..., Any], *args: Any, **kw: Any) -> str:
    with pytest.raises(error) as raised:
        function(*args, **kw)
    return str(raised.value)


def load_state(change: Callable[[bytes], bytes]) -> str:
    """What is said about a state of Mossbrook that was changed."""
    emulator = Emulator(ROM)
    try:
        return tell(UserError, emulator.load_state, change(emulator.save_state()))
    finally:
        emulator.close()


def write_expert(scene: Scene, text: str) -> Path:
    path: Path = scene.tmp_path / "RIVAL_HOUSE.py"
    path.write_text(text)
    return path


@says("unknown-option")
def _(scene: Scene) -> str:
    return tell(UserError, load_config, {"eval_episode": 3})


@says("wrong-value")
def _(scene: Scene) -> str:
    scene.monkeypatch.chdir(scene.tmp_path)
    Path("config.yaml").write_text("min_success_rate: 60\n")
    return tell(UserError, load_config, {"min_success_rate": 60}, ["config.yaml"])


@says("octal")
def _(scene: Scene) -> str:
    scene.monkeypatch.chdir(scene.tmp_path)
    Path("config.yaml").write_text("seed: 1\neval_episodes: 010\n")
    return tell(UserError, read_config_file, "config.yaml")


@says("mixed-results")
def _(scene: Scene) -> str:
    scene.monkeypatch.chdir(scene.tmp_path)
    Path("experts").mkdir()
    options = load_config({"output_dir": "experts", "policy_dir": "experts", "game": str(GAME)})
    return tell(UserError, check_paths, options, locate(options, ROOT), options["state_dir"])


@says("damaged-state")
def _(scene: Scene) -> str:
    path = scene.tmp_path / "RIVAL_HOUSE_completed.state"
    emulator = Emulator(ROM)
    path.write_bytes(emulator.save_state()[:1000])
    emulator.close()
    [sample] = read_samples(GAME, ROM, [path])
    return f"save state {path}: {sample.refused}"


@says("never-true")
def _(scene: Scene) -> str:
    states = [{"game": {"scene": "logo"}}, {"game": {"scene": "title"}}]
    return describe_never_true(Milestone("A", None, 5, "game.scne == 'town'"), states)


@says("damaged-result")
def _(scene: Scene) -> str:
    results = Results(scene.tmp_path)
    path = results.budget("RIVAL_HOUSE")
    path.parent.mkdir(parents=True)
    path.write_text("")
    return show_row(build_row(results, "RIVAL_HOUSE"))


@says("damaged-states")
def _(scene: Scene) -> str:
    path = scene.tmp_path / "completed_states.zip"
    save_start_states(path, [StartState("ep1.state", b"state")], "0" * 40)
    path.write_bytes(path.read_bytes()[:-9])
    return tell(UserError, load_start_states, path)


@says("damaged-checkpoint")
def _(scene: Scene) -> str:
    said: list[str] = []
    checkpoint = Checkpoint(scene.tmp_path / "c", {"expert": "e"}, said.append)
    new = {"frames": np.zeros((1, 2, 2, 1), np.uint8)}
    for number in range(2):
        checkpoint.save(number, {"new": new})
    path = scene.tmp_path / "c" / "iteration_001.pt"
    path.write_bytes(path.read_bytes()[:-9])
    list(checkpoint.load())
    return said[0]


@says("unknown-milestone")
def _(scene: Scene) -> str:
    path = "games/mossbrook/milestone_config.json"
    options = load_config({"resume_from": "RIVAL_HOSE", "milestone_config": path})
    known = [milestone.id for milestone in load_milestones(ROOT / path)]
    return tell(UserError, check_milestone_options, options, known)


@says("no-done-when")
def _(scene: Scene) -> str:
    path = scene.tmp_path / "milestone_config.json"
    path.write_text(json.dumps({"milestones": [{"id": "RIVAL_HOUSE", "starting_state": None}]}))
    return tell(UserError, load_milestones, path)


@says("no-rom")
def _(scene: Scene) -> str:
    return tell(UserError, check_rom, load_game(GAME), scene.tmp_path / "mossbrook.gba")


@says("wrong-rom")
def _(scene: Scene) -> str:
    (scene.tmp_path / "mossbrook.gba").write_bytes(b"another game")
    return tell(UserError, check_rom, load_game(GAME), scene.tmp_path / "mossbrook.gba")


@says("nothing-brought")
def _(scene: Scene) -> str:
    scene.monkeypatch.chdir(scene.tmp_path)
    write_adapter(scene, "return {}")
    Path("milestone_config.json").write_text('{"milestones": [{"id": "A", "done_when": "x"}]}')
    return tell(UserError, load_pipeline, {"game": str(scene.tmp_path)}, [], ROOT)


def write_adapter(
    scene: Scene, reading: str, actions: str = "'no_op', 'a'", first: str = ""
) -> Any:
    text = (
        "from autodagger.game.gba import GbaGame\n\n"
        f"{first}\n"
        "class Mine(GbaGame):\n"
        f"    name, rom, rom_sha1, actions = 'Mine', 'x.gba', '0', ({actions})\n"
        "    hold_frames, release_frames = 4, (4, 8)\n"
        f"    def read_state(self, ram): {reading}\n"
    )
    (scene.tmp_path / "adapter.py").write_text(text)
    return scene.tmp_path


@says("wrong-button")
def _(scene: Scene) -> str:
    return tell(UserError, load_game, write_adapter(scene, "return {}", "'no_op', 'Left'"))


@says("adapter-import")
def _(scene: Scene) -> str:
    folder = write_adapter(scene, "return {}", first="import pokemon")
    return tell(UserError, load_game, folder)


@says("adapter-raises")
def _(scene: Scene) -> str:
    return tell(UserError, read_sample, write_adapter(scene, "return ()[3]"), ROM)


@says("no-json")
def _(scene: Scene) -> str:
    reading = "return {'player': {'name': ram.bytes(0x02000000, 8)}}"
    return tell(UserError, read_sample, write_adapter(scene, reading), ROM)


@says("no-field")
def _(scene: Scene) -> str:
    milestone = Milestone("RIVAL_HOUSE", None, 10, "player.locaton == 'TOWN'")
    state = {"player": {"location": None, "position": {"x": 0, "y": 0}}}
    return tell(UserError, check_fields, [milestone], state, scene.tmp_path)


@says("no-folder")
def _(scene: Scene) -> str:
    (scene.tmp_path / ".snakemake").write_text("in the way, for root too")
    scene.monkeypatch.chdir(scene.tmp_path)
    return tell(SystemExit, hold_run_lock)


@says("no-gpu")
def _(scene: Scene) -> str:
    scene.monkeypatch.setattr(gpu, "DEVICES", (f"{scene.tmp_path}",))
    scene.monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    gpu.is_gpu_there.cache_clear()
    gpu.is_gpu_there()
    gpu.is_gpu_there.cache_clear()
    return str(scene.capsys.readouterr().err)


@pytest.fixture(scope="module")
def failed_rows(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """A run of two milestones: without an expert, and without a state to start from."""
    pipeline: Pipeline = make_pipeline(tmp_path_factory.mktemp("trouble") / "work")
    entries = [{"id": "RIVAL_HOUSE", "starting_state": None}, {"id": "RIVAL_BEDROOM"}]
    milestones = [entry | {"done_when": "player.moving"} for entry in entries]
    config = pipeline.folder / "milestone_config.json"
    config.write_text(json.dumps({"milestones": milestones}))
    for name in ("RIVAL_HOUS", "RIVAL_BEDROOM"):
        pipeline.expert(name).write_text("def run(state):\n    return 'a'\n")
    result = pipeline.run()
    assert result.returncode == 0, result.stderr
    return pipeline.rows()


def show_row(row: dict[str, Any]) -> str:
    return f"reason: {row['reason']}\nerror: {row['error']}"


@says("no-expert")
def _(scene: Scene) -> str:
    return show_row(scene.failed_rows()["RIVAL_HOUSE"])


@says("no-start")
def _(scene: Scene) -> str:
    return show_row(scene.failed_rows()["RIVAL_BEDROOM"])


def evaluate(scene: Scene, text: str, done_when: str = "player.badges > `0`") -> dict[str, Any]:
    """The report on an expert with this text, from power-on."""
    milestone = Milestone("RIVAL_HOUSE", None, 10, done_when)
    outputs = {
        name: scene.tmp_path / name for name in ("report", "trajectories", "states", "test_states")
    }
    task = Task(GAME, ROM, milestone, write_expert(scene, text))
    return evaluate_expert(task, Machine(1), episodes=1, outputs=outputs, progress=print)


@says("syntax-error")
def _(scene: Scene) -> str:
    return show_row(evaluate(scene, "def run(state)\n    return 'a'\n"))


@says("no-run")
def _(scene: Scene) -> str:
    return show_row(evaluate(scene, "def act(state):\n    return 'a'\n"))


@says("reached-already")
def _(scene: Scene) -> str:
    milestone = Milestone("RIVAL_HOUSE", None, 5, "player.badges == `0`")
    return tell(UserError, check_start, milestone, {"player": {"badges": 0}})


@says("state-version")
def _(scene: Scene) -> str:
    return load_state(lambda state: (0x01000007).to_bytes(4, "little") + state[4:])


@says("no-state")
def _(scene: Scene) -> str:
    return load_state(lambda state: bytes(131_072))


@says("other-game")
def _(scene: Scene) -> str:
    return load_state(lambda state: state[:0x10] + b"OTHER GAME\0\0AAAA" + state[0x20:])


@says("emulator-crash")
def _(scene: Scene) -> str:
    slot = _Slot(0, load_game(GAME).crash_advice)
    slot.process = multiprocessing.get_context("spawn").Process(target=time.sleep, args=(60,))
    slot.process.start()
    assert slot.process.pid
    os.kill(slot.process.pid, signal.SIGSEGV)
    return slot._describe_end()


def act(scene: Scene, text: str) -> str:
    expert = load_expert(write_expert(scene, text))
    return tell(ExpertError, expert.act, {"player": {}})


@says("raises")
def _(scene: Scene) -> str:
    return act(scene, "def run(state):\n    return state['plyer']\n")


@says("hangs")
def _(scene: Scene) -> str:
    scene.monkeypatch.setattr(expert_module, "CALL_SECONDS", 0.2)
    return act(scene, "def run(state):\n    while True: pass\n")


@says("nonsense")
def _(scene: Scene) -> str:
    return act(scene, "def run(state):\n    return 'jump'\n")


@says("forbidden")
def _(scene: Scene) -> str:
    assert ConfinementError.__name__ in BLOCKS["forbidden"]
    return act(scene, "def run(state):\n    open('notes.txt', 'w')\n")


def ask_vision(scene: Scene, **vision: Any) -> str:
    text = """
add_to_state_schema("sign", "Is there a signpost?", bool)
def run(state):
    return "a" if state["sign"] else "b"
"""
    desk = Desk(Oracle(Vision(scene.tmp_path / "answers.jsonl", **vision)))
    path, door = write_expert(scene, text), get_jail().door
    expert = Expert(path, (), ("no_op", "a", "b"), door, desk=desk)
    return tell(Exception, expert.act, {}, np.zeros((2, 2, 3), np.uint8))


@says("no-answer")
def _(scene: Scene) -> str:
    return ask_vision(scene)


@says("wrong-answer")
def _(scene: Scene) -> str:
    with serving(lambda _: "perhaps") as stub:
        return ask_vision(scene, model="m", url=stub.url)


@says("no-server")
def _(scene: Scene) -> str:
    scene.monkeypatch.setattr(vision_model, "_PAUSE", 0.0)
    with serving() as stub:
        pass
    return ask_vision(scene, model="m", url=stub.url)


@says("unconfined")
def _(scene: Scene) -> str:
    return tell(UserError, Jail, False, ["seccomp"])


def plan(outcomes: list[str], error: str | None = None) -> str:
    """The budget after an evaluation with these outcomes."""
    successes = outcomes.count("reached")
    report = {
        "milestone_id": "RIVAL_HOUSE",
        "status": "evaluated",
        "reason": None,
        "error": None,
        "success_rate": successes / len(outcomes),
        "mean_steps": 45.0 if successes else None,
        "std_steps": 1.0 if successes else None,
        "episodes": [
            {"success": outcome == "reached", "outcome": outcome, "error": error}
            for outcome in outcomes
        ],
    }
    return show_row(plan_budget(report, step_multiplier=2.0, min_success_rate=0.6))


@says("weak")
def _(scene: Scene) -> str:
    return plan(["reached"] * 2 + ["timeout"] * 3)


@says("hopeless")
def _(scene: Scene) -> str:
    return plan(["error"] * 5, "RIVAL_HOUSE.py answered 'jump'")


@says("out-of-memory")
def _(scene: Scene) -> str:
    """As torch says it; in a process of its own, since a job's output is redirected."""
    program = (
        "import torch; from types import SimpleNamespace\n"
        "from autodagger.workflow.job import run_job\n"
        "job = SimpleNamespace(log=['log/train_student/RIVAL_HOUSE.log'], wildcards={},\n"
        "                      config={'milestone_ids': ['RIVAL_HOUSE']})\n"
        "with run_job(job, 'student'): raise torch.OutOfMemoryError('CUDA out of memory. ...')"
    )
    command = [sys.executable, "-c", program]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    subprocess.run(command, cwd=scene.tmp_path, env=environment, stderr=subprocess.DEVNULL)
    log = scene.tmp_path / "log" / "train_student" / "RIVAL_HOUSE.log"
    return str(
        build_failed_row(Results(scene.tmp_path), "RIVAL_HOUSE", "train_student", log)["error"]
    )


@says("crashed")
def _(scene: Scene) -> str:
    log = scene.tmp_path / "RIVAL_HOUSE.log"
    row = build_failed_row(Results(scene.tmp_path), "RIVAL_HOUSE", "train_student", log)
    return f"reason: {row['reason']}"


def keep_checkpoint(scene: Scene, depends_on: dict[str, str]) -> list[str]:
    told: list[str] = []
    folder = scene.tmp_path / "checkpoints" / "RIVAL_HOUSE"
    checkpoint = Checkpoint(folder, depends_on, told.append)
    for number in range(len(list(checkpoint.load())), 2):
        checkpoint.save(number, {"metrics": {}, "new": {}})
    return told


@says("continuing")
def _(scene: Scene) -> str:
    keep_checkpoint(scene, {"expert": "1"})
    return keep_checkpoint(scene, {"expert": "1"})[0]


@says("checkpoint-refused")
def _(scene: Scene) -> str:
    keep_checkpoint(scene, {"expert": "1", "options": "1", "rom": "1"})
    return keep_checkpoint(scene, {"expert": "2", "options": "2", "rom": "1"})[0]


def leave_lock(scene: Scene) -> None:
    scene.monkeypatch.chdir(scene.tmp_path)
    locks = Path(".snakemake", "locks")
    locks.mkdir(parents=True)
    (locks / "0.output.lock").touch()


@says("stale-lock")
def _(scene: Scene) -> str:
    leave_lock(scene)
    remove_stale_lock()
    return str(scene.capsys.readouterr().out)


@says("living-lock")
def _(scene: Scene) -> str:
    leave_lock(scene)
    with hold_run_lock():
        return tell(SystemExit, remove_stale_lock)


@says("not-reached")
def _(scene: Scene) -> str:
    results = Results(scene.tmp_path)
    cause = ("evaluate_expert", "RIVAL_HOUSE", results.log("evaluate_expert", "RIVAL_HOUSE"))
    return f"reason: {build_unreached_row(results, 'RIVAL_BEDROOM', cause)['reason']}"


@says("not-tested")
def _(scene: Scene) -> str:
    results = Results(scene.tmp_path)
    row = {"milestone_id": "RIVAL_HOUSE", "status": "completed", "model_sha256": "0" * 64}
    write_json(results.row("RIVAL_HOUSE"), row)
    write_json(results.best("RIVAL_HOUSE"), "other weights")
    [row] = collect_rows(results, ["RIVAL_HOUSE"], {})
    return f"reason: {row['reason']} error: {row['error']}"


@says("disk-full")
def _(scene: Scene) -> str:
    path = scene.tmp_path / "rollout_iter0_ep1_CURSOR.mp4"
    path.symlink_to("/dev/full")
    encoder = Encoder(path, 16, 16, VideoStyle(fps=30))
    encoder.start()
    encoder.send(np.zeros((16, 16, 3), np.uint8))
    said = tell(UserError, encoder.finish)
    encoder.end()
    return said


def track(scene: Scene, **variables: str) -> str:
    for name in ("WANDB_MODE", "WANDB_API_KEY"):
        scene.monkeypatch.delenv(name, raising=False)
    scene.monkeypatch.setenv("NETRC", str(scene.tmp_path / "netrc"))
    scene.monkeypatch.setenv("WANDB_CONFIG_DIR", str(scene.tmp_path))
    for name, value in variables.items():
        scene.monkeypatch.setenv(name, value)
    warnings: list[str] = []
    open_tracker(
        project="pokemon-dagger-pipeline",
        entity=None,
        milestone_id="RIVAL_HOUSE",
        config={},
        inputs=[],
        results=Results(scene.tmp_path),
        warn=warnings.append,
    ).finish()
    import wandb

    wandb.teardown()
    return warnings[0]


@says("no-login")
def _(scene: Scene) -> str:
    return track(scene)


@says("no-network")
def _(scene: Scene) -> str:
    """A key that W&B refuses to use; the same words follow an unreachable server."""
    return track(scene, WANDB_API_KEY="oops")


def squeeze(text: str) -> str:
    return re.sub(r"\s+", "", text)


def to_pattern(block: str) -> str:
    return ".*".join(map(re.escape, squeeze(block).split("…")))


@pytest.mark.parametrize("name", BLOCKS)
def test_the_message_is_the_one_we_print(
    name: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    request: pytest.FixtureRequest,
) -> None:
    scene = Scene(tmp_path=tmp_path, monkeypatch=monkeypatch, capsys=capsys)
    scene.failed_rows = lambda: request.getfixturevalue("failed_rows")
    printed = MESSAGES[name](scene)
    assert re.fullmatch(to_pattern(BLOCKS[name]), squeeze(printed)), printed


def test_every_message_here_is_in_the_document() -> None:
    assert set(MESSAGES) == set(BLOCKS)


def test_every_option_of_the_document_exists() -> None:
    known = load_config({})
    named = set(re.findall(r"`(\w+): [^`]+`", TEXT))
    named |= set(re.findall(r"(\w+)=\S+", " ".join(re.findall(r"--config ([^\n`]+)", TEXT))))
    assert named
    assert named <= set(known)


@pytest.mark.parametrize(
    ("symptom", "advice"),
    [
        (
            "Expert evaluation fails",
            ["experts/RIVAL_HOUSE.py", "{state_dir}/{PREVIOUS}_completed.state", "eval_episodes"],
        ),
        (
            "The expert's success rate is too low",
            ["Mend the expert", "min_success_rate=0.4", "step_multiplier=3.0"],
        ),
        ("Training is too slow", ["record_video", "episodes_per_iter", "train_steps_per_iter"]),
        ("Out of memory", ["batch_size=32", "hidden_dim=128"]),
    ],
)
def test_the_originals_advice_is_there(symptom: str, advice: list[str]) -> None:
    section = re.split(r"^## ", TEXT, flags=re.MULTILINE)
    [text] = [part for part in section if part.startswith(f"{symptom}\n")]
    assert [words for words in advice if words not in text] == []


def test_links_lead_somewhere() -> None:
    headings = re.findall(r"^#+ (.+)$", TEXT, re.MULTILINE)
    anchors = {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in headings}
    for target in re.findall(r"\]\(#([^)]+)\)", TEXT):
        assert target in anchors
    for target in re.findall(r"\]\(([\w./]+\.md)", TEXT):
        assert (ROOT / "docs" / target).is_file()
