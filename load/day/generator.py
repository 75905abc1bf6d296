"""The process that asks: `python -m load.day.generator`, with a JSON line of what on its input."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import sys
import time
from dataclasses import fields

import uvloop

from load.day.plan import Stretch
from load.day.schedule import asks_of
from load.day.sending import Seen, Sender

# A process that has built its requests connects this long before the first is due.
CONNECT_S = 0.5


async def _ask(port: int, begins_at: float, stretch: Stretch) -> Seen:
    asks = asks_of(stretch)
    gc.freeze()
    gc.disable()  # nothing here is thrown away in circles, and a collection would delay requests
    until = begins_at - CONNECT_S - time.time()
    if until < 0:
        raise SystemExit(f"building the requests took {-until:.1f} s too long")
    await asyncio.sleep(until)
    sender = Sender("127.0.0.1", port, time.perf_counter() + begins_at - time.time())
    await sender.open()
    before = time.process_time()
    await sender.send_all(asks)
    sender.seen.cpu_s = time.process_time() - before
    return sender.seen


def _main() -> None:
    wanted = json.loads(sys.stdin.readline())
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        seen = runner.run(_ask(wanted["port"], wanted["begins_at"], Stretch(**wanted["stretch"])))
    for times in (seen.from_due, seen.from_sent, seen.late):
        times.sort()
    # asdict would take counters for plain mappings.
    told = {each.name: getattr(seen, each.name) for each in fields(seen)}
    # Not `print`: a Python that is told not to buffer writes once, be it only a part of it.
    with os.fdopen(sys.stdout.fileno(), "wb", closefd=False) as output:
        output.write(json.dumps(told).encode())


if __name__ == "__main__":
    _main()
