"""Rooms of the directory, written out into a script. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from policy.errors import RequestError
from policy.rules.known import Dialling
from policy.rules.local.writing import UnfitError, literal, quoted
from policy.rules.templates import is_template
from policy.wire.alias import parse_alias

if TYPE_CHECKING:
    from collections.abc import Mapping

    from policy.rules.local.sheet import Sheet

    Service = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Rooms:
    """Services by alias in its one spelling; None for an address that cannot be written out."""

    services: Mapping[str, Service | None] = field(default_factory=dict, repr=False)
    own_domains: frozenset[str] = frozenset()
    dialling: Dialling = field(default_factory=Dialling)

    def service_of(self, written: str) -> Service:
        """Give the service of a room that a rule names; raises UnfitError."""
        if not self.services:
            raise UnfitError("room is for the server, or for --rooms")
        if is_template(written):
            raise UnfitError("room: placeholders are for the server alone")
        try:
            alias = parse_alias(written)
        except RequestError as exc:
            raise UnfitError(f"room: {exc}") from exc
        for key in self._keys(alias.user, alias.host):
            if key in self.services:
                return self._writable(self.services[key])
        raise UnfitError("room: the directory has none of this alias")

    def _keys(self, user: str, host: str) -> list[str]:
        """Give the keys to try, in order; a bare alias is completed as if it had been dialled."""
        if not host and user not in self.services and self.dialling.location_domains:
            raise UnfitError("room: where callers are decides of what domain it is")
        bare = [] if host else [user]
        domain = host or self.dialling.default_domain
        return [*bare, f"{user}@{domain}", user] if domain in self.own_domains else bare

    def _writable(self, service: Service | None) -> Service:
        if service is None:
            raise UnfitError("room: has a PIN, opens and ends, or is no room; see --with-pins")
        return service

    def lines(self, sheet: Sheet) -> str:
        """Write the table, and give the variable of the room that was dialled, none for none."""
        rooms = sheet.put("rooms", literal(dict(self.services)))
        domains = sheet.put("domains", literal(sorted(self.own_domains)))
        user, host = (sheet.alias("alias", part) for part in ("user", "host"))
        location = sheet.raw("location")
        default = quoted(self.dialling.default_domain)
        known = literal(dict(self.dialling.location_domains))
        domain = sheet.put("domain", f"{host} or {known}.get({location}, {default})")
        full = sheet.put("full", f'{user} ~ "@" ~ {domain}')
        is_bare = f"({user} in {rooms} and (not {host} or {host} in {domains}))"
        key = sheet.put(
            "room_key",
            f"{user} if not {host} and {user} in {rooms} else"
            f" {full} if {full} in {rooms} and {domain} in {domains} else"
            f" {user} if {is_bare} else none",
        )
        return sheet.put("room", f"{rooms}[{key}] if {key} else none")
