"""`autodagger doctor`: what confines the experts on this machine, tried out."""

import argparse
import sys

from autodagger.workflow.confinement import try_out


def add_arguments(command: argparse.ArgumentParser) -> None:
    """It has none."""


def run(options: argparse.Namespace) -> None:
    """Prints it; ends the process with 1 where an expert was not refused something."""
    sys.exit(not try_out())
