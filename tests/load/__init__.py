"""Holds what measures against what is known: percentiles, schedules, verdicts, result files."""
