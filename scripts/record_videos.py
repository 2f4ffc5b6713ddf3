"""Replays trajectories into videos: an expert's evaluation, or a student's rollouts and test."""

from pathlib import Path

from autodagger.files import read_json
from autodagger.job import run_job
from autodagger.video import record_videos

with run_job(snakemake, "video") as progress:
    params = snakemake.params
    start_states = snakemake.input.get("start_states")
    names = [name for name in ("rollouts", "trajectories") if name in snakemake.input.keys()]
    record_videos(
        game_dir=Path(params.game_dir),
        rom_path=Path(snakemake.input.rom),
        trajectories=[read_json(snakemake.input[name]) for name in names],
        start_states=Path(start_states) if start_states else None,
        folder=Path(snakemake.output.videos),
        fps=params.fps,
        scale=params.scale,
        per_iteration=params.get("per_iteration"),
        progress=progress,
    )
