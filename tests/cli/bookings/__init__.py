"""Tests of `policy/cli/bookings/`."""
