"""Measures the service against references in the same run; needs wrk and nothing of the tests."""
