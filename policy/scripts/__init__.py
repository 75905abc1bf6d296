"""Jinja2 in a box: scripts in the words of Pexip's local policy. Pure; imports wire and below."""
