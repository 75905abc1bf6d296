"""`vdx-policy explain` takes a call in any form that an operator has, and says why."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import orjson
import pytest
from click.testing import CliRunner

from policy.cli.explain import explain
from policy.directory.document import DirectoryFile
from policy.documents import parse
from tests.database import KEY
from tests.handlers.asking import ALIAS, PIN

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

    from tests.database import Database

RULES: Final = r"""
rules:
  - {name: scans, when: {vendor: {contains: scan}}, then: {reject: no scanners}}
  - {name: numbers, when: {alias: {regex: '[0-9]+'}}, then: {rewrite: '${user}@example.org'}}
  - {name: at-night, when: {time: {from: '22:00', to: '06:00', zone: UTC}}, then: {reject: closed}}
  - {name: host, for: participant, then: {participant: {preauthenticated_role: chair}}}
"""
FORWARDING: Final = "rules: [{name: moved, then: {forward: {to: old, on_failure: reject}}}]"
DIRECTORY: Final = f"""
organisations: [{{code: north, name: Region North}}]
domains: [{{domain: example.org, organisation: north}}]
rooms: [{{organisation: north, aliases: [{ALIAS}, 721834@example.org], pin: "{PIN}"}}]
"""
QUERY: Final = "local_alias=sip%3A721834%40example.org&protocol=sip"
LINE: Final = (
    '2026-05-04T23:15:00.123+00:00 node policy: Level="INFO" Name="support.externalpolicy" '
    'Message="External policy request" Method="GET" '
    f'URL="https://policy.example.org/policy/v1/service/configuration?{QUERY}" Timeout="5"'
)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a folder with rules and a directory file, and no database."""
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "a.yaml").write_text(RULES, encoding="utf-8")
    (tmp_path / "directory.yaml").write_text(DIRECTORY, encoding="utf-8")
    (tmp_path / "policy.yaml").write_text(
        "upstreams: {old: {url: 'http://127.0.0.1:9'}}\nrules: {folder: rules}\n", encoding="utf-8"
    )
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _run(*arguments: str, typed: str = "") -> Result:
    return CliRunner().invoke(explain, ["--config", "policy.yaml", *arguments], input=typed)


@pytest.mark.usefixtures("site")
@pytest.mark.parametrize(
    "call",
    [
        ("local_alias=sip:721834@example.org", "protocol=sip"),
        ("local_alias=sip:721834@example.org protocol=sip",),
        ("local_alias=sip:721834@example.org", "remote_display_name=Karin Holm"),
        (QUERY,),
        (f"https://policy.example.org/policy/v1/service/configuration?{QUERY}",),
        (LINE,),
        tuple(LINE.split(" ")),
    ],
)
def test_a_call_may_be_written_in_any_form(call: tuple[str, ...]) -> None:
    """Words, a query, a URL, a line of a support log, quoted or not."""
    done = _run(*call, "--directory", "directory.yaml", "--at", "2026-05-04T10:00Z")

    assert done.exit_code == 0, done.output
    assert "alias      721834@example.org (address, dialled with sip:)" in done.stdout
    assert "decision   continue, OK\n" in done.stdout
    assert "node       The caller enters r-karin.holm@example.org (conference)." in done.stdout
    assert PIN not in done.output


@pytest.mark.usefixtures("site")
def test_a_pasted_line_needs_no_quotes_and_brings_its_time() -> None:
    """What was refused last night is explained as of last night."""
    done = _run("-", "--directory", "directory.yaml", typed=f"{LINE}\n")

    assert "request    service, at 2026-05-04T23:15:00+00:00" in done.stdout
    assert "decision   reject, BY_RULE, by rule at-night: closed" in done.stdout


@pytest.mark.usefixtures("site")
def test_the_type_of_the_request_may_be_said() -> None:
    """Words and query strings leave it open."""
    done = _run(*("local_alias=721834", "--request", "participant"))

    assert "node       The participant joins as a host, without a PIN prompt." in done.stdout


