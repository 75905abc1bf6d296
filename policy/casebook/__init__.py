"""Tests beside the rules: read, run, told. Imports decide and below; only `files.py` does I/O."""
