"""Where everything lies under the output folder, and what the videos are called.

The names of the seed stand here as it gives them. Rules ask with the wildcard, everything else with
a milestone's id.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from autodagger.task import PROGRESS_NOTE

if TYPE_CHECKING:  # who asks for places alone needs no numpy
    from autodagger.rollout.replay import Replay

_MILESTONE = "{milestone}"

AGENT = "agent"
"""In a milestone's place, for what belongs to the one player of them all."""

EXPERT_RULES = ("evaluate_expert", "record_expert_videos")
"""What is made once for all runs of a study that share their experts."""

FAILED = "failed"
"""A marker's outcome: the job has said what is wrong, which would be so again."""

CRASHED = "crashed"
"""Likewise: the job has failed in a way that may not repeat itself."""


MARKER = ".running"
"""How the names of markers end."""


class Results:
    """The files of a pipeline's results.

    Args:
        folder: The option `output_dir`.
        experts: Where the evaluations of the experts lie, if elsewhere: members of a study share
            them.
    """

    def __init__(self, folder: str | Path, experts: str | Path | None = None) -> None:
        self.folder = Path(folder)
        self.experts = Path(experts or folder)
        self.csv = self.folder / "pipeline_results.csv"
        self.json = self.folder / "pipeline_results.json"
        self.models = self.folder / "models"
        self.logs = self.folder / "logs"
        self.expert_logs = self.experts / "logs"
        self.tracking = self.folder / "tracking"
        self.logged_later = self.folder / "logged_later.json"
        self.agent = self.folder / "agent" / "agent.pth"
        self.agent_training = self.agent.with_name("training.json")
        self.full_run = self.agent.with_name("full_run.json")
        self.agent_runs = self.agent.with_name("runs.json")
        self.survival = self.agent.with_name("survival.png")
        self.strip = self.agent.with_name("strip.png")
        self.agent_videos = self.agent.with_name("videos")
        self.report = self.folder / "report"

    def expert_report(self, milestone: str = _MILESTONE) -> Path:
        """How the expert did, episode by episode."""
        return self.experts / "expert_eval" / milestone / "expert_eval.json"

    def expert_replays(self, milestone: str = _MILESTONE) -> Path:
        """The expert's episodes."""
        return self.expert_report(milestone).with_name("trajectories.json")

    def expert_videos(self, milestone: str = _MILESTONE) -> Path:
        """Folder of the expert's videos."""
        return self.experts / "expert_eval_videos" / milestone

    def states(self, milestone: str = _MILESTONE) -> Path:
        """Where the expert's successes ended: the next milestone's start states for training."""
        return self.experts / "milestone_states" / milestone / "completed_states.zip"

    def test_states(self, milestone: str = _MILESTONE) -> Path:
        """Likewise for tests, of expert episodes that training has nothing of."""
        return self.states(milestone).with_name("test_states.zip")

    def budget(self, milestone: str = _MILESTONE) -> Path:
        """Whether a student is trained, and its steps an episode."""
        return self.folder / "budget" / milestone / "budget.json"

    def best(self, milestone: str = _MILESTONE) -> Path:
        """The best student."""
        return self.models / milestone / f"dagger_{milestone}_best.pth"

    def final(self, milestone: str = _MILESTONE) -> Path:
        """The last iteration's student."""
        return self.models / milestone / f"dagger_{milestone}_final.pth"

    def training(self, milestone: str = _MILESTONE) -> Path:
        """Every iteration's metrics."""
        return self.models / milestone / "training.json"

    def rollouts(self, milestone: str = _MILESTONE) -> Path:
        """The evaluations' episodes of all iterations."""
        return self.training(milestone).with_name("trajectories.json")

    def demonstrations(self, milestone: str = _MILESTONE) -> Path:
        """The training's episodes in which the expert acted."""
        return self.training(milestone).with_name("demonstrations.json")

    def datasets(self, milestone: str = _MILESTONE) -> Path:
        """Folder of the training's episodes with all their frames."""
        return self.folder / "datasets" / milestone

    def checkpoint(self, milestone: str = _MILESTONE) -> Path:
        """Folder of a training's state, to go on from; no declared output."""
        return self.folder / "checkpoints" / milestone

    def progress_note(self, milestone: str = _MILESTONE) -> Path:
        """How far a training is."""
        return self.checkpoint(milestone) / PROGRESS_NOTE

    def student_report(self, milestone: str = _MILESTONE) -> Path:
        """The best student on fresh episodes."""
        return self.folder / "student_eval" / milestone / "student_eval.json"

    def student_replays(self, milestone: str = _MILESTONE) -> Path:
        """The episodes of the student's test."""
        return self.student_report(milestone).with_name("trajectories.json")

    def student_videos(self, milestone: str = _MILESTONE) -> Path:
        """Folder of the student's videos: rollouts and test."""
        return self.folder / "dagger_videos" / milestone

    def vision(self, milestone: str = _MILESTONE) -> Path:
        """What the vision model answered to its expert; no declared output, and never made anew."""
        return self.experts / "vision" / milestone / "answers.jsonl"

    def diagnosis(self, milestone: str = _MILESTONE) -> Path:
        """Why a student falls short; beside it lie the pictures."""
        return self.folder / "diagnosis" / milestone / "diagnosis.json"

    def row(self, milestone: str = _MILESTONE) -> Path:
        """The milestone's row of the table."""
        return self.folder / "rows" / f"{milestone}.json"

    def log(self, rule: str, milestone: str = _MILESTONE) -> Path:
        """What a job had to say."""
        logs = self.expert_logs if rule in EXPERT_RULES else self.logs
        return logs / rule / f"{milestone}.log"

    def marker(self, rule: str, milestone: str = _MILESTONE) -> Path:
        """There while a job runs, and after it failed or was killed."""
        return get_marker(self.log(rule, milestone))

    def benchmark(self, rule: str, milestone: str = _MILESTONE) -> Path:
        """What a job cost, by Snakemake."""
        folder = self.experts if rule in EXPERT_RULES else self.folder
        return folder / "benchmarks" / rule / f"{milestone}.tsv"

    def tracking_note(self, milestone: str = _MILESTONE) -> Path:
        """Which W&B run a milestone's training has."""
        return self.tracking / f"{milestone}.json"


def get_marker(log: Path) -> Path:
    """The marker of the job with this log."""
    return log.with_suffix(MARKER)


def name_video(milestone: str, replay: "Replay") -> str:
    """A video: `rollout_iter0_ep0_RIVAL_HOUSE.mp4`, `expert_eval_ep1_success_steps45.mp4`."""
    if replay.iteration is not None:
        return f"{replay.group}_iter{replay.iteration}_ep{replay.episode}_{milestone}.mp4"
    kind = "success" if replay.success else "fail"
    return f"{replay.group}_ep{replay.episode}_{kind}_steps{len(replay.acts)}.mp4"
