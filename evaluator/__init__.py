"""Benchmarks, statistics and the report."""
