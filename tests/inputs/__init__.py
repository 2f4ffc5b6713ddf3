"""Broken inputs, one after another, and what is said about each: `python -m tests.inputs`.

A case makes its input in a folder of its own and hands it to whoever reads it: the start of a run
(as Snakemake's first lines do it, in a dry run too) or the reader itself. Runs of the whole
pipeline with damaged results are in tests/workflow/test_damaged.py.
"""
