"""`autodagger status`: where the run is, milestone by milestone."""

import argparse
import shutil
import sys
from collections.abc import Sequence

from autodagger.commands.common import parse_count
from autodagger.commands.pager import show_paged
from autodagger.commands.runs import add_run_arguments, load_runs
from autodagger.errors import UserError
from autodagger.results.board import Board, draw_board, draw_lines
from autodagger.results.layout import Results
from autodagger.results.overview import draw_overview, draw_study_overview

SHOWN_WHOLE = 60
"""Of more milestones, only those are shown that somebody should look at."""

_OTHER_LINES = 4  # of a page: head, where it is, and the prompts before and after
_ROWS = 40  # of a page, where there is no terminal


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Those of `status`: of the run that the same options would start with Snakemake."""
    add_run_arguments(command)
    command.add_argument(
        "--all",
        action="store_true",
        help=f"every milestone, also of more than {SHOWN_WHOLE}",
    )
    command.add_argument(
        "--page", type=parse_count, metavar="K", help="the K-th page of the milestones alone"
    )
    command.add_argument(
        "--rows",
        type=parse_count,
        metavar="N",
        help="milestones a page; by default what the terminal has room for",
    )


def check(command: argparse.ArgumentParser, options: argparse.Namespace) -> None:
    """Refuses what does not go together."""
    if options.all and (options.page or options.rows):
        command.error("--all shows all pages: leave out --page and --rows")


def run(options: argparse.Namespace) -> str:
    """The board, or for many milestones or runs what matters of it.

    Shown here if a pager shows it.
    """
    # Who looks often should not wait for a trial of the adapter: the run has had it.
    pipeline, runs = load_runs(options, probe=False)
    milestones = list(pipeline.milestones)
    if len(runs) > 1:
        return show_paged(draw_study_overview(runs, milestones, pipeline.skipped))
    results = next(iter(runs.values()))
    if options.page or options.rows:
        rows = options.rows or _count_rows()
        return draw_page(results, milestones, options.page or 1, rows)
    if options.all or len(milestones) <= SHOWN_WHOLE:
        return show_paged(draw_board(results, milestones))
    pages = -(-len(milestones) // _count_rows())
    hint = f"Each milestone: autodagger status --all, or --page 1 of {pages}."
    overview = draw_overview(results, milestones, pipeline.skipped)
    return show_paged(f"{overview}\n{hint}")


def draw_page(results: Results, milestones: Sequence[str], page: int, rows: int) -> str:
    """The lines of `rows` milestones, and which page of how many that is.

    Raises:
        UserError: There are fewer pages.
    """
    pages = -(-len(milestones) // rows)
    if page > pages:
        raise UserError(
            f"--page {page}: {len(milestones)} milestones, {rows} a page, have {pages} pages. Name "
            "one of them, or fewer milestones a page with --rows."
        )
    board, first = Board(results), (page - 1) * rows
    lines = draw_lines([board.stand(one) for one in milestones[first : first + rows]])
    return "\n".join([*lines, f"Page {page} of {pages}."])


def _count_rows() -> int:
    """Milestones that a page has room for."""
    if not sys.stdout.isatty():
        return _ROWS
    return max(1, shutil.get_terminal_size().lines - _OTHER_LINES)
