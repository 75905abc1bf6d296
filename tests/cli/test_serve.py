"""Starts that fail: one clear message, and nothing left running."""

from __future__ import annotations

import socket
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import asyncpg
import pytest

from policy.cli.serve import describe
from policy.server import Ready
from policy.settings import Server, Settings

if TYPE_CHECKING:
    import subprocess

    from tests.cli.conftest import Run

AWAY: Final = "postgresql://u:an-odd-word@127.0.0.1:1/x"
READY: Final = Ready(
    url="http://127.0.0.1:8080",
    database="PostgreSQL",
    addresses=3,
    example="ward 7@example.org",
    rules=2,
    rules_version="0123456789ab",
    note=None,
)


def is_one_message(done: subprocess.CompletedProcess[str], code: int) -> bool:
    """Tell whether a start failed as it should: with this code, and a line for a person."""
    lines = done.stderr.splitlines()
    return (done.returncode, done.stdout, len(lines)) == (code, "", 1) and "an-odd" not in lines[0]


@pytest.mark.usefixtures("rules")
def test_wrong_settings_stop_the_start(run: Run, tmp_path: Path) -> None:
    """The same message as `check` gives."""
    (tmp_path / "policy.yaml").write_text("server: {prot: 1}")

    done = run("serve", "--config", "policy.yaml")

    assert is_one_message(done, 2), done
    assert done.stderr.startswith("policy.yaml:1:10: unknown key 'prot', did you mean 'port'?")


@pytest.mark.usefixtures("rules")
def test_a_wrong_variable_stops_the_start(run: Run) -> None:
    """A mistyped name does not go unnoticed."""
    done = run("serve", server_prot=1)

    assert is_one_message(done, 2), done
    assert "VDX_POLICY_SERVER_PROT" in done.stderr


def test_wrong_rules_stop_the_start(run: Run, rules: Path) -> None:
    """A server never runs with half of its rules."""
    (rules / "a.yaml").write_text("rules: [{name: a}]")

    done = run("serve", server_port=0, database_url=AWAY)

    assert done.returncode == 2
    assert "rules/a.yaml:1:" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.usefixtures("rules")
