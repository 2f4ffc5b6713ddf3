"""Measurements of AutoDAgger against what people would use instead; `make bench` runs them all."""