@pytest.mark.usefixtures("site")
def test_programs_get_json() -> None:
    """The same, for whoever wants to compare."""
    done = _run("local_alias=721834", "vendor=friendly-scanner", "--format", "json")

    said = orjson.loads(done.stdout)
    assert (said["decided"]["rule"], said["sent"]["status"]) == ("scans", 200)


@pytest.mark.usefixtures("site")
def test_rules_alone_are_explained_without_a_database() -> None:
    """What needs the directory says so, with exit code 1; what does not is explained."""
    needs = _run("local_alias=x@example.org", "--at", "2026-05-04T10:00Z")
    refused = _run("local_alias=721834", "vendor=scan")

    assert needs.exit_code == 1
    assert "  ✗ scans " in needs.stdout
    told = " ".join(needs.stdout.split())
    assert "to go on it must be known who owns x@example.org: the directory was not asked" in told
    assert "there is no database, see --config and database.url" in told
    assert (refused.exit_code, "by rule scans" in refused.stdout) == (0, True)


@pytest.mark.usefixtures("site")
async def test_facts_come_from_the_database_of_the_settings(
    database: Database, tmp_path: Path
) -> None:
    """As the server finds them, one connection for as long as it takes."""
    await database.load(parse(DIRECTORY, "directory", DirectoryFile))
    (tmp_path / "keys").write_text(KEY)
    env = {
        "VDX_POLICY_DATABASE_URL": database.dsn,
        "VDX_POLICY_SECRETS_KEY_FILE": str(tmp_path / "keys"),
    }

    arguments = ["--config", "policy.yaml", "local_alias=721834", "--at", "2026-05-04T10:00Z"]
    done = await asyncio.to_thread(CliRunner(env=env).invoke, explain, arguments)

    assert done.exit_code == 0, done.output
    assert "rewritten to 721834@example.org" in done.stdout
    assert "721834@example.org: permanent room, of north, organisation active" in done.stdout
    assert PIN not in done.output


def test_another_folder_of_rules_may_be_tried(site: Path) -> None:
    """Candidates are explained before they are in force; servers are asked only on demand."""
    (site / "new").mkdir()
    (site / "new" / "a.yaml").write_text(FORWARDING, encoding="utf-8")

    shown = _run("local_alias=721834", "--rules", "new")
    asked = _run("local_alias=721834", "--rules", "new", "--forward")

    assert (shown.exit_code, asked.exit_code) == (0, 0)
    told = " ".join(shown.stdout.split())
    assert "what policy server old says: it is asked only with --forward" in told
    assert "for 1.5 s at most. If it gives none, the request is rejected." in told
    assert "forwarded  policy server old gave no usable answer" in asked.stdout
    assert "decision   reject, FORWARD_FAILED, by rule moved" in asked.stdout


def test_many_rules_are_shown_on_demand(site: Path) -> None:
    """Thirty are enough for most."""
    rules = "".join(
        f"  - {{name: r{n}, when: {{alias: {{exact: a{n}@example.org}}}}, then: continue}}\n"
        for n in range(50)
    )
    (site / "rules" / "b.yaml").write_text(f"rules:\n{rules}", encoding="utf-8")

    by_day = (
        "local_alias=1@example.com",
        "--directory",
        "directory.yaml",
        "--at",
        "2026-05-04T10Z",
    )
    few, everything = _run(*by_day), _run(*by_day, "--all")

    assert (few.stdout.count("✗"), "rules do not match: by alias" in few.stdout) == (30, True)
    assert everything.stdout.count("✗") == 53


@pytest.mark.usefixtures("site")
@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("local_allias=1",), "did you mean 'local_alias'?"),
        (("hello",), "Invalid value for CALL"),
        (("local_alias=1", "--at", "noon"), "write a time with its offset"),
        (("local_alias=1", "--at", "2026-05-04T10:00"), "write a time with its offset"),
        (
            ("local_alias=1", "--server", "http://127.0.0.1:1", "--rules", "rules"),
            "--server decides with its own rules",
        ),
    ],
)
def test_what_cannot_be_read_is_code_2(arguments: tuple[str, ...], told: str) -> None:
    """A wrong call or option is told with what would be right."""
    done = _run(*arguments)

    assert done.exit_code == 2
    assert told in done.stderr
