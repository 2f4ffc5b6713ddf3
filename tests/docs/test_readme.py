"""Both READMEs: what they name exists, and they name the same."""

import re
import shlex
from pathlib import Path

import pytest
import yaml

from autodagger.game.milestone import load_milestones
from autodagger.results.rows import SIGNS
from autodagger.workflow.config import check_milestone_options, load_config
from autodagger.workflow.study import SHARED_KEYS, load_study

ROOT = Path(__file__).parents[2]
TEXTS = {name: (ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "README.ko.md")}
MILESTONES = [m.id for m in load_milestones(ROOT / "games/mossbrook/milestone_config.json")]

both = pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)


def list_commands(text: str) -> list[str]:
    return re.findall(r"`(snakemake [^`]+)`", text)


def parse_options(command: str) -> dict[str, object]:
    """What follows `--config`, read as Snakemake reads it."""
    words = shlex.split(command)
    pairs = words[words.index("--config") + 1 :] if "--config" in words else []
    return {key: yaml.safe_load(value) for key, value in (pair.split("=", 1) for pair in pairs)}


@both
def test_links_lead_somewhere(text: str) -> None:
    targets = [t for t in re.findall(r"\]\(([^)]+)\)", text) if not t.startswith("http")]
    assert len(targets) > 8
    missing = [target for target in targets if not (ROOT / target.partition("#")[0]).exists()]
    assert missing in ([], ["docs/images/overview.png"])


@both
def test_commands_use_options_and_milestones_that_exist(text: str) -> None:
    commands = list_commands(text)
    assert len(commands) > 9
    for command in commands:
        given = [parse_options(command)]
        if "-s study.smk" in command:
            given = [one.config for one in load_study(*given, "results")]
        for config in given:
            options = load_config({k: v for k, v in config.items() if k not in SHARED_KEYS})
            check_milestone_options(options, MILESTONES)
    for preset in re.findall(r"--configfile (\S+?)`", text):
        load_config(yaml.safe_load((ROOT / preset).read_text()))


@both
def test_make_targets_exist(text: str) -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"\bmake ([a-z]+)\b(?=`|  )", text))
    assert {"demo", "test", "status"} <= targets
    for target in targets:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE)


@both
def test_statuses_carry_the_signs_of_the_table(text: str) -> None:
    for status, sign in SIGNS.items():
        assert f"| {sign.strip()} `{status}` |" in text


@both
def test_the_tree_is_the_repositorys(text: str) -> None:
    tree = next(block for block in text.split("```")[1::2] if "rules/" in block)
    names, folder = [], ""
    for line in tree.strip().splitlines():
        listed = line.partition("   ")[0].split(", ")
        if listed[0].startswith(("├", "└")):
            listed = [folder + name.lstrip("├└─ ") for name in listed]
        else:
            folder = listed[0]
        names += listed
    absent = [name for name in names if not (ROOT / name.strip()).exists()]
    assert absent == []


def test_both_languages_name_the_same_commands() -> None:
    english, korean = (list_commands(text) for text in TEXTS.values())
    assert english == korean
    for mark in ("--eval-episodes", "--skip-milestones", "--no-cuda", "`make "):
        assert TEXTS["README.md"].count(mark) == TEXTS["README.ko.md"].count(mark)


SEED_EXAMPLES = [
    "--eval-episodes 3 --dagger-iterations 5 --episodes-per-iter 5 --train-steps-per-iter 1000",
    "--eval-episodes 10 --step-multiplier 2.0 --dagger-iterations 20 --episodes-per-iter 20 "
    "--train-steps-per-iter 3000",
    "--milestone RIVAL_HOUSE --eval-episodes 5 --dagger-iterations 10",
    "--resume-from RIVAL_BEDROOM",
    "--skip-milestones GAME_RUNNING PLAYER_NAME_SET",
    "--track --wandb-project my-pokemon-dagger --wandb-entity my-username",
    "--no-record-video",
]
"""The flags of the original's seven examples."""


def to_options(flags: str) -> dict[str, object]:
    """The options that the original's flags stand for."""
    options: dict[str, object] = {}
    for flag, values in re.findall(r"--([a-z-]+)((?: [^-]\S*)*)", flags):
        words = [yaml.safe_load(word) for word in values.split()]
        if flag.startswith("no-"):
            options[flag[3:].replace("-", "_")] = False
        else:
            is_list = flag == "skip-milestones"
            value = words if is_list else words[0] if words else True
            options[flag.replace("-", "_")] = value
    return options


@both
def test_the_table_translates_the_originals_seven_examples(text: str) -> None:
    rows = re.findall(r"^\| [^|]+ \| `(--[^`]+)` \| `(snakemake [^`]+)` \|$", text, re.MULTILINE)
    assert [flags for flags, _ in rows] == SEED_EXAMPLES
    for flags, command in rows:
        assert parse_options(command) == to_options(flags)
