"""Two seeds and two networks side by side: what they share is made once."""

import csv
import sys
from pathlib import Path

import pytest

from tests.workflow.conftest import MILESTONES, ROOT, Pipeline, list_jobs, make_pipeline

FIRST = MILESTONES[0]
LISTS = {"seed": [0, 1], "network": ["nature", "small"]}
FOLDERS = [f"network~{network}/seed~{seed}" for network in LISTS["network"] for seed in (0, 1)]


class Study(Pipeline):
    @property
    def command(self) -> list[str]:
        return [
            sys.executable,
            "-m",
            "snakemake",
            "-s",
            str(ROOT / "study.smk"),
            "-d",
            str(self.folder),
        ]


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    study = Study(make_pipeline(tmp_path_factory.mktemp("study") / "work").folder)
    study.configure(milestone=FIRST, **LISTS)
    result = study.run()
    assert result.returncode == 0, result.stderr
    (study.folder / "said").write_text(result.stdout + result.stderr)
    return study


def test_every_run_has_its_results_in_its_folder(study: Study) -> None:
    for folder in FOLDERS:
        assert study.read(f"{folder}/pipeline_results.json")[0]["status"] == "completed"
        assert (study.results / folder / "models" / FIRST / f"dagger_{FIRST}_best.pth").is_file()


def test_experts_are_evaluated_once_a_seed_and_students_trained_in_each_run(study: Study) -> None:
    said = (study.folder / "said").read_text()
    ended = [line for line in said.splitlines() if line.startswith("Finished jobid")]
    assert sum("evaluate_expert)" in line for line in ended) == 2
    assert sum("train_student)" in line for line in ended) == 4
    assert len(list(study.results.glob("experts/seed~*/expert_eval/*/expert_eval.json"))) == 2


def test_the_table_is_on_the_screen_and_in_files(study: Study) -> None:
    said = (study.folder / "said").read_text()
    with (study.results / "study.csv").open() as file:
        lines = list(csv.DictReader(file))
    chosen = [(line["milestone_id"], line["network"]) for line in lines]
    assert chosen == [(m, n) for n in LISTS["network"] for m in (FIRST, "all milestones")]
    assert {line["seeds"] for line in lines} == {"2"}
    assert "network small   2 of 2" in said
    assert (study.results / "study.png").is_file()


def test_a_second_call_does_nothing(study: Study) -> None:
    result = study.run()
    assert result.returncode == 0
    assert "Nothing to be done" in result.stdout + result.stderr


def test_in_another_order_or_with_fewer_values_nothing_is_made_again(study: Study) -> None:
    for lists in (["seed=[1,0]", "network=[small,nature]"], ["seed=[1]", "network=[small]"]):
        jobs = study.plan("--config", *lists)
        assert set(jobs) <= {("compare_members", "all")}


def test_its_lists_are_looked_at_before_its_runs(study: Study) -> None:
    result = study.run("-n", "--config", "seed=[0,x]", "network=[Nature,nature]")
    assert result.returncode == 1
    assert "--config: seed has 'x'; expected a whole number" in result.stderr
    assert "--config: network has 'Nature'; expected one of nature" in result.stderr
    assert "Traceback" not in result.stderr
    assert 'File "' not in result.stderr


def test_one_process_is_a_sign_of_life_once(study: Study) -> None:
    """The signs of its runs would be left over."""
    assert list((study.folder / ".snakemake" / "autodagger_runs").iterdir()) == []


def make_crash(folder: Path, script: str, statement: str) -> Study:
    study = Study(make_pipeline(folder).folder)
    study.configure(
        milestone_config=str(ROOT / "games/mossbrook/milestone_config.json"),
        milestone=FIRST,
        network=["nature", "small"],
        agent=False,
    )
    study.sabotage(script, FIRST, statement)
    return study


def test_a_crash_in_one_run_is_told_and_mended(tmp_path: Path) -> None:
    crash = "'small' in snakemake.config['member'] and 1 / 0"
    study = make_crash(tmp_path / "work", "train_student", crash)
    assert study.run().returncode == 1
    lines = {line["options"]["network"]: line for line in study.read("study.json")[::2]}
    assert {name: line["completed"] for name, line in lines.items()} == {"nature": 1, "small": 0}
    assert lines["small"]["expert_success_rate"] == 1
    row = study.read("network~small/pipeline_results.json")[0]
    assert (row["status"], row["reason"]) == ("failed", "rule train_student stopped unexpectedly")
    study.mend()
    result = study.run()
    assert result.returncode == 0, result.stderr
    assert "network_nature_train_student" not in result.stdout + result.stderr
    assert [line["completed"] for line in study.read("study.json")] == [1, 1, 1, 1]


def test_an_experts_crash_is_told_in_every_run_that_shares_it(tmp_path: Path) -> None:
    study = make_crash(tmp_path / "work", "evaluate_expert", "1 / 0")
    assert study.run().returncode == 1
    for network in ("nature", "small"):
        row = study.read(f"network~{network}/pipeline_results.json")[0]
        assert row["reason"] == "rule evaluate_expert stopped unexpectedly"
        assert "division by zero" in row["error"]
        assert row["log"] == f"dagger_pipeline_results/experts/logs/evaluate_expert/{FIRST}.log"


def test_another_seed_runs_only_what_is_new(study: Study) -> None:
    result = study.run("-n", "--config", "seed=[0,1,2]", "network=[nature,small]")
    said = result.stdout + result.stderr
    assert result.returncode == 0, said
    trained = [line for line in said.splitlines() if "train_student" in line and "seed" in line]
    assert trained
    assert not [
        line
        for line in trained
        if line.strip().startswith(("network_nature_seed_0", "network_small_seed_1"))
    ]
    assert ("compare_members", "all") in list_jobs(said)


def test_a_plain_run_says_what_a_list_is(study: Study) -> None:
    plain = Pipeline(Path(study.folder))
    result = plain.run("-n")
    assert result.returncode == 1
    assert "seed is [0, 1]; expected a whole number" in result.stderr
    assert "snakemake -s study.smk" in result.stderr
