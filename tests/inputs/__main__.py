"""Prints the table: `python -m tests.inputs`."""

from tests.inputs.cases import list_cases
from tests.inputs.table import format_table, run_all

print(format_table(run_all(list_cases())))
