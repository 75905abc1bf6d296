"""Between rules and scripts of Pexip's local policy, both ways. Pure: reads and writes no file."""
