"""Tests of policy/explaining/."""
