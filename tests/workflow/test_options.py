"""Every option of config.yaml at work: one small run with nearly all of them changed, looked at.

What the run cannot show stands in `ELSEWHERE`, with the test that shows it.
"""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import pytest
import torch
import yaml

from autodagger.evaluation.expert import evaluate_expert
from autodagger.files import read_json, write_json
from autodagger.game.contract import load_game
from autodagger.game.milestone import load_milestones
from autodagger.game.starts import load_start_states
from autodagger.results.video import CAPTION_ROWS
from autodagger.seeding import derive_seed
from autodagger.task import Machine, Task
from autodagger.workflow.config import load_config, load_config_schema
from tests.autodagger.results.test_video import decode
from tests.workflow.conftest import GAME, MILESTONES, ROOT, Pipeline

FIRST, MIDDLE, LAST = MILESTONES
CHANGED: dict[str, Any] = {
    "game": "games/mine",
    "rom_path": "roms/cart.gba",
    "milestone_config": "goals.json",
    "policy_dir": "teachers",
    "tools_dir": "helpers",
    "state_dir": "saves",
    "output_dir": "elsewhere",
    "milestone": MIDDLE,
    "resume_from": LAST,  # ignored, as the next: `milestone` is there
    "skip_milestones": [MIDDLE],
    "eval_episodes": 3,
    "start_states": 5,
    "step_multiplier": 2.5,
    "dagger_iterations": 3,
    "episodes_per_iter": 2,
    "train_steps_per_iter": 4,
    "hidden_dim": 24,
    "network": "impala",
    "frame_size": [36, 48],
    "grayscale": False,
    "previous_action": True,
    "frame_stack": 2,
    "beta_schedule": "linear",
    "early_stop": False,
    "keep_checkpoints": False,
    "student_eval_episodes": 4,
    "seed": 7,
    "num_envs": 2,
    "unconfined_experts": True,
    "cuda": False,
    "record_video": True,
    "videos_per_iteration": 1,
    "videos_per_evaluation": 2,
    "video_fps": 15,
    "video_scale": 1,
}
COMMAND_LINE = ("eval_episodes", "step_multiplier", "frame_size", "seed")
DAGGER, EXAMPLES = "autodagger/dagger/test_training.py", "workflow/test_examples.py"
AGENT = "workflow/test_agent.py::test_it_plays_as_many_runs_as_the_options_say"
VISION = "workflow/test_vision.py::test_a_run_is_the_same_again_without_the_model"
ELSEWHERE = {
    "vision_url": VISION,
    "vision_model": VISION,
    "vision_timeout": "autodagger/workflow/test_job.py::test_experts_questions_are_the_options",
    "agent": "workflow/test_agent.py::test_it_is_all_that_is_due_after_its_students",
    "agent_demonstrations": AGENT,
    "agent_rounds": AGENT,
    "agent_journeys": AGENT,
    "agent_practice": AGENT,
    "agent_runs": AGENT,
    "min_success_rate": "workflow/test_options.py::test_min_success_rate_and_auto_make_the_budget",
    "batch_size": f"{DAGGER}::test_batches_have_the_asked_size",
    "learning_rate": f"{DAGGER}::test_a_first_step_is_as_long_as_the_learning_rate",
    "dart_noise": f"{DAGGER}::test_noise_lengthens_the_demonstrations",
    "train_threads": f"{DAGGER}::test_threads_and_device_are_those_asked_for",
    "save_dataset": "workflow/test_dataset.py::test_switched_on_it_saves_datasets_and_no_more",
    "track": f"{EXAMPLES}::test_track_with_wandb",
    "wandb_project": f"{EXAMPLES}::test_track_with_wandb",
    "wandb_entity": f"{EXAMPLES}::test_track_with_wandb",
}


def test_no_option_is_left_out() -> None:
    assert {*CHANGED, *ELSEWHERE} == set(load_config_schema()["properties"])
    shipped = load_config(yaml.safe_load((ROOT / "config.yaml").read_text()))
    unchanged = [key for key, value in CHANGED.items() if shipped[key] == value]
    assert unchanged == ["record_video"]  # `SMALL` has it off


