"""`vdx-policy explain --server` shows what a running server explains."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import pytest
from aiohttp import web
from click.testing import CliRunner

from policy.cli.explain import explain
from policy.cli.explain_remote import Server, ask_server
from policy.errors import StartError
from policy.wire.recorded import read_call
from tests.fakes.directory import FakeDirectory
from tests.handlers.asking import ALIAS, PIN, ROOM
from tests.handlers.test_explain import FORWARDING, RULES, served

if TYPE_CHECKING:
    from collections.abc import Callable

CALL: Final = read_call(f"local_alias={ALIAS} protocol=sip remote_display_name='Bo Ø. Lind'")
TONIGHT: Final = datetime(2026, 5, 4, 23, tzinfo=UTC)


async def test_the_servers_own_explanation_is_given() -> None:
    """Rules, directory and moment are the server's, unless a moment is given."""
    async with served(FakeDirectory(ROOM), RULES) as url:
        server = Server(url, "operator", "secret")
        done = await ask_server(server, CALL, at=None, may_forward=False)
        tonight = await ask_server(server, CALL, at=TONIGHT, may_forward=True)

    assert done.explanation.decided is not None
    assert (done.explanation.decided.reason, done.has_failed) == ("OK", False)
    assert tonight.explanation.decided is not None
    assert tonight.explanation.decided.rule == "at-night"


async def test_a_server_without_its_directory_explains_what_it_can() -> None:
    """The rules in front, and what is missing."""
    directory = FakeDirectory(ROOM)
    directory.is_away = True
    async with served(directory, RULES) as url:
        done = await ask_server(Server(url, "o", "p"), CALL, at=None, may_forward=False)

    assert (done.has_failed, len(done.explanation.steps)) == (True, 2)


async def test_the_command_prints_it() -> None:
    """As for rules at hand; the password comes from the prompt or the environment."""
    arguments = [f"local_alias={ALIAS}", "protocol=sip", "--user", "op"]

    async with served(FakeDirectory(ROOM), FORWARDING) as url:
        command = CliRunner(env={"VDX_POLICY_OPERATOR_PASSWORD": "secret"})
        done = await asyncio.to_thread(command.invoke, explain, [*arguments, "--server", url])
        prompted = await asyncio.to_thread(
            CliRunner().invoke, explain, [*arguments, "--server", url], input="secret\n"
        )

    assert (done.exit_code, prompted.exit_code) == (0, 0)
    assert done.stdout == prompted.stdout
    assert "policy server old would be asked" in done.stdout
    assert PIN not in done.stdout


async def _answering(respond: Callable[[web.Request], web.Response]) -> str:
    """Ask a server that answers so; gives what went wrong."""

    async def handle(request: web.Request) -> web.Response:
        return respond(request)

    app = web.Application()
    app.router.add_get("/{any:.*}", handle)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        with pytest.raises(StartError) as caught:
            await ask_server(Server(url, "op", "secret"), CALL, at=None, may_forward=False)
        return str(caught.value).removeprefix(url)
    finally:
        await runner.cleanup()


async def test_what_is_no_explanation_is_told() -> None:
    """Wrong credentials, another port, another program; nothing of the call is repeated."""
    told = [
        await _answering(lambda _: web.Response(status=401)),
        await _answering(lambda _: web.Response(status=404)),
        await _answering(lambda _: web.json_response({"status": "success"})),
    ]

    assert told == [
        ": wrong user name or password, see operator.credentials",
        ": answered 404, is this the operator port?",
        ": this is no explanation, is it the same version?",
    ]


@pytest.mark.parametrize("url", ["http://policy.example.org", "policy.example.org:8090"])
async def test_a_password_is_sent_in_the_clear_to_nobody(url: str) -> None:
    """Only to this machine itself."""
    with pytest.raises(StartError, match="must begin with https://"):
        await ask_server(Server(url, "op", "secret"), CALL, at=None, may_forward=False)


async def test_nobody_answers() -> None:
    """Told without the URL, which carries names."""
    server = Server("http://127.0.0.1:9", "op", "secret")

    with pytest.raises(StartError, match=r"^http://127\.0\.0\.1:9: \w+, no answer$"):
        await ask_server(server, CALL, at=None, may_forward=False)
