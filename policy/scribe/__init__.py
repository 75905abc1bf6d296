"""The process that writes the decision log. Small, so it imports `wire` and nothing else."""