@pytest.mark.parametrize("place", sorted(set(ELSEWHERE.values())))
def test_the_other_tests_exist(place: str) -> None:
    path, name = place.split("::")
    assert f"\ndef {name}(" in (ROOT / "tests" / path).read_text()


KINDS = ("report", "trajectories", "states", "test_states")


def make_start_state(folder: Path) -> bytes:
    """Where the first milestone's expert ends."""
    outputs = {name: folder / f"{name}.zip" for name in KINDS}
    milestone = load_milestones(GAME / "milestone_config.json")[0]
    task = Task(GAME, GAME / "mossbrook.gba", milestone, GAME / "experts" / f"{FIRST}.py")
    evaluate_expert(task, Machine(1), episodes=1, outputs=outputs, progress=print)
    data = load_start_states(outputs["states"])[0].data
    assert data is not None
    return data


def make_folder(folder: Path) -> None:
    """A working folder with everything in a place of its own."""
    for name in ("games/mine", "roms", "teachers", "helpers", "saves"):
        (folder / name).mkdir(parents=True)
    for name in ("adapter.py", "mossbrook.gba.sha1"):
        shutil.copy(GAME / name, folder / "games" / "mine")
    shutil.copy(GAME / "mossbrook.gba", folder / "roms" / "cart.gba")
    entries = read_json(GAME / "milestone_config.json")["milestones"]
    goals = [entry for entry in entries if entry["id"] in MILESTONES]
    (folder / "goals.json").write_text(json.dumps({"milestones": goals}))
    teacher = (GAME / "experts" / f"{MIDDLE}.py").read_text()
    (folder / "helpers" / "letters.py").write_text(teacher.replace("run(state)", "write(state)"))
    (folder / "teachers" / f"{MIDDLE}.py").write_text("def run(state): return write(state)\n")
    (folder / "saves" / f"{FIRST}_completed.state").write_bytes(make_start_state(folder / "made"))
    from_file = {key: value for key, value in CHANGED.items() if key not in COMMAND_LINE}
    (folder / "config.yaml").write_text(yaml.safe_dump(from_file))


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    """After a run with the options of `CHANGED`."""
    pipeline = Pipeline(tmp_path_factory.mktemp("options") / "work")
    make_folder(pipeline.folder)
    result = pipeline.run(*command_line())
    assert result.returncode == 0, result.stderr
    return pipeline


def command_line() -> list[str]:
    return ["--config", *(f"{key}={CHANGED[key]}".replace(" ", "") for key in COMMAND_LINE)]


def read(pipeline: Pipeline, rule: str, name: str) -> Any:
    return read_json(pipeline.folder / "elsewhere" / rule / MIDDLE / name)


def test_results_are_in_their_folder_and_of_the_one_milestone(changed: Pipeline) -> None:
    [row] = read_json(changed.folder / "elsewhere" / "pipeline_results.json")
    assert (row["milestone_id"], row["index"], row["status"]) == (MIDDLE, 1, "completed")
    assert not changed.results.exists()
    assert [path.name for path in changed.folder.glob("elsewhere/expert_eval/*")] == [MIDDLE]


def test_the_expert_plays_as_asked(changed: Pipeline) -> None:
    """The expert of `policy_dir`, with `tools_dir`'s helper, from `state_dir`'s state."""
    report = read(changed, "expert_eval", "expert_eval.json")
    assert report["success_rate"] == 1.0
    assert {e["start_state"] for e in report["episodes"]} == {f"{FIRST}_completed.state"}
    seeds = [derive_seed(7, MIDDLE, "expert_eval", k) for k in range(3)]
    assert [e["seed"] for e in report["episodes"]] == seeds


def test_the_budget_is_the_mean_times_the_multiplier(changed: Pipeline) -> None:
    budget = read(changed, "budget", "budget.json")
    assert budget["step_multiplier"] == 2.5
    assert budget["max_episode_steps"] == int(2.5 * budget["expert_mean_steps"])


def test_the_training_is_as_long_as_asked(changed: Pipeline) -> None:
    iterations = read(changed, "models", "training.json")["iterations"]
    assert [m["beta"] for m in iterations] == [1.0, 0.5, 0.0]
    assert {m["episodes"] for m in iterations} == {2}
    assert {m["train_steps"] for m in iterations} == {4}


