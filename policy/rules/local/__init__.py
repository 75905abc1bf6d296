"""Between rules and scripts of Pexip's local policy, both ways. Pure: no file is read or written."""
