"""Permanent rooms, as a person at the terminal has them."""
