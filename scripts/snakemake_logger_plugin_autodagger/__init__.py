"""Snakemake's `--logger autodagger`: its errors and its last word, and none of the chatter between.

The jobs themselves print what happens, a line an event. Snakemake's own log file under
.snakemake/log keeps everything.
"""

import logging
import sys

from snakemake_interface_logger_plugins.base import LogHandlerBase

_LAST_WORDS = ("Nothing to be done",)


class LogHandler(LogHandlerBase):
    """Writes warnings, errors and the last word to stderr, formatted as Snakemake does."""

    writes_to_stream = True
    writes_to_file = False
    has_filter = False
    has_formatter = False
    needs_rulegraph = False

    def emit(self, record: logging.LogRecord) -> None:
        """Prints a record that a person running the pipeline wants to read."""
        text = self.format(record)
        if text and (record.levelno >= logging.WARNING or text.startswith(_LAST_WORDS)):
            print(text, file=sys.stderr, flush=True)
