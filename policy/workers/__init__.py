"""Several processes that are one service: started, watched, restarted and stopped together.

The supervisor waits without asyncio and without threads, so that it can fork at any time; what it
forks runs `server.py` on an event loop of its own. Nothing here answers a call.
"""
