"""Which runs a config with lists means, and what it may not say."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from autodagger.errors import UserError
from autodagger.files import write_json
from autodagger.results.layout import EXPERT_RULES
from autodagger.results.study import compare
from autodagger.workflow.study import (
    EXPERT_OPTIONS,
    SHARED_KEYS,
    Member,
    describe_members,
    find_swept,
    get_member_results,
    load_study,
    read_members,
    take_first,
)

ROOT = Path(__file__).parents[3]


def load(**config: Any) -> list[Member]:
    return load_study(config, "results")


def test_each_combination_is_a_run_in_a_folder_of_its_own() -> None:
    members = load(seed=[0, 1], network=["nature", "impala"], batch_size=32)
    assert [member.name for member in members] == [
        "network~nature/seed~0",
        "network~nature/seed~1",
        "network~impala/seed~0",
        "network~impala/seed~1",
    ]
    last = members[-1].config
    assert (last["network"], last["seed"], last["batch_size"]) == ("impala", 1, 32)
    assert last["output_dir"] == "results/network~impala/seed~1"
    assert len({member.prefix for member in members}) == 4
    assert all(member.prefix.isidentifier() for member in members)


def test_experts_are_evaluated_once_a_seed() -> None:
    members = load(seed=[0, 1], network=["nature", "impala"])
    folders = [member.config["expert_dir"] for member in members]
    assert folders == ["results/experts/seed~0", "results/experts/seed~1"] * 2
    assert [member.owns_experts for member in members] == [True, True, False, False]


@pytest.mark.parametrize("option", ["eval_episodes", "start_states"])
def test_what_their_evaluation_depends_on_has_one_of_its_own(option: str) -> None:
    assert option in EXPERT_OPTIONS
    members = load(**{option: [3, 4]}, learning_rate=[1e-3, 1e-4])
    assert len({member.config["expert_dir"] for member in members}) == 2
    assert sum(member.owns_experts for member in members) == 2


def test_a_budget_is_no_part_of_it() -> None:
    members = load(step_multiplier=[1.5, 2.0])
    assert [member.owns_experts for member in members] == [True, False]


def test_the_rule_says_the_same_of_what_it_depends_on() -> None:
    text = (ROOT / "rules" / "expert.smk").read_text()
    rule = text.partition("rule evaluate_expert:")[2].partition("\nrule ")[0]
    assert "options=get_options(*EXPERT_OPTIONS)," in rule
    assert not re.findall(r'get_options\(\s*"', rule)


def test_equal_runs_are_one() -> None:
    assert len(load(network=["nature", "nature"], seed=[1, "1", 1.0])) == 1


def test_equal_numbers_are_one() -> None:
    members = load(step_multiplier=[2, 2.0, "2.0", "auto"])
    assert [member.name for member in members] == ["step_multiplier~2", "step_multiplier~auto"]


@pytest.mark.parametrize("values", [["nature", "Nature"], ["a b", "a/b"]])
def test_different_values_never_share_a_folder(values: list[str]) -> None:
    with pytest.raises(UserError, match=r"option network: .* would have the same folder, network~"):
        load(network=values, seed=[0, 1])


def test_rules_of_different_runs_have_different_names() -> None:
    members = load(network=["a-b", "a.b", "a_b", "c"])
    prefixes = [member.prefix for member in members]
    assert len(set(prefixes)) == 4


@pytest.mark.parametrize(
    ("option", "values", "found"),
    [
        ("network", ["nature", "Nature"], "network has 'Nature'; expected one of nature, impala"),
        ("network", ["x" * 5000], r"network has 'x+\.\.\.x+'; expected one of"),
        ("seed", [None, 1], "seed has None; expected a whole number from 0"),
        ("seed", [[0, 1]], r"seed has \[0, 1\]; expected a whole number"),
        ("seed", [0, {"a": 1}], r"seed has \{'a': 1\}; expected a whole number"),
        ("seed", [-1], "seed has -1; expected a whole number from 0"),
        ("learning_rate", [0.1, 2], "learning_rate has 2; expected a number above 0"),
        ("frame_size", [[40, 60], 7], "frame_size has 7; expected a list of 2 items"),
        ("frame_size", [[40, 60, 3]], r"frame_size has \[40, 60, 3\]; expected a list of 2 items"),
        ("frame_size", [[]], r"frame_size has \[\]; expected a list of 2 items"),
    ],
)
def test_a_wrong_value_in_a_list_is_named_with_its_file(
    option: str, values: list[Any], found: str, tmp_path: Path
) -> None:
    path = tmp_path / "study.yaml"
    path.write_text(yaml.safe_dump({option: values}))
    with pytest.raises(UserError, match=f"^{re.escape(str(path))}: {found}") as caught:
        take_first({option: values}, [path])
    assert "Correct it there; the default is" in str(caught.value)
    assert len(str(caught.value)) < 500


def test_the_first_run_is_one_of_them() -> None:
    config = {"seed": ["3", 1], "network": ["small", "nature"], "output_dir": "o"}
    first = take_first(config, [])
    assert first == {"seed": 3, "network": "small", "output_dir": "o"}
    assert load_study(config, "o")[0].options == first | {"output_dir": "o/network~small/seed~3"}


def test_the_study_leaves_out_the_rules_of_what_is_shared() -> None:
    text = (ROOT / "study.smk").read_text()
    excluded = re.findall(r"exclude (.*?) as member_prefix\*", text)
    assert [tuple(one.split(", ")) for one in excluded] == [EXPERT_RULES]


def test_what_is_shared_lies_in_its_folder_with_its_logs() -> None:
    first, second = (one.results for one in load(network=["nature", "small"]))
    for rule in EXPERT_RULES:
        assert (
            first.log(rule)
            == second.log(rule)
            == Path(f"results/experts/logs/{rule}") / ("{milestone}.log")
        )
        assert first.benchmark(rule) == second.benchmark(rule)
    assert first.log("train_student") != second.log("train_student")


def test_milestones_that_no_run_got_to_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    described = describe_members(load(seed=[0, 1]))
    skips = {"status": "skipped", "milestone_id": "A"}
    write_json(get_member_results(described[0]).row("A"), skips)
    found = read_members(described, ["A", "B", "C", "D"], ["A", "B"], {"D": "in skip list"})
    statuses = [[(row["milestone_id"], row["status"]) for row in one.rows] for one in found]
    rest = [("B", "not reached"), ("D", "skipped")]
    assert statuses == [[("A", "skipped"), *rest], [("A", "not reached"), *rest]]
    assert compare(found)[-1]["completed"] == 0


def test_numbers_of_the_command_line_are_numbers() -> None:
    assert find_swept({"seed": ["0", "1"], "grayscale": ["true", "no"]}) == {
        "grayscale": [True, False],
        "seed": [0, 1],
    }


def test_a_list_is_one_value_where_the_option_is_a_list() -> None:
    assert find_swept({"frame_size": [80, 120], "skip_milestones": ["A"], "seed": 3}) == {}
    members = load(frame_size=[[80, 120], [40, 60]])
    assert [member.name for member in members] == ["frame_size~80x120", "frame_size~40x60"]
    assert members[1].config["frame_size"] == [40, 60]


def test_folders_have_plain_names() -> None:
    names = [member.name for member in load(beta_schedule=["a b/../c", "ä"], learning_rate=[3e-4])]
    assert all(re.fullmatch(r"[\w~./+-]+", name) for name in names)
    assert not any(".." in Path(name).parts for name in names)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"seed": 1}, "This is no study: none of its options is a list"),
        ({"seed": []}, "option seed: found an empty list; expected at least one value"),
        ({"video_fps": [30, 60]}, "option video_fps: found the list .*may be lists: seed, "),
        ({"game": ["a", "b"]}, "option game: found the list"),
        ({"skip_milestones": [["A"]]}, "option skip_milestones: found the list"),
        ({"agent_rounds": [1, 2]}, "option agent_rounds: found the list"),
        ({"sed": [1, 2]}, r"option sed \(did you mean 'seed'\?\): found the list"),
        ({"seed": [1] * 50, "batch_size": [1] * 50}, "batch_size, seed make 2,500 runs"),
    ],
)
def test_what_is_no_study(config: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        load(**config)


def test_no_option_has_the_name_of_what_members_are_told() -> None:
    from autodagger.workflow.config import load_config_schema

    assert not set(SHARED_KEYS) & set(load_config_schema()["properties"])
