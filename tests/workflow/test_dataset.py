"""The option save_dataset: each training's episodes with all their frames."""

from collections.abc import Callable

import pytest

from tests.workflow.conftest import MILESTONES, Pipeline, list_jobs

h5py = pytest.importorskip("h5py", reason="needs h5py: pip install -r envs/requirements.txt")


def test_switched_on_it_saves_datasets_and_no_more(
    copy_of_finished: Callable[[], Pipeline],
) -> None:
    pipeline = copy_of_finished()
    pipeline.configure(save_dataset=True)
    result = pipeline.run("--quiet", "host")
    assert result.returncode == 0, result.stderr
    saved = [("save_dataset", milestone) for milestone in sorted(MILESTONES)]
    assert [job for job in list_jobs(result.stderr) if job[0] != "all"] == saved
    for milestone in MILESTONES:
        for name in ("demonstrations", "rollouts"):
            folder = pipeline.results / "datasets" / milestone / f"{name}-v0" / "data"
            file = "trajectories" if name == "rollouts" else name
            recorded = pipeline.read(f"models/{milestone}/{file}.json")["episodes"]
            with h5py.File(folder / "main_data.hdf5") as data:
                assert len(data) == len([one for one in recorded if one["acts"]])
                assert data["episode_0/actions"][()].tolist() == recorded[0]["acts"]
    assert pipeline.plan() == []
