"""The numbered migrations of the directory: SQL beside a revision that runs it."""
