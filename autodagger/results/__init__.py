"""What a person reads and watches: where each file lies, rows, tables, videos."""
