"""What is refused before the first job, in words and without a traceback."""

import json
import shutil

import pytest

from tests.workflow.conftest import GAME, MILESTONES, Pipeline


def refuse(pipeline: Pipeline, *arguments: str) -> str:
    result = pipeline.run("-n", *arguments)
    assert result.returncode == 1
    assert "Traceback" not in result.stderr
    assert 'File "' not in result.stderr
    assert not pipeline.results.exists()
    return result.stderr


@pytest.mark.parametrize(
    ("option", "expected"),
    [
        (
            "eval_episode=3",
            "--config: unknown option 'eval_episode' (did you mean 'eval_episodes'?)",
        ),
        ("eval_episodes=many", "--config: eval_episodes is 'many'; expected a whole number from 1"),
        ("min_success_rate=1.5", "min_success_rate is 1.5; expected a number from 0 to 1"),
        (
            "milestone=game_runing",
            "option milestone: unknown milestone 'game_runing' (did you mean",
        ),
        ("resume_from=PLAYER_NAME", "option resume_from: unknown milestone 'PLAYER_NAME' (did you"),
        ("skip_milestones=[GAME_RUNNING, X]", "option skip_milestones: unknown milestone 'X'. Exp"),
        ("policy_dir=nowhere", "option policy_dir: there is no folder nowhere"),
        ("milestone_config=nowhere.json", "milestone file nowhere.json: no such file"),
        ("game=tetris", "tetris: no adapter.py there"),
        ("rom_path=config.yaml", "ROM config.yaml: found SHA-1"),
    ],
)
def test_a_wrong_option_is_refused(pipeline: Pipeline, option: str, expected: str) -> None:
    assert expected in refuse(pipeline, "--config", option)


def test_a_config_files_mistake_names_the_file(pipeline: Pipeline) -> None:
    pipeline.configure(batch_sise=32)
    text = refuse(pipeline)
    assert "config.yaml: unknown option 'batch_sise' (did you mean 'batch_size'?)" in text


def test_a_milestone_files_mistake_names_the_milestone(pipeline: Pipeline) -> None:
    ids = (*MILESTONES, MILESTONES[0])
    entries = [{"id": milestone, "done_when": "`true`"} for milestone in ids]
    (pipeline.folder / "milestone_config.json").write_text(json.dumps({"milestones": entries}))
    assert f"'{MILESTONES[0]}' is taken by entry 0" in refuse(pipeline)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            '"no_op",\n',
            '"no_op",\n        "Left",\n',
            "actions has 'Left' (did you mean 'left'?)",
        ),
        ("= (4, 8)", "= (8, 4)", "release_frames is (8, 4); expected the fewest and the most"),
        (
            "import struct",
            "import strukt",
            "mine/adapter.py, line 7: ModuleNotFoundError: No",
        ),
        ("\nSIZE = 0xD0", "\nSIZE = = 0xD0", "adapter.py, line 15: invalid syntax. Mend that"),
        ("import struct", "raise SystemExit", "adapter.py, line 7: SystemExit, while the adapter"),
        ('AT["scene"]', 'AT["scen"]', ": KeyError: 'scen', in read_state, where episodes begin"),
        ('"fade": data[AT["fade"]]', '"fade": data', "no JSON: game.fade is "),
    ],
)
def test_an_adapters_mistake_is_found_before_the_first_job(
    pipeline: Pipeline, old: str, new: str, expected: str
) -> None:
    folder = pipeline.folder / "mine"
    folder.mkdir()
    for name in ("mossbrook.gba", "mossbrook.gba.sha1"):
        shutil.copy(GAME / name, folder)
    text = (GAME / "adapter.py").read_text()
    assert old in text
    (folder / "adapter.py").write_text(text.replace(old, new, 1))
    assert expected in refuse(pipeline, "--config", "game=./mine")


def test_a_misspelt_field_of_a_milestone_is_found_before_the_first_job(pipeline: Pipeline) -> None:
    entry = {"id": "GOAL", "done_when": "player.locaton == 'GYM'"}
    (pipeline.folder / "milestone_config.json").write_text(json.dumps({"milestones": [entry]}))
    text = refuse(pipeline)
    assert "milestone GOAL: done_when asks for player.locaton, but player has no" in text
    assert "(did you mean 'location'?)" in text


def test_options_are_read_from_the_command_line_and_from_files(pipeline: Pipeline) -> None:
    numbers = ("--config", "eval_episodes=10", "step_multiplier=2.5", "record_video=false")
    assert ("evaluate_expert", MILESTONES[0]) in pipeline.plan(*numbers)
    first, second, last = MILESTONES
    skip = f"skip_milestones=[{first}, {second}]"
    rows = [job for job in pipeline.plan("--config", skip) if job[0] == "summarize_milestone"]
    assert rows == [("summarize_milestone", last)]
    preset = pipeline.folder / "mine.yaml"
    preset.write_text(f"resume_from: {second}\neval_episodes: 3\nskip_milestones: [{last}]\n")
    plan = pipeline.plan("--configfile", str(preset))
    rows = [job for job in plan if job[0] == "summarize_milestone"]
    assert rows == [("summarize_milestone", second)]
