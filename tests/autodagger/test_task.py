"""What every job is about."""

from pathlib import Path

from autodagger.expert.vision import Vision
from autodagger.game.starts import POWER_ON, StartState, save_start_states
from autodagger.seeding import derive_seed
from autodagger.task import Machine
from tests.grid import ACTIONS, NAMING, make_task, write_expert

EXPERT = Path("CURSOR.py")


def test_seeds_are_of_run_milestone_and_purpose() -> None:
    assert make_task(EXPERT).derive_seed("rollout", 2) == derive_seed(0, "CURSOR", "rollout", 2)
    other = make_task(EXPERT, NAMING, seed=5)
    assert other.derive_seed("rollout", 2) == derive_seed(5, "NAMING", "rollout", 2)


def test_without_a_file_of_starts_it_is_power_on() -> None:
    assert make_task(EXPERT).load_starts() == [POWER_ON]


def test_starts_are_those_of_the_file(tmp_path: Path) -> None:
    states = [StartState(f"ep{k}.state", bytes([k])) for k in range(2)]
    for kept in (states, []):
        save_start_states(tmp_path / "states.zip", kept, "0" * 40)
        assert make_task(EXPERT, starts=tmp_path / "states.zip").load_starts() == kept


def test_game_is_the_folders() -> None:
    assert make_task(EXPERT).load_game().actions == ACTIONS


def test_task_and_machine_are_values() -> None:
    """Also across a pipe to a worker; see the rollouts' tests."""
    assert make_task(EXPERT) == make_task(EXPERT)
    assert hash(make_task(EXPERT)) != hash(make_task(EXPERT, seed=1))
    assert Machine(num_envs=2) == Machine(2, 1, True)


def test_a_vision_model_counts_where_the_expert_or_a_tool_asks_one(tmp_path: Path) -> None:
    asking = write_expert(tmp_path, "add_to_state_schema('k', '?', int)", "asking.py")
    plain = write_expert(tmp_path, "def run(state): return 'a'", "plain.py")
    vision = Vision(tmp_path / "answers.jsonl", "m", "http://x/v1")
    found = [
        make_task(expert, tools=tools, vision=one).vision_model
        for expert, tools in ((asking, ()), (plain, (asking,)), (plain, ()), (tmp_path / "no", ()))
        for one in (vision, None)
    ]
    assert found == ["m", "", "m", "", "", "", "", ""]
