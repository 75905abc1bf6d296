"""The whole service as an operator runs it: one process, real HTTP, real PostgreSQL."""

from __future__ import annotations

import asyncio
import os
import re
import shlex
import signal
from typing import TYPE_CHECKING, Final

import pytest

from tests.e2e.program import has_ended, until
from tests.fakes.calls import ROOM_SYSTEM, Leg
from tests.fakes.calls import Site as NodeSite
from tests.fakes.node import FakeNode
from tests.fakes.verdict import Kind, Outcome
from tests.fakes.versions import Version

if TYPE_CHECKING:
    from tests.e2e.program import Site
    from tests.fakes.conversation import CallLog
    from tests.fakes.verdict import Verdict

ROOM: Final = "721834@rooms.example.org"
UNKNOWN: Final = "700000@rooms.example.org"

# What a person types to make a room; it takes effect with the commit.
NEW_ROOM: Final = """
WITH made AS (
    INSERT INTO room (organisation_id, kind, description)
    SELECT id, 'permanent', 'Made by hand' FROM organisation WHERE code = 'region-north'
    RETURNING id
)
INSERT INTO address (local, domain, kind, room_id)
SELECT '700000', 'rooms.example.org', 'permanent', id FROM made
"""
# The look-up of a call, and not whatever else a server asks that has just been started.
LOOK_UP_WAITS: Final = """
SELECT count(*) FROM pg_stat_activity
WHERE wait_event_type = 'Lock' AND query LIKE '%asked.position%'
"""
# Nobody waits for this server to accept: the kernel does that.
CONNECTED_S: Final = 0.2


async def test_the_printed_call_works(site: Site) -> None:
    """What the ready message says to try answers a complete conference."""
    async with site.serving() as program:
        command = shlex.split(program.lines[-1])
        async with FakeNode(program.url) as node:
            verdict = await node.ask_raw(command[-1].removeprefix(program.url))

    assert command[0] == "curl"
    assert (verdict.outcome, verdict.faults, verdict.warnings) == (Outcome.SERVICE, (), ())
    name = str(verdict.result["name"])
    assert verdict.result == {
        "service_type": "conference",
        "name": name,
        "service_tag": "region-north:permanent",
        "description": "Discharge conferences, ward 7",
        "pin": "48213",
        "guest_pin": "90377",
        "allow_guests": True,
        "participant_limit": 12,
        "view": "one_main_seven_pips",
        "max_pixels_per_second": "hd",
        "enable_overlay_text": True,
        "guests_can_present": True,
    }


async def test_the_ready_message_says_with_what(site: Site) -> None:
    """Where it listens, how many addresses, which database, and how many rules."""
    async with site.serving() as program:
        first, directory, rules, *_ = program.lines

    assert first.startswith("vdx-policy: ready on http://127.0.0.1:")
    assert re.match(r"  directory: \d+ addresses, embedded PostgreSQL \d", directory)
    assert str(site.postgres) in directory
    assert re.match(r"  rules: \d+ in force, version [0-9a-f]{12}, from ", rules)
    assert rules.endswith(f"from {site.folder / 'rules'}")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_stops_everything(site: Site, number: signal.Signals) -> None:
    """SIGTERM and Ctrl-C end the server with exit code 0, and PostgreSQL with it."""
    async with site.serving() as program:
        postgres = site.postgres_pid()

        program.process.send_signal(number)
        code = await program.ended()

    assert code == 0
    assert await has_ended(postgres)
    assert program.lines[-1] == "vdx-policy: stopped"
    assert "Traceback" not in program.said()


async def test_a_signal_during_the_start_stops_it(site: Site) -> None:
    """A first start that is told to stop before it is ready leaves nothing running."""
    program = await site.start()
    lock = site.postgres / "lock"  # the start is under way once this is there
    await until(lambda: asyncio.to_thread(lock.exists), bool)

    code = await program.end()

    assert code == 0
    assert program.lines == ["vdx-policy: stopped"]
    async with site.serving() as again:
        assert again.url


async def test_a_killed_server_leaves_no_orphan(site: Site) -> None:
    """After kill -9 PostgreSQL ends by itself; the next start has every committed row."""
    async with site.serving() as program:
        postgres = site.postgres_pid()
        async with site.sql() as sql:
            await sql.execute(NEW_ROOM)
        program.process.kill()
        assert await program.ended() == -signal.SIGKILL
    assert await has_ended(postgres)

    async with site.serving() as again, FakeNode(again.url) as node:
        log = await node.sip_call(UNKNOWN)

    assert (log.outcome, log.service["description"]) == (Outcome.SERVICE, "Made by hand")


async def test_a_killed_server_and_database_recover(site: Site) -> None:
    """With both killed at once, the next start recovers what was committed."""
    async with site.serving() as program:
        postgres = site.postgres_pid()
        async with site.sql() as sql:
            await sql.execute(NEW_ROOM)
        os.kill(postgres, signal.SIGKILL)
        program.process.kill()
        await program.ended()
    assert await has_ended(postgres)

    async with site.serving() as again, FakeNode(again.url) as node:
        log = await node.sip_call(UNKNOWN)

    assert log.entered


