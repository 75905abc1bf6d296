"""Holds every page against what it describes: commands, rules, settings, metrics, paths."""
