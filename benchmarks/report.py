"""docs/benchmarks.md and its plots, from the measurements in benchmarks/results."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import matplotlib

from autodagger.files import read_json, write_bytes

matplotlib.use("svg")
from matplotlib import pyplot

Result = dict[str, Any]

HEAD = """# Benchmarks

Written by `make bench` from `benchmarks/results/*.json`: edit `benchmarks/report.py`, not this
page. Rollouts and training alternate both sides within one run; the procedures of "time to a
policy" run one after another. Numbers depend on the machine and on what else runs there.
`make bench ARGS=rollouts` measures one of them again.
"""


def write(results: Path, page: Path) -> None:
    """Writes the page with a section for every measurement there is."""
    images = page.parent / "images"
    images.mkdir(parents=True, exist_ok=True)
    parts = [HEAD]
    for name, section in SECTIONS.items():
        path = results / f"{name}.json"
        if path.is_file():
            parts.append(section(read_json(path), images))
    write_bytes(page, "\n".join(parts).encode())


def _table(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(map(_format, line)) + " |" for line in lines) + "\n"


def _split(names: str) -> list[str]:
    return names.split()


def _format(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def _bars(path: Path, groups: Sequence[str], series: dict[str, list[Any]], label: str) -> None:
    """Grouped bars; equal numbers give equal bytes."""
    matplotlib.rcParams["svg.hashsalt"] = "autodagger"
    figure, axes = pyplot.subplots(figsize=(7, 2.8), layout="constrained")
    width = 0.8 / len(series)
    for k, (name, values) in enumerate(series.items()):
        places = [group + (k - (len(series) - 1) / 2) * width for group in range(len(groups))]
        axes.bar(places, [value or 0 for value in values], width, label=name)
    axes.set_xticks(range(len(groups)), groups, fontsize=8)
    axes.set_ylabel(label)
    axes.spines[["top", "right"]].set_visible(False)
    if len(series) > 1:
        # Above the axes, within them it would lie on bars; three a row are as wide as the picture.
        axes.legend(
            loc="lower right",
            bbox_to_anchor=(1, 1),
            ncols=min(3, len(series)),
            frameon=False,
            fontsize=8,
        )
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)


def _picture(images: Path, name: str, text: str) -> str:
    return f"\n![{text}](images/{name}.svg)\n"


def _note(result: Result) -> str:
    tiny = "\n**A tiny run: it shows that the measurement runs, nothing else.**\n" * result["tiny"]
    note = f" {result['note']}" if "note" in result else ""
    return f"{tiny}\n**Of these numbers:** {result['machine']}.{note}\n"


def _rollouts(result: Result, images: Path) -> str:
    rows = result["rows"]
    _bars(
        images / "rollouts.svg",
        [row["milestone"] for row in rows],
        {
            "bare emulator": [row["bare_per_core"] for row in rows],
            "rollout engine": [row["engine_per_core"] for row in rows],
        },
        "steps / CPU second",
    )
    header = (
        "milestone|steps|distinct frames|bare emulator|rollout engine|ratio|bare, wall clock|"
        "engine, wall clock"
    )
    keys = _split(
        "milestone steps distinct_frames bare_per_core engine_per_core ratio_per_core bare_wall "
        "engine_wall"
    )
    return (
        "## Rollouts\n\nSteps a CPU second: four environments with a student that has learnt the "
        "milestone and an expert that labels, observations kept, against one emulator that steps "
        "the same frames with the same buttons and nothing else (no picture, no RAM). CPU seconds "
        "of all processes together; each round a fresh policy, so that no answer is known "
        "beforehand. Medians of nine rounds in turn. Wall clock: the engine has both cores, the "
        "bare emulator one. Target: at least half.\n"
        + _note(result)
        + "\n"
        + _table(header.split("|"), [[row[key] for key in keys] for row in rows])
        + _picture(images, "rollouts", "Steps a CPU second, bare emulator and rollout engine")
    )


def _training(result: Result, images: Path) -> str:
    rows = result["rows"]
    _bars(
        images / "training.svg",
        [f"{row['milestone']}, {row['device']}" for row in rows],
        {
            "plain loop": [row["plain_seconds"] for row in rows],
            "learner": [row["learner_seconds"] for row in rows],
        },
        "seconds to learn it",
    )
    header = (
        "milestone|device|transitions|distinct frames|plain loop, s|learner, s|times shorter|"
        "plain loop, samples/s|learner, samples/s|ratio|looked at besides|"
        "accuracy, plain loop|accuracy, learner"
    )
    keys = _split(
        "milestone device transitions unique_frames plain_seconds learner_seconds ratio_seconds "
        "plain_samples_per_second learner_samples_per_second ratio_samples looked_at "
        "plain_accuracy learner_accuracy"
    )
    colour = "gray" if result["grayscale"] else "RGB"
    return (
        "## Training\n\nSeconds to learn a dataset, with one thread: demonstrations of which a "
        "tenth of the steps are random. The learner ends by itself, when every label is learnt and "
        "the loss small; the plain loop as soon as it is as accurate over all transitions, which "
        f"is looked up after each pass and costs it nothing. Network `{result['network']}`, frames "
        f"{result['frame_size']} {colour}, batches of {result['batch_size']}. The plain loop: "
        "float32 observations, torch's default layout and Adam, one sample a transition. The "
        "learner's samples are those it trains on; its seconds contain its looks at the whole "
        "dataset, too. Medians of three rounds in turn. Target: 2.5 times.\n"
        + _note(result)
        + "\n"
        + _table(header.split("|"), [[row[key] for key in keys] for row in rows])
        + _picture(images, "training", "Seconds to learn a dataset, plain loop and learner")
    )


def _policies(result: Result, images: Path) -> str:
    rows = result["rows"]
    _bars(
        images / "policies.svg",
        [row["milestone"] for row in rows],
        {
            "AutoDAgger, to its own end": [row["autodagger"]["seconds"] for row in rows],
            "seed's procedure, our network": [_seconds(row["seed_same_network"]) for row in rows],
            "imitation": [_seconds(row["imitation"]) for row in rows],
        },
        "seconds",
    )
    header = (
        "milestone||AutoDAgger|(a) our network: first|(a) all ten, projected|"
        "(a) IMPALA: all ten, projected|(b) imitation: first"
    )
    table = [
        [
            row["milestone"],
            row["kind"],
            _outcome(row["autodagger"], 1),
            _outcome(row["seed_same_network"], row["autodagger"]["seconds"]),
            _times(row, "seed_same_network_full_projected", row["seed_same_network"]),
            _times(row, "seed_impala_full_projected", row.get("seed_impala")),
            _outcome(row["imitation"], row["autodagger"]["seconds"]),
        ]
        for row in rows
    ]
    return (
        "## Time to a policy\n\nSeconds to a student with a success rate of at least "
        f"{result['target']} over {result['evaluation_episodes']} fresh episodes, the same ones "
        "for all; in brackets that rate, and how many times AutoDAgger's seconds it is. "
        "AutoDAgger's seconds include starting its environments, its evaluations and its "
        "decision to stop. "
        "(a) is `benchmarks/baseline_seed.py`, the seed's defaults: one environment, one frame "
        "at a time, 10 iterations of 10 episodes and 2,000 train steps. It never stops early: "
        "`first` "
        "is the moment after which an evaluation that costs it nothing first finds the rate, "
        "`all ten` its full length, projected from the iterations seen, or from the speed of its "
        "train steps where the cap came first. With our network it has our frames, else IMPALA on "
        f"84 × 84 RGB. (b) is `imitation` 1.0.1 with our network, frames and learning rate, its "
        "own defaults else, four environments; evaluations and starting the environments cost it "
        f"nothing. Caps: {result['cap_seconds']} s, for IMPALA {result['impala_cap_seconds']} s; "
        "what hit its cap is marked `>`. Targets: 10 times for (a), 3 times for (b).\n"
        + _note(result)
        + "\n"
        + _table(header.split("|"), table)
        + _picture(images, "policies", "Seconds to a policy of 0.95 success by procedure")
    )


def _seconds(found: Result | None) -> float | None:
    return found["seconds"] if found else None


def _outcome(found: Result | None, ours: float) -> str:
    if found is None:
        return "not set up"
    ratio = "" if ours == 1 else f", {found['seconds'] / ours:.1f}×"
    rate = "no evaluation" if found["success_rate"] is None else f"{found['success_rate']:.3g}"
    return f"{'' if found['reached'] else '> '}{found['seconds']:.3g} s ({rate}{ratio})"


def _times(row: Result, ratio: str, found: Result | None) -> str:
    if found is None:
        return ""
    return f"{found['projected_full_seconds']:,.0f} s ({row['ratios'][ratio]:.0f}×)"


def _memory(result: Result, images: Path) -> str:
    rows = result["rows"]
    _bars(
        images / "memory.svg",
        [row["kind"] for row in rows] + ["float32, stored twice (computed)"],
        {
            "MB": [row["dataset_megabytes"] for row in rows]
            + [result["float32_twice_megabytes_computed"]]
        },
        "MB",
    )
    header = "frames|distinct|dataset, MB|with the rows to learn, MB|checkpoint, s|checkpoint, MB"
    keys = _split(
        "kind unique_frames dataset_megabytes "
        "with_rows_megabytes checkpoint_seconds checkpoint_megabytes"
    )
    return (
        f"## Memory\n\n{result['transitions']:,} transitions of {result['frame_shape']} uint8 "
        "frames, beyond an empty process (peak); the rows to learn are what the learner reads. "
        f"The checkpoint holds {result['checkpoint_transitions']:,} transitions and the network. "
        "Targets: 1,200 MB and one second.\n"
        + _note(result)
        + "\n"
        + _table(header.split("|"), [[row[key] for key in keys] for row in rows])
        + _picture(images, "memory", "Megabytes of the dataset")
    )


def _scaling(result: Result, images: Path) -> str:
    rows = result["rows"]
    _bars(
        images / "scaling.svg",
        [f"{row['milestones']} milestones, {row['cores']} core(s)" for row in rows],
        {"seconds": [row["seconds"] for row in rows]},
        "seconds",
    )
    header = "milestones|cores|seconds|seconds a milestone|busy cores of the machine|completed"
    keys = _split("milestones cores seconds seconds_per_milestone machine_busy completed")
    return (
        "## The pipeline as milestones and cores grow\n\nA whole `snakemake` run on the game's "
        f"first milestones, with {result['options']}. "
        "`busy cores` counts everything that ran on the machine.\n"
        + _note(result)
        + "\n"
        + _table(header.split("|"), [[row[key] for key in keys] for row in rows])
        + _picture(images, "scaling", "Seconds by milestones and cores")
    )


def _growth(result: Result, images: Path) -> str:
    rows = result["rows"]
    _bars(
        images / "growth.svg",
        [f"{row['milestones']:,} milestones" for row in rows],
        {
            "dry run": [row["plan_cpu_seconds"] for row in rows],
            "nothing to be done": [row["again_cpu_seconds"] for row in rows],
        },
        "CPU seconds",
    )
    header = (
        "milestones|jobs|dry run, s|CPU s|MB|run, s|CPU ms a job|MB at the first job|"
        "MB at the end|nothing to be done, s|CPU s|MB"
    )
    keys = _split(
        "milestones jobs plan_seconds plan_cpu_seconds plan_megabytes run_seconds "
        "job_cpu_milliseconds begin_megabytes end_megabytes again_seconds again_cpu_seconds "
        "again_megabytes"
    )
    ratios = _split(
        "plan_ratio plan_megabytes_ratio job_ratio end_megabytes_ratio again_ratio "
        "again_megabytes_ratio"
    )
    growth = [
        [f"{before['milestones']:,} to {row['milestones']:,}", *(row[key] for key in ratios)]
        for before, row in pairwise(rows)
    ]
    ratio_header = (
        "milestones|dry run, CPU|MB|run, CPU a job|MB at the end|nothing to be done, CPU|MB"
    )
    return (
        "## The workflow's own cost as milestones grow\n\nSnakemake's main process with our rules "
        "on a chain of milestones, of which each begins where the one before it ends. Their jobs "
        "are stubs that write small files and nothing else, so that the seconds of a run are "
        "mostly starts of Python; the main process's own CPU time is counted from the first job's "
        "end on. Dry runs, and runs with nothing to do, are the best of three. `make bench "
        'ARGS="growth --milestones 10 20 40 125 250 500 1000"` measures long chains, too.\n'
        + _note(result)
        + "\n"
        + _table(header.split("|"), [[row[key] for key in keys] for row in rows])
        + "\nTimes as much for a doubling of milestones: what grows in step with them is 2, what "
        "does not grow with them 1; a job's cost should be 1.\n\n"
        + _table(ratio_header.split("|"), growth)
        + _picture(images, "growth", "CPU seconds by milestones, dry run and nothing to be done")
    )


def _networks(result: Result, images: Path) -> str:
    rows = result["rows"]
    names = [
        f"{row['network']} {row['frame_size'][0]}×{row['frame_size'][1]} "
        f"{'gray' if row['grayscale'] else 'RGB'}"
        for row in rows
    ]
    candidates = list(dict.fromkeys(names))
    seeds = sorted({row["seed"] for row in rows})
    found = {(name, row["seed"]): row["cpu_seconds"] for name, row in zip(names, rows, strict=True)}
    _bars(
        images / "networks.svg",
        [name.replace(" ", "\n", 1) for name in candidates],
        {f"seed {seed}": [found.get((name, seed)) for name in candidates] for seed in seeds},
        "CPU s",
    )
    header = (
        "network, frames|seed|milestones|mean of the expert's success|weakest|below 1|iterations|"
        "expert queries|CPU s|wall clock, s"
    )
    keys = _split("iterations expert_queries cpu_seconds seconds")
    table = [
        [
            name,
            row["seed"],
            row["milestones"],
            f"{row['mean_of_expert']:.4f}",
            f"{row['weakest_of_expert']:.2f}",
            ", ".join(f"{one} {rate:.2f}" for one, rate in row["below_one"].items()),
            *(row[key] for key in keys),
        ]
        for name, row in zip(names, rows, strict=True)
    ]
    return (
        "## Networks and frame sizes\n\nAll milestones of the game through the pipeline, without "
        f"videos, each student over {result['episodes']} fresh episodes. `weakest` is the lowest "
        "share of an expert's success that its student has, `below 1` lists students' own rates; "
        "CPU seconds are those of the whole machine. `make bench ARGS=networks` measures it "
        "again.\n"
        + _note(result)
        + "\n"
        + _table(header.split("|"), table)
        + _picture(images, "networks", "CPU seconds of the whole game by network and frame size")
    )


def _options(result: Result, images: Path) -> str:
    rows = result["rows"]
    milestones = list(dict.fromkeys(row["milestone"] for row in rows))
    variants = list(dict.fromkeys(row["variant"] for row in rows))
    found = {(row["milestone"], row["variant"]): row["expert_queries"] for row in rows}
    series = {name: [found.get((one, name)) for one in milestones] for name in variants}
    _bars(images / "options.svg", milestones, series, "expert queries")
    header = (
        "milestone|options|success|success by seed|after the first iteration|iterations|"
        "expert queries|learner, CPU s"
    )
    keys = _split("success_rate first_success_rate iterations expert_queries learner_cpu_seconds")
    table = []
    for row in rows:
        success, *others = (row[key] for key in keys)
        by_seed = ", ".join(f"{rate:.2f}" for rate in row["success_rates"])
        table.append([row["milestone"], row["variant"], success, by_seed, *others])
    return (
        f"## Options of the training\n\nSuccess over {result['episodes']} fresh episodes, and what "
        f"it cost: means of {result['seeds']} seeds. `make bench ARGS=options` measures it again.\n"
        + _note(result)
        + "\n"
        + _table(header.split("|"), table)
        + _picture(images, "options", "Expert queries by milestone and option")
    )


def _curves(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    """A panel a milestone: the seeds as dots, their means as lines by noise."""
    matplotlib.rcParams["svg.hashsalt"] = "autodagger"
    milestones = list(dict.fromkeys(row["milestone"] for row in rows))
    figure, panels = pyplot.subplots(
        1, len(milestones), figsize=(7, 2.6), sharey=True, squeeze=False, layout="constrained"
    )
    for axes, milestone in zip(panels[0], milestones, strict=True):
        for color, noise in enumerate(dict.fromkeys(row["noise"] for row in rows)):
            own = [row for row in rows if (row["milestone"], row["noise"]) == (milestone, noise)]
            places = [row["starts"] for row in own]
            means = [row["success_rate"] for row in own]
            axes.plot(places, means, "o-", color=f"C{color}", label=f"noise {noise:g}")
            for row in own:
                rates = row["success_rates"]
                axes.plot([row["starts"]] * len(rates), rates, ".", color=f"C{color}", alpha=0.4)
        axes.set_title(milestone, fontsize=8)
        axes.set_xscale("log")
        axes.set_xticks(places, [str(place) for place in places])
        axes.minorticks_off()
        axes.set_xlabel("start states")
        axes.spines[["top", "right"]].set_visible(False)
    panels[0][0].set_ylabel("success on unseen starts")
    panels[0][0].legend(frameon=False, fontsize=8)
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)


def _starts(result: Result, images: Path) -> str:
    rows = result["rows"]
    _curves(images / "starts.svg", rows)
    header = "milestone|starts|noise|success|success by seed|iterations|expert queries"
    keys = _split("milestone starts noise success_rate")
    table = [
        [
            *(row[key] for key in keys),
            ", ".join(f"{rate:.2f}" for rate in row["success_rates"]),
            row["iterations"],
            row["expert_queries"],
        ]
        for row in rows
    ]
    return (
        f"## Starts\n\nSuccess over {result['episodes']} episodes from start states that training "
        "never saw, by the number of those that it saw (`start_states`) and the share of random "
        f"buttons in its demonstrations (`dart_noise`): means of {result['seeds']} seeds. "
        "`make bench ARGS=starts` measures it again.\n"
        + _note(result)
        + "\n"
        + _table(header.split("|"), table)
        + _picture(images, "starts", "Success on unseen starts by what training saw")
    )


def _exports(result: Result, images: Path) -> str:
    rows = result["rows"]
    _bars(
        images / "exports.svg",
        [row["player"] for row in rows],
        {"act": [row["act"] for row in rows], "onnxruntime": [row["onnxruntime"] for row in rows]},
        "buttons / second",
    )
    header = "player|.pth, MB|.onnx, MB|.pt2, MB|act|onnxruntime|equal buttons"
    sizes, speeds = _split("pth_bytes onnx_bytes pt2_bytes"), _split("act onnxruntime equal")
    table = [
        [row["player"], *(f"{row[key] / 1e6:.1f}" for key in sizes), *(row[key] for key in speeds)]
        for row in rows
    ]
    return (
        "## Exported players\n\nButtons a second on one core, from the screen as the game gives "
        f"it: `policy.act` and onnxruntime in turn, over {result['screens']:,} screens, none of "
        f"which comes twice; the agent has {result['milestones']} milestones. A student's `act` "
        "computes two rows, as in its test, the agent's one; onnxruntime has no memory of screens "
        "that come again. `make bench ARGS=exports` measures it again, with "
        "envs/requirements-export.txt installed.\n"
        + _note(result)
        + "\n"
        + _table(header.split("|"), table)
        + _picture(images, "exports", "Buttons a second, act and onnxruntime")
    )


SECTIONS: dict[str, Callable[[Result, Path], str]] = {
    "rollouts": _rollouts,
    "training": _training,
    "policies": _policies,
    "memory": _memory,
    "scaling": _scaling,
    "growth": _growth,
    "networks": _networks,
    "options": _options,
    "starts": _starts,
    "exports": _exports,
}
