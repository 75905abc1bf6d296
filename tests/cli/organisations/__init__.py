"""The commands for organisations, run as processes."""
