"""Recorded calls, decided again. Pure; imports decide and below."""
