"""What rules look at in a request; read when a rule asks for it. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, cast

from policy.directory.records import Booking, PermanentRoom
from policy.errors import RequestError
from policy.rules.known import keys_of
from policy.scripts.allowance import Allowance
from policy.wire.alias import AliasKind, parse_alias
from policy.wire.parameters import address_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from policy.directory.records import AddressKey, Target
    from policy.networks import Address
    from policy.rules.known import Dialling, Known
    from policy.wire.alias import Alias
    from policy.wire.parameters import Parameters
    from policy.wire.vocabulary import CallDirection, RequestType

_UNREAD = object()


class Moment:
    """What differs from call to call although nothing else does.

    `now` is read, and `token`, which makes the name of a gateway call its own, is drawn when
    somebody first asks for it, since most calls need neither.
    """

    __slots__ = ("_now", "_token")

    def __init__(
        self, now: datetime | Callable[[], datetime], token: str | Callable[[], str]
    ) -> None:
        self._now = now
        self._token = token

    @property
    def now(self) -> datetime:
        """Give the time, the same each time."""
        if not isinstance(self._now, datetime):
            self._now = self._now()
        return self._now

    @property
    def token(self) -> str:
        """Give what is drawn for this request alone."""
        if not isinstance(self._token, str):
            self._token = self._token()
        return self._token


class Question:
    """One request as rules see it; rules in front may have rewritten `alias` and set `facts`.

    `captures` is what the regular expression of the rule that speaks captured, for its templates.
    `state_of` says how what was dialled is at this moment: `open`, or why nobody may call there.
    Written out, since one is made for every request and a dataclass takes twice as long.
    """

    __slots__ = (
        "_allowance",
        "_attributes",
        "_remote",
        "alias",
        "captures",
        "dialling",
        "direction",
        "facts",
        "known",
        "moment",
        "parameters",
        "request",
        "state_of",
    )

    def __init__(  # noqa: PLR0913, PLR0917  all that rules may look at
        self,
        request: RequestType,
        alias: Alias,
        parameters: Parameters,
        known: Known,
        dialling: Dialling,
        moment: Moment,
        direction: CallDirection | None = None,
        state_of: Callable[[Target, datetime], str] | None = None,
    ) -> None:
        self.request = request
        self.alias = alias
        self.parameters = parameters
        self.known = known
        self.dialling = dialling
        self.moment = moment
        self.direction = direction
        self.state_of = state_of
        self.facts: Mapping[str, str] = {}
        self.captures: Mapping[str, str] = {}
        self._remote: object = _UNREAD
        self._attributes: Mapping[str, tuple[str, ...]] | None = None
        self._allowance: Allowance | None = None

    @property
    def allowance(self) -> Allowance:
        """Give what all scripts of this request may spend together."""
        if self._allowance is None:
            self._allowance = Allowance()
        return self._allowance

    def remote(self) -> Alias | None:
        """Give the caller's alias in its one spelling; None for one that nobody can own."""
        if self._remote is _UNREAD:
            try:
                self._remote = parse_alias(self.parameters.text("remote_alias"))
            except RequestError:
                self._remote = None
        return cast("Alias | None", self._remote)

    def idp_attributes(self) -> Mapping[str, tuple[str, ...]]:
        """Give what the identity provider says, by the attribute's name in lower case."""
        if self._attributes is None:
            self._attributes = self.parameters.attributes("idp_attribute_")
        return self._attributes

    def keys(self) -> tuple[AddressKey, ...]:
        """Give the keys under which the directory may know what was dialled."""
        return self.keys_of(self.alias)

    def completed(self) -> str:
        """Give a bare alias with the domain that the directory would complete it by, else nothing.

        Rules compare both: who dials `721834` reaches `721834@rooms.example.org`, and a rule about
        that room must not be passed by dialling less.
        """
        alias = self.alias
        if alias.host or alias.kind is not AliasKind.ADDRESS:
            return ""
        domain = self._domain()
        return f"{alias.user}@{domain}" if domain else ""

    def keys_of(self, alias: Alias) -> tuple[AddressKey, ...]:
        """Give the keys of any alias: a bare one is completed as if it had been dialled."""
        return keys_of(alias, "" if alias.host else self._domain())

    def dialled(self) -> Target | None:
        """Give who owns what was dialled, None for nobody; raises NeedsEntry."""
        if self.alias.kind is not AliasKind.ADDRESS:
            return None
        return self.known.owned(self.keys()).entry.target

    def room_state(self) -> str:
        """Say whether what was dialled may be called at this moment; raises NeedsEntry."""
        target = self.dialled()
        if target is None:
            return "nobody"
        return "open" if self.state_of is None else self.state_of(target, self.moment.now)

    def service_config(self) -> Mapping[str, object] | None:
        """Give the service that the directory would answer with; raises NeedsEntry."""
        target = self.dialled()
        if not isinstance(target, PermanentRoom | Booking) or self.room_state() != "open":
            return None
        return target.service.document()

    def caller(self) -> Target | None:
        """Give what the directory knows of a registered caller; raises NeedsEntry.

        Only registration proves an alias; anybody may claim one.
        """
        remote = self.remote() if self.parameters.flag("registered") else None
        if remote is None or remote.kind is not AliasKind.ADDRESS:
            return None
        return self.known.owned(keys_of(remote, self._domain())).entry.target

    def addresses(self) -> tuple[Address, ...]:
        """Give what says where the caller is: a Lync client's own word, then the signalling's."""
        read = map(address_of, self.whereabouts())
        return tuple(each for each in read if each is not None)

    def whereabouts(self) -> tuple[str, ...]:
        """Give the same as written, and what is no address too."""
        said = self.parameters.header("ms-subnet")
        return (*said, self.parameters.text("remote_address"))

    def _domain(self) -> str:
        return self.dialling.domain_for(self.parameters.text("location"))
