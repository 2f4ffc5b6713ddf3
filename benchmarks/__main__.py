"""`python -m benchmarks [NAME ...] [--tiny]`: measures, then writes the tables and plots."""

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import (
    exports,
    growth,
    memory,
    networks,
    options,
    policies,
    report,
    rollouts,
    scaling,
    starts,
    training,
)
from benchmarks.common import RESULTS, ROOT, write_result

MEASUREMENTS: dict[str, Callable[..., dict[str, Any]]] = {
    "rollouts": rollouts.measure,
    "training": training.measure,
    "memory": memory.measure,
    "policies": policies.measure,
    "scaling": scaling.measure,
    "growth": growth.measure,
    "networks": networks.measure,
    "options": options.measure,
    "starts": starts.measure,
    "exports": exports.measure,
}
ON_DEMAND = ("networks", "options", "starts", "exports")
BY_DEFAULT = [name for name in MEASUREMENTS if name not in ON_DEMAND]


def main(arguments: list[str] | None = None) -> None:
    """Runs what is named, or all but networks, options and starts, which take long, and exports."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(MEASUREMENTS))
    parser.add_argument("--tiny", action="store_true", help="only show that everything runs")
    parser.add_argument(
        "--milestones",
        type=int,
        nargs="+",
        metavar="N",
        help=f"of growth: how many, instead of {', '.join(map(str, growth.SIZES))}",
    )
    parser.add_argument("--work", type=Path, default=ROOT / "build" / "benchmarks")
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--page", type=Path, default=ROOT / "docs" / "benchmarks.md")
    given = parser.parse_args(arguments)
    unknown = set(given.names) - set(MEASUREMENTS) - {"report"}
    if unknown:
        parser.error(f"found {', '.join(sorted(unknown))}; expected {', '.join(MEASUREMENTS)}")
    if given.milestones and min(given.milestones) < 1:
        parser.error(f"--milestones: found {min(given.milestones)}; expected numbers from 1 on")
    more = {"growth": {"sizes": given.milestones}} if given.milestones else {}
    for name in given.names or BY_DEFAULT:
        if name != "report":
            measure, begin = MEASUREMENTS[name], time.perf_counter()
            result = measure(given.work.resolve(), given.tiny, **more.get(name, {}))
            seconds = round(time.perf_counter() - begin, 1)
            write_result(name, {"seconds": seconds, **result}, given.tiny, given.results)
            print(f"{name}: {seconds:g} s", flush=True)
    report.write(given.results, given.page)


if __name__ == "__main__":
    main()
