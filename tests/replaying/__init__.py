"""Tests of policy/replaying/."""
