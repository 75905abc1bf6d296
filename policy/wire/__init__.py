"""What a node says and expects to hear. Pure: no I/O, no waiting, no settings."""
