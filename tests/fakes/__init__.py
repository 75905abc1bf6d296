"""Fakes that play the far side over real sockets; nothing in here imports `policy`."""
