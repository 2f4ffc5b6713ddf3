"""The report: all results of a run as a page for a browser, whether the run is finished or not."""
