"""What subcommands share."""

import argparse
from pathlib import Path

HOME = Path(__file__).resolve().parents[2]
"""The Snakefile's folder."""

MODEL_HELP = (
    "what a run has trained: dagger_pipeline_results/models/ID/dagger_ID_best.pth, or "
    "dagger_pipeline_results/agent/agent.pth"
)


def parse_count(text: str) -> int:
    """A whole number, at least 1; raises ArgumentTypeError."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number such as 300")
    return int(text)


def parse_seed(text: str) -> int:
    """A whole number, at least 0; raises ArgumentTypeError."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number such as 7")
    return int(text)


def parse_size(text: str) -> tuple[int, int]:
    """HEIGHTxWIDTH; raises ArgumentTypeError."""
    height, times, width = text.lower().partition("x")
    if not (times and height.isdecimal() and width.isdecimal() and int(height) * int(width)):
        raise argparse.ArgumentTypeError(f"{text!r} is no HEIGHTxWIDTH such as 144x160")
    return int(height), int(width)
