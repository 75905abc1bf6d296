"""Settings from a file, then from the environment; everything wrong is told at once."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Final

import pytest
from argon2 import PasswordHasher

from policy.errors import SettingsError
from policy.settings import Credential, Settings
from policy.settings_file import leaves, load_settings, variable_of

HASH: Final = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("invented-7")
CREDENTIALS: Final = f'[{{username: nodes, password_hash: "{HASH}"}}]'


def _from(**environ: str) -> Settings:
    return load_settings(None, {f"VDX_POLICY_{name}": value for name, value in environ.items()})


def _said(path: Path | None = None, **environ: str) -> list[str]:
    named = {f"VDX_POLICY_{name}": value for name, value in environ.items()}
    with pytest.raises(SettingsError) as caught:
        load_settings(path, named)
    texts = [str(problem) for problem in caught.value.problems]
    return [text.replace(f"{path}:", "") for text in texts]


def _file(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "settings.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def _leaf(settings: Settings, path: tuple[str, ...]) -> object:
    value: object = settings
    for name in path:
        value = getattr(value, name)
    return value


def test_every_setting_has_a_default() -> None:
    """Without a file and without variables the service listens on loopback."""
    settings = load_settings(None, {})

    assert (settings.server.host, settings.server.port) == ("127.0.0.1", 8080)
    assert settings.database.url is None
    assert settings.access.credentials == ()
    assert settings.server.fallback == "continue"


@pytest.mark.parametrize(
    ("name", "value", "want"),
    [
        ("SERVER_HOST", "localhost", "localhost"),
        ("SERVER_HOST", "::1", "::1"),
        ("SERVER_PORT", "0", 0),
        ("SERVER_ANSWER_WITHIN_S", "1.5", 1.5),
        ("SERVER_FALLBACK", "not_found", "not_found"),
        ("ACCESS_CREDENTIALS", CREDENTIALS, (Credential(username="nodes", password_hash=HASH),)),
        (
            "ACCESS_NETWORKS",
            "[192.0.2.0/24, '2001:db8::/32']",
            (ip_network("192.0.2.0/24"), ip_network("2001:db8::/32")),
        ),
        (
            "ACCESS_NETWORKS",
            "- 192.0.2.0/24\n- 198.51.100.0/24",
            (ip_network("192.0.2.0/24"), ip_network("198.51.100.0/24")),
        ),
        ("ACCESS_ANONYMOUS", "true", True),
        (
            "DATABASE_URL",
            "postgresql://policy:a: b #c@db.example.org/vdx",
            "postgresql://policy:a: b #c@db.example.org/vdx",
        ),
        ("DATABASE_URL", "null", None),
        ("DATABASE_EMBEDDED_PATH", "/srv/postgres", Path("/srv/postgres")),
        ("DATABASE_CONNECTIONS", "4", 4),
        ("DATABASE_SEED", '"/srv/0123.yaml"', Path("/srv/0123.yaml")),
        ("CACHE_ENTRIES", "10", 10),
        ("CACHE_OWNED_S", "30", 30.0),
        ("RULES_FOLDER", "/etc/vdx-policy/rules", Path("/etc/vdx-policy/rules")),
        ("DIALLING_NODE_ADDRESSES", "[203.0.113.10]", (ip_address("203.0.113.10"),)),
        ("DIALLING_DEFAULT_DOMAIN", "Rooms.Example.org", "rooms.example.org"),
        ("DIALLING_LOCATION_DOMAINS", "{Oslo: oslo.example.org}", {"Oslo": "oslo.example.org"}),
        ("SECRETS_KEY_FILE", "/etc/vdx-policy/keys", Path("/etc/vdx-policy/keys")),
        ("LOG_LEVEL", "debug", "debug"),
    ],
)
def test_a_variable_sets_one_setting(name: str, value: str, want: object) -> None:
    """Texts, numbers, flags, words, paths, addresses, lists and mappings fit into a variable."""
    (path,) = [path for path in leaves() if variable_of(path) == f"VDX_POLICY_{name}"]

    settings = _from(**{name: value})

    assert _leaf(settings, path) == want


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.10", "policy.example.org"])  # noqa: S104  what is tested
def test_nobody_is_let_in_by_accident(host: str) -> None:
    """Beyond loopback the service wants credentials, or to be told that it needs none."""
    (said,) = _said(SERVER_HOST=host)

    want = "is open to others: set access.credentials, or say access.anonymous: true"
    assert said.endswith(f"server.host {host!r} {want}")
    assert _from(SERVER_HOST=host, ACCESS_ANONYMOUS="true").server.host == host
    assert _from(SERVER_HOST=host, ACCESS_CREDENTIALS=CREDENTIALS).server.host == host


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.7", "::1", "localhost"])
def test_loopback_needs_no_credentials(host: str) -> None:
    """Who is on the machine is trusted by default."""
    assert _from(SERVER_HOST=host).access.credentials == ()


def test_a_variable_wins_over_the_file(tmp_path: Path) -> None:
    """What the file says counts where no variable says otherwise."""
    path = _file(tmp_path, "server: {port: 8081, host: localhost}\nlog: {level: debug}\n")

    settings = load_settings(path, {"VDX_POLICY_SERVER_PORT": "8082", "PATH": "/bin"})

    assert (settings.server.host, settings.server.port) == ("localhost", 8082)
    assert settings.log.level == "debug"


def test_a_section_left_blank_can_be_filled_by_variables(tmp_path: Path) -> None:
    """A section without a value is no obstacle for a variable of its settings."""
    path = _file(tmp_path, "server:\n")

    settings = load_settings(path, {"VDX_POLICY_SERVER_PORT": "8082"})

    assert settings.server.port == 8082


def test_paths_count_from_the_folder_of_the_file(tmp_path: Path) -> None:
    """A file and what it names can be moved together; absolute paths stay."""
    text = "rules: {folder: ../rules}\ndatabase: {seed: seed.yaml, embedded: {path: /srv/pg}}\n"
    path = _file(tmp_path, text)

    settings = load_settings(path, {"VDX_POLICY_SECRETS_KEY_FILE": "keys"})

    assert settings.rules.folder == tmp_path.parent / "rules"
    assert settings.database.seed == tmp_path / "seed.yaml"
    assert settings.database.embedded.path == Path("/srv/pg")
    assert settings.secrets.key_file == tmp_path / "keys"


def test_without_a_file_paths_count_from_the_working_folder() -> None:
    """Variables alone mean paths as a shell does."""
    settings = _from(RULES_FOLDER="here/rules")

    assert settings.rules.folder == Path.cwd() / "here" / "rules"


def test_an_unknown_variable_is_told() -> None:
    """A misspelt variable is an error, with the nearest that there is."""
    (said,) = _said(SERVER_PROT="8081")

    want = "unknown setting, did you mean 'VDX_POLICY_SERVER_PORT'?"
    assert said == f"environment variable VDX_POLICY_SERVER_PROT: {want}"


@pytest.mark.parametrize(
    ("name", "value", "want"),
    [
        ("SERVER_PORT", "70000", "port: must be at most 65535, got 70000"),
        ("SERVER_PORT", "", "port: needs a whole number, got nothing"),
        ("LOG_LEVEL", "warn", "level: 'warn' is not allowed, did you mean 'warning'?"),
        ("ACCESS_ANONYMOUS", "yes", "anonymous: needs true or false, got 'yes'"),
        ("ACCESS_NETWORKS", "192.0.2.0/24", "networks: needs a list, got '192.0.2.0/24'"),
        ("ACCESS_CREDENTIALS", "nodes:invented-7", "credentials: needs a list, got a secret value"),
        (
            "DATABASE_URL",
            "mysql://invented-7",
            "url: string should match pattern '^postgres(ql)?://', got a secret value",
        ),
        (
            "DIALLING_LOCATION_DOMAINS",
            "{Oslo",
            (
                "not valid YAML: the '{' of line 1 is not closed, or a comma is missing "
                "in front of this"
            ),
        ),
    ],
)
def test_a_wrong_value_names_its_variable(name: str, value: str, want: str) -> None:
    """Whoever set a variable is told which one is wrong, and never shown a secret."""
    (said,) = _said(None, **{name: value})

    start, _, text = said.partition(": ")
    assert start.startswith(f"environment variable VDX_POLICY_{name}")
    assert text == want


def test_a_part_of_a_list_names_the_variable_and_not_the_file(tmp_path: Path) -> None:
    """Where a variable has replaced a list, no line of the file is blamed."""
    path = _file(tmp_path, "dialling:\n  node_addresses: [203.0.113.10]\n")

    said = _said(path, DIALLING_NODE_ADDRESSES="[nowhere]")

    assert [text.partition(": ")[0] for text in said] == [
        "environment variable VDX_POLICY_DIALLING_NODE_ADDRESSES"
    ] * len(said)
    assert said


def test_every_problem_is_told_at_once(tmp_path: Path) -> None:
    """One start is enough to learn all that is wrong, in the file and in the environment."""
    path = _file(tmp_path, "server: {prot: 1}\nlog: {level: loud}\n")

    said = _said(path, CACHE_ENTRIES="0", RULES_FILDER="x", DIALLING_NODE_ADDRESSES="[")

    assert [text.partition(": ")[0] for text in said] == [
        "1:10",
        "2:14",
        "environment variable VDX_POLICY_CACHE_ENTRIES",
        "environment variable VDX_POLICY_DIALLING_NODE_ADDRESSES:2:1",
        "environment variable VDX_POLICY_RULES_FILDER",
    ]


def test_a_variable_may_hold_bytes_that_are_no_text() -> None:
    """What is not UTF-8 is told like any other wrong value."""
    said = _said(ACCESS_NETWORKS="[\udcff]")

    assert said == ["environment variable VDX_POLICY_ACCESS_NETWORKS: is not UTF-8 text"]


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("sever: {}", "1:1: unknown key 'sever', did you mean 'server'?"),
        ("server: 8080", "1:9: server: needs a mapping, got 8080"),
        ("- server", "1:1: needs a mapping, got a list"),
        ("server: {port: 1, port: 2}", "1:19: key 'port' stands twice, first in line 1"),
        (
            "access:\n  credentials:\n    - {username: 'a:b', password_hash: invented-7}",
            "3:18: username: string should match pattern '^[^:]+$', got a secret value",
        ),
    ],
)
def test_a_wrong_file_is_told_with_its_place(tmp_path: Path, text: str, want: str) -> None:
    """Unknown keys, wrong forms and doubled keys have line and column."""
    said = _said(_file(tmp_path, text))

    assert said[0] == want


def test_a_password_is_no_hash(tmp_path: Path) -> None:
    """A password in the clear is refused, and not repeated."""
    text = "access:\n  credentials:\n    - {username: nodes, password_hash: invented-7}"

    said = _said(_file(tmp_path, text))

    want = "3:40: password_hash: not a hash made by 'vdx-policy hash-password'"
    assert said == [want]


def test_a_section_that_is_no_mapping_is_not_filled(tmp_path: Path) -> None:
    """A variable does not paper over a file that is wrong."""
    said = _said(_file(tmp_path, "server: 8080\n"), SERVER_PORT="8081")

    assert said == ["1:9: server: needs a mapping, got 8080"]


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    """A settings file that is not there stops the start."""
    path = tmp_path / "none.yaml"

    with pytest.raises(SettingsError, match="no such file or directory"):
        load_settings(path, {})


def test_settings_do_not_show_secrets() -> None:
    """The database address and the hashes are left out when settings are printed."""
    settings = _from(ACCESS_CREDENTIALS=CREDENTIALS, DATABASE_URL="postgresql://u:invented-7@h/d")

    shown = repr(settings)

    assert HASH not in shown
    assert "invented-7" not in shown


def test_every_setting_has_its_own_variable() -> None:
    """No two settings share a variable."""
    names = [variable_of(path) for path in leaves()]

    assert len(names) == len(set(names))
    assert "VDX_POLICY_DATABASE_EMBEDDED_PATH" in names
