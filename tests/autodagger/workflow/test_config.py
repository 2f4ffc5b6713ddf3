"""Options: defaults, what is refused, and what the messages say."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from autodagger.errors import UserError
from autodagger.workflow.config import (
    check_milestone_options,
    check_vision_options,
    load_config,
    load_config_schema,
    select_milestones,
)

ROOT = Path(__file__).parents[3]
KNOWN = ["GAME_RUNNING", "PLAYER_NAME_SET", "RIVAL_HOUSE", "RIVAL_BEDROOM"]

SEED_DEFAULTS = {  # without milestone_config and policy_dir: see test_pipeline.py
    "state_dir": ".milestone_trainer_cache/milestone_states",
    "output_dir": "dagger_pipeline_results",
    "eval_episodes": 5,
    "step_multiplier": 2.0,
    "min_success_rate": 0.6,
    "dagger_iterations": 10,
    "episodes_per_iter": 10,
    "train_steps_per_iter": 2000,
    "batch_size": 64,
    "learning_rate": 3e-4,
    "hidden_dim": 256,
    "milestone": None,
    "resume_from": None,
    "skip_milestones": [],
    "track": False,
    "wandb_project": "pokemon-dagger-pipeline",
    "wandb_entity": None,
    "record_video": True,
    "cuda": True,
}


def message(config: dict[str, Any], files: tuple[Path, ...] = ()) -> str:
    with pytest.raises(UserError) as caught:
        load_config(config, files)
    return str(caught.value)


def test_an_empty_config_has_the_seeds_defaults() -> None:
    options = load_config({})
    assert {key: options[key] for key in SEED_DEFAULTS} == SEED_DEFAULTS


@pytest.mark.parametrize("name", ["config", "presets/fast", "presets/quality"])
def test_shipped_configs_are_valid(name: str) -> None:
    load_config(yaml.safe_load((ROOT / f"{name}.yaml").read_text()))


@pytest.mark.parametrize(
    ("name", "numbers"),
    [
        (
            "fast",
            {
                "eval_episodes": 3,
                "dagger_iterations": 5,
                "episodes_per_iter": 5,
                "train_steps_per_iter": 1000,
                "record_video": False,
            },
        ),
        (
            "quality",
            {
                "eval_episodes": 10,
                "dagger_iterations": 20,
                "episodes_per_iter": 20,
                "train_steps_per_iter": 5000,
            },
        ),
    ],
)
def test_presets_hold_the_seeds_numbers(name: str, numbers: dict[str, Any]) -> None:
    assert yaml.safe_load((ROOT / "presets" / f"{name}.yaml").read_text()) == numbers


def test_config_yaml_leaves_the_seeds_defaults_only_where_it_says_so() -> None:
    text = (ROOT / "config.yaml").read_text()
    shipped = load_config(yaml.safe_load(text))
    changed = {key for key, value in SEED_DEFAULTS.items() if shipped[key] != value}
    assert changed == {"eval_episodes", "train_steps_per_iter"}
    for key in changed:
        assert f"{key}: {shipped[key]} # {SEED_DEFAULTS[key]} in the original" in text


def test_config_yaml_lists_every_option_after_a_comment() -> None:
    lines = (ROOT / "config.yaml").read_text().splitlines()
    listed = [line.split(":")[0] for line in lines if line and line[0].islower()]
    assert sorted(listed) == sorted(load_config_schema()["properties"])


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ({"learning_rate": "3e-4"}, {"learning_rate": 3e-4}),
        ({"step_multiplier": "auto"}, {"step_multiplier": "auto"}),
        ({"step_multiplier": "2.5"}, {"step_multiplier": 2.5}),
        ({"step_multiplier": 3}, {"step_multiplier": 3}),
        ({"skip_milestones": "A B"}, {"skip_milestones": ["A", "B"]}),
        ({"skip_milestones": "A, B"}, {"skip_milestones": ["A", "B"]}),
        ({"skip_milestones": None}, {"skip_milestones": []}),
        ({"skip_milestones": [1, "B"]}, {"skip_milestones": ["1", "B"]}),
        ({"milestone": 7}, {"milestone": "7"}),
        ({"milestone": ""}, {"milestone": None}),
        ({"rom_path": ""}, {"rom_path": None}),
        ({"tools_dir": "null"}, {"tools_dir": None}),
        ({"cuda": "false"}, {"cuda": False}),
        ({"record_video": "True"}, {"record_video": True}),
        ({"eval_episodes": 10.0}, {"eval_episodes": 10}),
        ({"frame_size": ["40", "60"]}, {"frame_size": [40, 60]}),
    ],
)
def test_reads_what_yaml_and_the_command_line_leave_as_text(
    written: dict[str, Any], expected: dict[str, Any]
) -> None:
    options = load_config(written)
    assert {key: options[key] for key in expected} == expected


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"eval_episode": 3}, "unknown option 'eval_episode' (did you mean 'eval_episodes'?)"),
        ({"hiden-dim": 3}, "unknown option 'hiden-dim' (did you mean 'hidden_dim'?)"),
        ({"eval_episodes": "five"}, "eval_episodes is 'five'; expected a whole number from 1 to"),
        ({"eval_episodes": 2.5}, "expected a whole number"),
        ({"eval_episodes": True}, "expected a whole number"),
        ({"dagger_iterations": 0}, "dagger_iterations is 0; expected a whole number from 1"),
        ({"min_success_rate": 1.2}, "expected a number from 0 to 1"),
        ({"min_success_rate": float("nan")}, "min_success_rate is nan"),
        ({"learning_rate": 0}, "expected a number above 0 and up to 1"),
        ({"learning_rate": "nan"}, "learning_rate is 'nan'"),
        ({"step_multiplier": "automatic"}, 'expected a number from 1 to 100 or "auto"'),
        ({"network": "resnet"}, "expected one of "),
        ({"frame_size": ["x", "80"]}, "frame_size is ['x', '80']; expected a list of 2 items"),
        ({"frame_size": [80]}, "expected a list of 2 items, each a whole number from 32 to 1024"),
        ({"cuda": "maybe"}, "expected true or false"),
        ({"output_dir": None}, "output_dir is None; expected text"),
        ({"skip_milestones": {"A": 1}}, "expected a list of items, each text"),
    ],
)
def test_refuses_and_says_what_is_expected(config: dict[str, Any], expected: str) -> None:
    assert expected in message(config)


def test_names_the_file_that_says_it(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("batch_size: none\n")
    text = message({"batch_size": "none", "hidden_dim": 1}, (path,))
    assert f"{path}: batch_size is 'none'" in text
    assert "--config: hidden_dim is 1" in text


@pytest.mark.parametrize("key", ["milestone", "resume_from", "skip_milestones"])
def test_refuses_unknown_milestones_with_the_nearest_known_one(key: str) -> None:
    options = load_config({key: "rival_hose"})
    with pytest.raises(UserError, match=rf"{key}.*'rival_hose' \(did you mean 'RIVAL_HOUSE'\?\)"):
        check_milestone_options(options, KNOWN)


def test_milestone_ignores_resume_and_skip() -> None:
    options = load_config(
        {
            "milestone": "RIVAL_HOUSE",
            "resume_from": "RIVAL_BEDROOM",
            "skip_milestones": "RIVAL_HOUSE",
        }
    )
    assert select_milestones(options, KNOWN) == (["RIVAL_HOUSE"], {})


def test_resume_and_skip_say_why() -> None:
    options = load_config(
        {"resume_from": "PLAYER_NAME_SET", "skip_milestones": ["GAME_RUNNING", "RIVAL_HOUSE"]}
    )
    selected, skipped = select_milestones(options, KNOWN)
    assert selected == ["PLAYER_NAME_SET", "RIVAL_BEDROOM"]
    assert skipped == {"GAME_RUNNING": "before resume point", "RIVAL_HOUSE": "in skip list"}


@pytest.mark.parametrize(
    ("url", "model", "said"),
    [
        ("localhost:11434/v1", "m", "found 'localhost:11434/v1'; expected an address such as http"),
        ("ftp://x/v1", "m", "expected an address"),
        ("http:///v1", "m", "expected an address"),
        ("http://x:port/v1", "m", "expected an address"),
        ("http://[x/v1", "m", "expected an address"),
        ("http://x /v1", "m", "expected an address"),
        ("https://me:secret@x/v1", "m", "found a name or a password in it.*VISION_API_KEY"),
        ("http://x/v1", None, "http://x/v1 is to be asked, but vision_model names no model"),
    ],
)
def test_a_vision_model_that_cannot_be_asked_is_refused(
    url: str, model: str | None, said: str
) -> None:
    options = load_config({"vision_url": url, "vision_model": model})
    with pytest.raises(UserError, match=said) as caught:
        check_vision_options(options)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("url", [None, "", "http://localhost:11434/v1", "https://x.org/a/v1/"])
def test_a_vision_model_is_none_or_an_address_and_a_name(url: str | None) -> None:
    check_vision_options(load_config({"vision_url": url, "vision_model": "m"}))
    check_vision_options(load_config({"vision_model": "m"}))