async def test_a_committed_room_is_callable_soon(site: Site) -> None:
    """A room made with SQL answers once its `unowned_s` is over, without a restart."""
    async with (
        site.serving(cache_unowned_s=0.3) as program,
        FakeNode(program.url) as node,
        site.sql() as sql,
    ):
        before = await _ask(node, UNKNOWN)

        await sql.execute(NEW_ROOM)
        after = await until(lambda: _ask(node, UNKNOWN), lambda got: got.outcome is Outcome.SERVICE)

    assert (before.outcome, _reason(before)) == (Outcome.REJECT, "UNKNOWN_ALIAS")
    assert after.result["description"] == "Made by hand"


async def test_requests_under_way_are_answered(site: Site) -> None:
    """Told to stop, the server takes no new calls and answers those that it has."""
    async with (
        site.serving(database_timeout_s=4, server_answer_within_s=4.5) as program,
        FakeNode(program.url) as node,
        site.sql() as sql,
        site.sql() as watcher,
    ):
        lock = sql.transaction()
        await lock.start()
        await sql.execute("LOCK TABLE address IN ACCESS EXCLUSIVE MODE")
        asked = asyncio.create_task(_ask(node, ROOM))
        await until(lambda: watcher.fetchval(LOOK_UP_WAITS), bool)

        program.process.terminate()
        await until(lambda: _is_refused(program.url), bool)
        await lock.rollback()
        verdict = await asked
        code = await program.ended()

    assert (verdict.outcome, _reason(verdict)) == (Outcome.SERVICE, "OK")
    assert code == 0


async def test_a_killed_database_is_lived_with(site: Site) -> None:
    """It is started again; meanwhile rooms are remembered, and nothing fails."""
    async with site.serving(cache_untrusted_s=0.05) as program, FakeNode(program.url) as node:
        before = await _ask(node, ROOM)
        killed = site.postgres_pid()

        os.kill(killed, signal.SIGKILL)
        known = await _ask(node, ROOM)
        unknown = await until(lambda: _ask(node, UNKNOWN), lambda got: _reason(got) != "FALLBACK")
        again = await until(lambda: _ask(node, ROOM), lambda got: _reason(got) == "OK")

    assert known.result == again.result == before.result
    assert _reason(known) in {"OK", "OK_DEGRADED"}
    assert _reason(unknown) == "UNKNOWN_ALIAS"
    assert "Traceback" not in program.said()


async def test_a_frozen_database_is_lived_with(site: Site) -> None:
    """A database that takes questions and answers none makes no call wait for its fallback."""
    async with (
        site.serving(cache_owned_s=0.05, database_timeout_s=0.3) as program,
        FakeNode(program.url) as node,
    ):
        await _ask(node, ROOM)
        with site.frozen_postgres():
            known = await until(lambda: _ask(node, ROOM), lambda got: _reason(got) != "OK")
            unknown = await _ask(node, UNKNOWN)
        again = await until(lambda: _ask(node, ROOM), lambda got: _reason(got) == "OK")

    assert (known.outcome, _reason(known)) == (Outcome.SERVICE, "OK_DEGRADED")
    assert (unknown.outcome, _reason(unknown)) == (Outcome.OWN_CONFIGURATION, "FALLBACK")
    assert again.result == known.result


async def test_whole_calls_end_in_the_room(site: Site) -> None:
    """Every kind of caller and every version of node gets in, through everything it asks."""
    async with site.serving() as program, FakeNode(program.url) as node:
        logs: dict[str, CallLog] = {}
        for version in Version:
            logs[f"sip {version}"] = await node.sip_call(f"sip:{ROOM}", version=version)
            logs[f"h323 {version}"] = await node.h323_call("721834", version=version)
            logs[f"s4b {version}"] = await node.s4b_call(f"sip:{ROOM}", version=version)
            logs[f"browser {version}"] = await node.browser_join(ROOM, version=version)
            logs[f"reception {version}"] = await node.sip_call(
                "sip:10.144.101.21", version=version, enters="721834"
            )

    assert {name: log.outcome for name, log in logs.items() if not log.entered} == {}
    assert {log.service["pin"] for log in logs.values()} == {"48213"}
    # Location requests are left to the node: no opinion, by HTTP 404.
    faults = {step.kind for log in logs.values() for step in log.steps if step.verdict.faults}
    warnings = [text for log in logs.values() for text in log.warnings]
    assert (faults - {Kind.LOCATION}, warnings) == (set(), [])


async def test_the_seed_comes_once(site: Site) -> None:
    """The seed fills an empty database only: what was deleted stays deleted."""
    async with site.serving(), site.sql() as sql:
        await sql.execute("DELETE FROM address WHERE local = 'discharge'")

    async with site.serving() as again, FakeNode(again.url) as node:
        verdict = await _ask(node, "discharge@rooms.example.org")

    assert _reason(verdict) == "UNKNOWN_ALIAS"


async def _ask(node: FakeNode, alias: str) -> Verdict:
    return await node.ask(Kind.SERVICE, Leg(NodeSite(), ROOM_SYSTEM, alias).service())


def _reason(verdict: Verdict) -> object:
    return verdict.body.get("reason") if isinstance(verdict.body, dict) else None


async def _is_refused(url: str) -> bool:
    host, _, port = url.removeprefix("http://").rpartition(":")
    try:
        async with asyncio.timeout(CONNECTED_S):
            _, writer = await asyncio.open_connection(host, int(port))
            writer.close()
            await writer.wait_closed()
    except ConnectionError:  # or reset, at the very moment of closing
        return True
    except TimeoutError:  # just before it closes a port nobody is let in: the kernel tries for 1 s
        return True
    return False
