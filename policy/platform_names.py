"""Names of objects that exist on the platform: themes, locations, proxies and the like.

A node drops a whole answer for one name that it does not know, so they are held against a list
when a rule or a row is written. Of a kind that is not listed, every name is taken.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

from pydantic import Field, StringConstraints

from policy.documents import Document
from policy.wording import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Name = Annotated[str, StringConstraints(min_length=1, max_length=250)]
Names = frozenset[Name] | None


class PlatformNames(Document):
    """Names that rules and rows may use; of a kind that is not listed, every name is taken."""

    themes: Names = Field(None, examples=[["Corporate"]], description="Themes that exist.")
    locations: Names = Field(
        None,
        examples=[["Aarhus"]],
        description="System locations that exist.",
    )
    identity_provider_groups: Names = Field(
        None,
        examples=[["Staff"]],
        description="Identity provider groups that exist.",
    )
    media_playlists: Names = Field(
        None,
        examples=[["Welcome"]],
        description="Media playlists that exist.",
    )
    sip_proxies: Names = Field(None, examples=[["SBC"]], description="SIP proxies that exist.")
    mssip_proxies: Names = Field(
        None,
        examples=[["Front end pool"]],
        description="Skype for Business servers that exist.",
    )
    teams_proxies: Names = Field(
        None,
        examples=[["Connector"]],
        description="Teams connectors that exist.",
    )
    h323_gatekeepers: Names = Field(
        None,
        examples=[["Gatekeeper"]],
        description="H.323 gatekeepers that exist.",
    )
    stun_servers: Names = Field(
        None,
        examples=[["STUN 1"]],
        description="STUN servers that exist.",
    )
    turn_servers: Names = Field(
        None,
        examples=[["TURN 1"]],
        description="TURN servers that exist.",
    )
    gms_access_tokens: Names = Field(
        None,
        examples=[["Meet"]],
        description="Google Meet access tokens that exist.",
    )

    def known(self, kind: str) -> frozenset[str] | None:
        """Give the names of a kind, None when it is not listed."""
        names: frozenset[str] | None = getattr(self, kind)
        return names


KIND_OF_FIELD: Final[Mapping[str, str]] = {
    "ivr_theme_name": "themes",
    "outgoing_location_name": "locations",
    "system_location_name": "locations",
    "location": "locations",
    "overflow": "locations",
    "overflow_locations": "locations",
    "primary_overflow_location": "locations",
    "secondary_overflow_location": "locations",
    "host_identity_provider_group": "identity_provider_groups",
    "guest_identity_provider_group": "identity_provider_groups",
    "media_playlist_name": "media_playlists",
    "sip_proxy_name": "sip_proxies",
    "mssip_proxy_name": "mssip_proxies",
    "teams_proxy_name": "teams_proxies",
    "h323_gatekeeper_name": "h323_gatekeepers",
    "stun_server_name": "stun_servers",
    "turn_server_name": "turn_servers",
    "gms_access_token_name": "gms_access_tokens",
}


def unknown_names(
    document: object, platform: PlatformNames, loc: tuple[int | str, ...] = ()
) -> Iterator[tuple[tuple[int | str, ...], str]]:
    """Give the place of every name in a document that is not on its list, and what is wrong."""
    if isinstance(document, dict):
        for key, value in document.items():
            yield from unknown_names(value, platform, (*loc, key))
    elif isinstance(document, list | tuple):
        for index, value in enumerate(document):
            yield from unknown_names(value, platform, (*loc, index))
    elif isinstance(document, str):
        field = next((part for part in reversed(loc) if isinstance(part, str)), "")
        kind = KIND_OF_FIELD.get(field)
        known = platform.known(kind) if kind is not None else None
        if known is not None and document not in known:
            hint = did_you_mean(document, sorted(known))
            yield loc, f"{field}: {document!r} is not among platform.{kind}{hint}"