def test_a_port_in_use_stops_the_start(run: Run) -> None:
    """Told before a database is touched, with what to do."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        done = run("serve", server_port=port, database_url=AWAY)

    assert is_one_message(done, 1), done
    assert done.stderr == (
        f"vdx-policy: port {port} on 127.0.0.1 is in use: "
        "stop the other program or set server.port\n"
    )


@pytest.mark.usefixtures("rules")
@pytest.mark.parametrize("host", ["nowhere.invalid", "192.0.2.7", "not a host"])
def test_an_address_of_somebody_else_stops_the_start(run: Run, host: str) -> None:
    """A host that is not this machine is named."""
    done = run("serve", server_host=host, access_anonymous="true", database_url=AWAY)

    assert is_one_message(done, 1), done
    assert host in done.stderr


@pytest.mark.usefixtures("rules")
def test_a_database_that_is_away_stops_the_start(run: Run) -> None:
    """The reason, and nothing of the address."""
    done = run("serve", server_port=0, database_url=AWAY)

    assert is_one_message(done, 1), done
    assert done.stderr == "vdx-policy: database: connection refused\n"


@pytest.mark.usefixtures("rules")
async def test_a_missing_schema_stops_the_start(run: Run, bare: str) -> None:
    """A database of the site is not changed without being told to; the command is named."""
    done = run("serve", server_port=0, database_url=bare)

    assert is_one_message(done, 1), done
    assert "its schema is empty" in done.stderr
    assert done.stderr.endswith("run 'vdx-policy migrate'\n")
    connection = await asyncpg.connect(bare)
    tables = await connection.fetchval("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
    await connection.close()
    assert tables == 0


@pytest.mark.usefixtures("rules")
def test_a_missing_key_file_stops_the_start(run: Run, tmp_path: Path) -> None:
    """A mistyped path does not show first when a device registers."""
    done = run(
        "serve", server_port=0, database_url=AWAY, secrets_key_file=tmp_path / "no-such-keys"
    )

    assert is_one_message(done, 1), done
    assert f"{tmp_path / 'no-such-keys'}: no such file or directory" in done.stderr


@pytest.mark.usefixtures("rules")
def test_binaries_that_are_none_stop_the_start(run: Run, tmp_path: Path) -> None:
    """A folder without PostgreSQL is named; no database is made."""
    done = run(
        "serve",
        server_port=0,
        database_embedded_binaries=tmp_path,
        database_embedded_path=tmp_path / "postgres",
    )

    assert is_one_message(done, 1), done
    assert str(tmp_path) in done.stderr
    assert not (tmp_path / "postgres" / "data").exists()


def test_the_ready_message_can_be_pasted() -> None:
    """The example call is quoted for a shell, and names the user but no password."""
    hashed = "$argon2id$v=19$m=8,t=1,p=1$MDEyMzQ1Njc$MDEyMzQ1Njc4OTAxMjM0NQ"
    access = {"credentials": [{"username": "node", "password_hash": hashed}]}
    query = "call_direction=dial_in&protocol=sip&local_alias=ward+7%40example.org"

    lines = describe(READY, Settings.model_validate({"access": access})).splitlines()

    assert lines[-2:] == [
        "Try:",
        f"  curl -u node '{READY.url}/policy/v1/service/configuration?{query}'",
    ]
    assert hashed not in "".join(lines)


def test_the_ready_message_of_an_empty_directory() -> None:
    """Without a room there is nothing to try; a database that lives elsewhere is told."""
    ready = Ready(
        url="http://[::1]:8080",
        database="embedded PostgreSQL 18.6 in var/postgres",
        addresses=0,
        example=None,
        rules=0,
        rules_version="",
        note="it lives elsewhere",
    )

    text = describe(ready, Settings())

    assert "Try:" not in text
    assert "  note: it lives elsewhere" in text
    assert Path("rules").name in text


def test_the_ready_message_names_the_port_of_operators() -> None:
    """Where there is one."""
    ready = replace(READY, operator_url="http://127.0.0.1:8090")

    assert "  operators: http://127.0.0.1:8090" in describe(ready, Settings()).splitlines()
    assert "operators" not in describe(READY, Settings())


def test_the_ready_message_says_how_many_answer() -> None:
    """One needs no mention."""
    server = Server(workers=4)

    assert "  workers: 4" in describe(READY, Settings(server=server)).splitlines()
    assert "workers" not in describe(READY, Settings())


def test_the_example_call_goes_through_tls() -> None:
    """The certificate is for the name that nodes know, not for this machine's own."""
    lines = describe(replace(READY, url="https://127.0.0.1:8443"), Settings()).splitlines()

    assert lines[-1].startswith("  curl -k 'https://127.0.0.1:8443/")


@pytest.mark.usefixtures("rules")
@pytest.mark.parametrize("workers", [1, 2])
def test_a_wrong_certificate_stops_the_start(run: Run, tmp_path: Path, workers: int) -> None:
    """Before a database is touched, and before a process is started for it."""
    (tmp_path / "chain.pem").write_text("nothing of the kind")
    (tmp_path / "key.pem").write_text("nothing of the kind")

    done = run(
        *("serve", "--workers", str(workers)),
        server_port=0,
        database_url=AWAY,
        server_certificate=tmp_path / "chain.pem",
        server_private_key=tmp_path / "key.pem",
    )

    assert is_one_message(done, 1), done
    assert "chain.pem: holds no certificate in PEM form" in done.stderr


@pytest.mark.usefixtures("rules")
def test_several_workers_fail_as_one_does(run: Run, rules: Path) -> None:
    """With the same codes and messages."""
    away = run("serve", "--workers", "2", server_port=0, database_url=AWAY)
    (rules / "a.yaml").write_text("rules: [{name: a}]")
    wrong = run("serve", "--workers", "2", server_port=0, database_url=AWAY)

    assert is_one_message(away, 1), away
    assert away.stderr == "vdx-policy: database: connection refused\n"
    assert (wrong.returncode, "rules/a.yaml:1:" in wrong.stderr) == (2, True)
