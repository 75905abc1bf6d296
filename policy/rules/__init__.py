"""What should happen to a call. Imports directory and below; only `files.py` does I/O."""
