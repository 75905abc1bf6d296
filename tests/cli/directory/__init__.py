"""Tests of `vdx-policy directory`."""
