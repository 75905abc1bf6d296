"""Tests of the process that writes the decision log."""
