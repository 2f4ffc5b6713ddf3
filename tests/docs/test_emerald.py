"""docs/emerald.md in both languages: what they name exists, and what they reckon is right."""

import ast
import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from autodagger.game.milestone import load_milestones
from autodagger.game.predicate import Predicate
from autodagger.workflow.config import check_milestone_options, load_config, load_config_schema

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
TEXTS = {
    name: (DOCS / name).read_text(encoding="utf-8") for name in ("emerald.md", "emerald.ko.md")
}
ENGLISH, KOREAN = TEXTS.values()
PRESET = ROOT / "presets" / "emerald.yaml"
MILESTONES = ROOT / "games" / "emerald" / "milestone_config.json"
OPTIONS = load_config_schema()["properties"]

both = pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)


def list_blocks(text: str) -> list[str]:
    """Commands, without what is said of them."""
    blocks = re.findall(r"```bash\n(.*?)```", text, re.DOTALL)
    return [re.sub(r" +#.*", "", block) for block in blocks]


def list_options(text: str) -> list[tuple[str, str]]:
    """Every key=value behind `--config`, in blocks and in sentences."""
    commands = re.findall(r"--config ([^`\n]+)", text)
    words = [word for command in commands for word in shlex.split(command)]
    pairs = [word.partition("=") for word in words if "=" in word]
    return [(key, value) for key, _, value in pairs]


def test_both_languages_say_the_same_commands_files_and_numbers() -> None:
    assert list_blocks(ENGLISH) == list_blocks(KOREAN)
    for pattern in (r"<!-- file: .*?```\n.*?```", r"`[^`\n]+`", r"\d+(?:[.,]\d+)*"):
        found = [sorted(set(re.findall(pattern, text, re.DOTALL))) for text in TEXTS.values()]
        assert found[0] == found[1], pattern
    assert [len(re.findall("^#+ ", text, re.M)) for text in TEXTS.values()] == [12, 12]


@both
def test_links_lead_somewhere(text: str) -> None:
    targets = [t for t in re.findall(r"\]\(([^)]+)\)", text) if not t.startswith("http")]
    assert len(targets) > 5
    for target in targets:
        path, _, heading = target.partition("#")
        page = (DOCS / path).read_text(encoding="utf-8") if heading and path else text
        assert not path or (DOCS / path).exists(), target
        titles = [line.lstrip("# ").lower() for line in page.splitlines() if line[:1] == "#"]
        assert not heading or heading in [
            re.sub(r"[^\w -]", "", t).replace(" ", "-") for t in titles
        ]


@both
def test_options_exist_and_take_these_values(text: str) -> None:
    options = list_options(text)
    assert len(options) > 5
    for key, value in options:
        if value != "…" and not (key.startswith("vision_") and key not in OPTIONS):
            load_config({key: yaml.safe_load(value)})


@pytest.mark.skipif("vision_model" not in OPTIONS, reason="needs the options of the vision model")
def test_the_vision_model_is_named_by_options() -> None:
    assert {"vision_url", "vision_model"} <= {key for key, _ in list_options(ENGLISH)} & set(
        OPTIONS
    )


@pytest.mark.skipif(not PRESET.exists(), reason="needs presets/emerald.yaml")
def test_the_preset_is_one() -> None:
    assert load_config(yaml.safe_load(PRESET.read_text()))["game"].endswith("emerald")


@pytest.mark.skipif(not MILESTONES.exists(), reason="needs the game's milestone file")
def test_milestones_exist() -> None:
    known = json.loads(MILESTONES.read_text())["milestones"]
    ids = [milestone["id"] for milestone in known]
    named = set(re.findall(r"`([A-Z][A-Z0-9_]{5,})`", ENGLISH)) - {"VISION_API_KEY"}
    assert named <= set(ids)
    [one] = [value for key, value in list_options(ENGLISH) if key == "milestone"]
    options = load_config({"milestone": one}) | {"milestone_config": str(MILESTONES)}
    check_milestone_options(options, ids)
    assert ids[ids.index(one) - 1] == "CLOCK_INTERACT"
    assert len(ids) == 53


def test_the_core_is_fetched_as_the_other_page_says() -> None:
    [fetch] = [block for block in list_blocks(ENGLISH) if "apt-get" in block]
    assert fetch in (DOCS / "new_game.md").read_text()


@both
def test_messages_are_those_of_troubleshooting(text: str) -> None:
    known = " ".join((DOCS / "troubleshooting.md").read_text(encoding="utf-8").split())
    rows = re.findall(r"^\| `([^`]+)` \| [^|]+ \|$", text.split("\n## ")[-2], re.MULTILINE)
    assert len(rows) == 8
    for row in rows:
        for part in row.split("…"):
            assert part.strip(" .;") in known, row


