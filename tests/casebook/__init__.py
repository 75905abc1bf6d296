"""Tests of policy/casebook/."""
