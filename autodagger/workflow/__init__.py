"""What a run of Snakemake needs: options, jobs, locks, the board, tracking."""
