"""Runs of the whole workflow, each in a folder of its own."""