def test_the_model_is_as_asked(changed: Pipeline) -> None:
    path = changed.folder / "elsewhere" / "models" / MIDDLE / f"dagger_{MIDDLE}_best.pth"
    content = torch.load(path, weights_only=True)
    view = {"frame_size": [36, 48], "grayscale": False, "previous_action": True, "frame_stack": 2}
    network = {"network": "impala", "hidden_dim": 24, "view": view}
    assert network.items() <= content["network"].items()
    assert content["weights"]["hidden.weight"].shape[0] == 24


def test_the_student_is_tested_in_as_many_episodes_as_asked(changed: Pipeline) -> None:
    report = read(changed, "student_eval", "student_eval.json")
    assert len(report["episodes"]) == 4
    [row] = read_json(changed.folder / "elsewhere" / "pipeline_results.json")
    assert row["student_episodes"] == 4
    assert row["dagger_final_success_rate"] == report["success_rate"]


def test_videos_have_the_seeds_names_and_the_asked_shape(changed: Pipeline) -> None:
    folder = changed.folder / "elsewhere"
    expert = [path.name for path in sorted(folder.glob(f"expert_eval_videos/{MIDDLE}/*.mp4"))]
    steps = [e["steps"] for e in read(changed, "expert_eval", "expert_eval.json")["episodes"]]
    assert expert == [f"expert_eval_ep{k + 1}_success_steps{steps[k]}.mp4" for k in range(2)]
    student = [path.name for path in sorted(folder.glob(f"dagger_videos/{MIDDLE}/*.mp4"))]
    assert student[:3] == [f"rollout_iter{k}_ep0_{MIDDLE}.mp4" for k in range(3)]
    ends = [re.fullmatch(r"student_eval_ep([12])_\w+_steps\d+\.mp4", name) for name in student[3:]]
    assert [end and end[1] for end in ends] == ["1", "2"]
    meta = next(imageio_ffmpeg.read_frames(str(folder / "dagger_videos" / MIDDLE / student[0])))
    assert (meta["fps"], meta["size"], meta["codec"]) == (15, (240, 176), "h264")


def test_only_the_students_videos_show_the_experts_choice(changed: Pipeline) -> None:
    """In the strip below the screen, on the right; a student of four training steps errs."""
    folder, ink = changed.folder / "elsewhere", {}
    for kind, name in (("expert_eval", "expert_eval_ep1"), ("dagger", "rollout_iter0_ep0")):
        [path] = folder.glob(f"{kind}_videos/{MIDDLE}/{name}_*.mp4")
        pictures = decode(path)[1]
        ink[kind] = pictures[:, -CAPTION_ROWS:, 120:].max() > 150
    assert ink == {"expert_eval": False, "dagger": True}


def test_no_checkpoint_is_kept(changed: Pipeline) -> None:
    assert not list(changed.folder.glob("elsewhere/checkpoints/*"))


@pytest.mark.parametrize("switched", ["record_video=false", "keep_checkpoints=true"])
def test_what_a_training_does_not_depend_on_runs_nothing_again(
    changed: Pipeline, switched: str
) -> None:
    assert changed.plan(*command_line(), switched) == []


def test_min_success_rate_and_auto_make_the_budget(changed: Pipeline) -> None:
    """An expert of 50 %, which the default of 0.6 would refuse."""
    copy = Pipeline(changed.folder.with_name("weak"))
    shutil.copytree(changed.folder, copy.folder)
    path = copy.folder / "elsewhere" / "expert_eval" / MIDDLE / "expert_eval.json"
    write_json(path, read_json(path) | {"success_rate": 0.5})
    words = [*command_line(), "step_multiplier=auto", "min_success_rate=0.4"]
    words.remove("step_multiplier=2.5")
    result = copy.run(f"elsewhere/budget/{MIDDLE}/budget.json", *words)
    assert result.returncode == 0, result.stderr
    budget = read(copy, "budget", "budget.json")
    assert (budget["decision"], budget["step_multiplier"]) == ("train", 3.0)
    assert "unstable" in budget["multiplier_reason"]


def test_the_games_folder_needs_no_rom_of_its_own(changed: Pipeline) -> None:
    mine = changed.folder / "games" / "mine"
    assert load_game(mine).rom not in [path.name for path in mine.iterdir()]
