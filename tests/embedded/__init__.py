"""Tests of the embedded PostgreSQL; they start real processes."""
