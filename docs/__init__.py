"""The pages for people, and `generate.py`, which writes those that are made from code."""
