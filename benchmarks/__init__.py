"""Measurements behind docs/performance.md: ``python -m benchmarks [NAME …]``. Ratios against a peer in the same run."""