def test_tools_are_there_with_these_arguments() -> None:
    found = {}
    for path in (ROOT / "games" / "emerald" / "tools").glob("*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef):
                found[node.name] = [argument.arg for argument in node.args.args]
    row = next(line for line in ENGLISH.splitlines() if line.startswith("| tools |"))
    named = set(re.findall(r"`(\w+)`", row)) - {"log"}  # the expert's process has that
    assert len(named) == 5
    assert named <= set(found)
    assert "use_vlm_fallback" in found["find_path_action"]
    assert "action_guidance" in found["navigate_ui"]


def play(state: dict, milestone: str, expression: str) -> bool:
    return Predicate(milestone, "done_when", expression).holds(state)


def test_better_tests_are_true_where_they_should_be(tmp_path: Path) -> None:
    [script] = re.findall(r"<!-- file: better.py -->\n```python\n(.*?)```", ENGLISH, re.DOTALL)
    wanted = ["ROUTE_101", *re.findall(r'^    "([A-Z_]+)":', script, re.MULTILINE)]
    config = {"milestones": [{"id": name, "max_retries": 3} for name in wanted], "other": 1}
    (tmp_path / "milestone_config.json").write_text(json.dumps(config))
    subprocess.run([sys.executable, "-c", script], cwd=tmp_path, check=True)
    better = json.loads((tmp_path / "better.json").read_text())
    assert better.pop("other") == 1
    first, *rest = better["milestones"]
    assert first == {"id": "ROUTE_101", "max_retries": 3}
    (tmp_path / "plain.json").write_text(
        json.dumps({"milestones": [{k: one[k] for k in ("id", "done_when")} for one in rest]})
    )
    tests = {one.id: one.done_when for one in load_milestones(tmp_path / "plain.json")}
    assert len(tests) == 5
    before = {
        "player": {"location": "LITTLEROOT TOWN"},
        "game": {"flags": {"grunt": False, "pokedex": False}, "badges": []},
    }
    town = before | {"player": {"location": "RUSTBORO CITY"}}
    for name, expression in tests.items():
        assert not play(before, name, expression)
        assert not play(town, name, expression)
    flags = {"grunt": True, "pokedex": True}
    done = before | {"game": {"flags": flags, "badges": ["Stone"]}}
    assert play(done, "", tests["TEAM_AQUA_GRUNT_DEFEATED"])
    assert play(done, "", tests["RECEIVED_POKEDEX"])
    assert not play(done, "", tests["STONE_BADGE"])
    assert play(done | {"player": town["player"]}, "", tests["STONE_BADGE"])
    for name, trainer in (("TRAINER_JOSH_BATTLE", 320), ("ROXANNE_BATTLE", 265)):
        battle = {"battle_info": {"trainer_opponent": trainer}}
        assert play(before | battle, name, tests[name])
        assert not play(before | {"battle_info": {"trainer_opponent": 10}}, name, tests[name])


STEPS, MOST_STEPS, FRAMES, SPEED = 45, 90, 61.6, 2300


def reckon(successes: int, failures: int = 0) -> tuple[int, int, float]:
    """Episodes, steps and core seconds."""
    steps = successes * STEPS + failures * MOST_STEPS
    return successes + failures, steps, steps * FRAMES / SPEED


def test_the_costs_are_those_of_the_assumptions() -> None:
    """With the numbers of config.yaml; a change of them is to be seen here."""
    defaults = yaml.safe_load((ROOT / "config.yaml").read_text())
    assert (defaults["start_states"], defaults["student_eval_episodes"]) == (100, 50)
    assert (defaults["dagger_iterations"], defaults["episodes_per_iter"]) == (10, 10)
    expert, at_once, ten = reckon(150), reckon(150), reckon(100, 160)
    for row in (expert, at_once, ten):
        assert f"| {row[0]} | {row[1]:,} | {row[2] / 60:.1f} |" in ENGLISH
    hours = [53 / 2 * (expert[2] + student[2]) / 3600 for student in (at_once, ten)]
    for words, number in zip(("learns at once", "takes ten iterations"), hours, strict=True):
        assert f"| every student {words} | {number:.1f} |" in ENGLISH
    fast, slow = hours[0] * SPEED / 4600, hours[1] * SPEED / 1600
    assert f"| {fast:.1f} to {slow:.1f} |" in ENGLISH
    runs = 20 + 3 * 16 + 3 * 50 + 53 * 3 * 10 / 53  # short ones count as what they are of a run
    assert 240 < runs < 260
    assert round(runs * 53 * STEPS * FRAMES / SPEED / 2 / 3600) == 2


def test_never_tried_is_said_at_the_beginning_and_the_end() -> None:
    assert "Nobody has run this with the real cartridge yet" in ENGLISH.split("## 1.")[0]
    last = ENGLISH.split("\n## ")[-1]
    assert last.startswith("Never tried with the cartridge")
    for subject in ("yes/no", "running", "wall clock", "warp", "Speed", "experts", "connections"):
        assert subject in last
