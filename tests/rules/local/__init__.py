"""Tests of policy.rules.local."""
