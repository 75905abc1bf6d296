"""Tests of policy/scripts/."""
