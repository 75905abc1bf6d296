"""What a node asked: the type of the request and its raw target, as aliases hold any character."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, Self

from policy.wire.vocabulary import RequestType

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT: Final = "/policy/v1/"
PATHS: Final[Mapping[RequestType, str]] = {
    RequestType.SERVICE: "service/configuration",
    RequestType.PARTICIPANT: "participant/properties",
    RequestType.LOCATION: "participant/location",
    RequestType.AVATAR: "participant/avatar/",
    RequestType.PHONEBOOK: "registrations",
    RequestType.REGISTRATION: "registrations/",
}

_EXACT: Final = {path: each for each, path in PATHS.items() if not path.endswith("/")}
_WHOLE: Final = {f"{ROOT}{path}": each for path, each in _EXACT.items()}
_STARTS: Final = tuple((path, each) for each, path in PATHS.items() if path.endswith("/"))


class Asked(NamedTuple):
    """A request as it came; `alias` and `query` are still percent-encoded.

    `alias` is the rest of the path, which only registrations and avatars have. Neither is ever
    shown: they carry names, addresses and aliases of people. `hops` says how many policy servers
    have forwarded the request.
    """

    request_type: RequestType
    alias: str
    query: str
    hops: int = 0

    def __repr__(self) -> str:
        return f"Asked(request_type={self.request_type!r}, hops={self.hops})"

    @classmethod
    def parse(cls, raw_target: str, hops: int = 0) -> Self | None:
        """Find the policy path in a request target, behind any prefix; None without one."""
        path, _, query = raw_target.partition("?")
        at_once = _WHOLE.get(path)
        if at_once is not None:
            return cls(at_once, "", query, hops)
        _, _, rest = path.partition(ROOT)
        for start, request_type in _STARTS:
            if rest.startswith(start):
                return cls(request_type, rest[len(start) :], query, hops)
        exact = _EXACT.get(rest.removesuffix("/"))
        return None if exact is None else cls(exact, "", query, hops)

    def target(self) -> str:
        """Give the path and the query, without any prefix."""
        path = f"{ROOT}{PATHS[self.request_type]}{self.alias}"
        return f"{path}?{self.query}" if self.query else path
