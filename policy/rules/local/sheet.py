"""What a script reads of a call: the lines at its top, each written when something asks for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from policy.rules.local.aliases import alias_lines
from policy.rules.local.devices import device_lines
from policy.rules.local.portable import python_pattern
from policy.rules.local.writing import UnfitError, literal, quoted
from policy.rules.parameters import PARAMETERS, Kind
from policy.wire.local_policy import call_info, participant
from policy.wire.parameters import Parameters
from policy.wire.vocabulary import RequestType

if TYPE_CHECKING:
    from policy.rules.local.portable import Portable

PARTS: Final = {"alias": "text", "user": "user", "domain": "host", "digits": "digits"}
_PART_VARIABLES: Final = {**PARTS, "scheme": "scheme"}
# What an address may look like; of anything else a node could make nothing.
_ADDRESS: Final = r"^([0-9.]+|[0-9a-fA-F:.]*:[0-9a-fA-F:.]*)\Z"
_MAPPED: Final = r"(?i)^::ffff:([0-9]+\.[0-9]+\.[0-9]+\.[0-9]+)\Z"
_UUID: Final = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"


@dataclass(slots=True)  # filled while a script is written
class Sheet:
    """The variables of one script; each expression is written once.

    `own_nodes` are addresses that stand for no domain when somebody dials them.
    """

    request: RequestType
    own_nodes: frozenset[str] = frozenset()
    looks_at_caller: bool = False
    _lines: list[str] = field(default_factory=list)
    _names: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Read what was dialled: no rule speaks to what is no alias."""
        nodes = literal(sorted(self.own_nodes))
        own = "([call_info.node_ip] if call_info.node_ip else [])"
        self._lines.append(f"{{% set vdx_nodes = {nodes} + {own} %}}")
        self._lines.append(alias_lines("vdx_alias", "local_alias", at_own_nodes=True))

    def text(self) -> str:
        """Give all lines."""
        return "\n".join(self._lines)

    def put(self, stem: str, expression: str) -> str:
        """Give the variable of an expression, which is computed once."""
        if expression not in self._names:
            name = f"vdx_{stem}" if stem not in self._stems() else f"vdx_{stem}_{len(self._names)}"
            self._lines.append(f"{{% set {name} = {expression} %}}")
            self._names[expression] = name
        return self._names[expression]

    def gather(self, stem: str, each: str, condition: str = "", item: str = "vdx_each") -> str:
        """Give the variable of a list: of those in `each` for which the condition holds."""
        key = f"{each}\0{condition}\0{item}"
        if key not in self._names:
            name = f"vdx_{stem}_{len(self._names)}"
            only = f" if {condition}" if condition else ""
            self._lines.append(
                f"{{% set {name} = [] %}}{{% for vdx_each in {each}{only} %}}"
                f'{{{{ {name}.extend([{item}]) or "" }}}}{{% endfor %}}'
            )
            self._names[key] = name
        return self._names[key]

    def fresh(self, stem: str) -> str:
        """Give a name that no other variable has."""
        name = f"vdx_{stem}_{len(self._names)}"
        self._names[name] = name
        return name

    def add(self, line: str) -> None:
        """Write a line behind the others."""
        self._lines.append(line)

    def alias(self, key: str, part: str) -> str:
        """Give one part of the dialled or the caller's alias."""
        if part not in _PART_VARIABLES.values():
            raise UnfitError(f"{key}.{part} is for the server alone")
        if key == "remote_alias" and not self.looks_at_caller:
            self.looks_at_caller = True
            self._lines.append(alias_lines("vdx_remote", "remote_alias", at_own_nodes=False))
        return f"vdx_{'alias' if key == 'alias' else 'remote'}_{part}"

    def raw(self, key: str) -> str:
        """Give a text as it came, empty for none."""
        return self.put(f"{key}_sent", f'({self._source(key)}|default("", true))|trim')

    def parameter(self, key: str) -> str:
        """Give a text in small letters."""
        return self.put(key, f'({self._source(key)}|default("", true))|trim|lower')

    def direction(self) -> str:
        """Give the direction; a call of an unknown one counts as incoming."""
        sent = self.put("direction_sent", '(call_info.call_direction|default("", true))|trim|lower')
        return self.put("direction", f'{sent} if {sent} in ["dial_out", "non_dial"] else "dial_in"')

    def flag(self, key: str) -> str:
        """Give a real boolean."""
        return self._source(key)

    def number(self, key: str) -> str:
        """Give a number, -1 for none."""
        return self.put(key, f"{self._source(key)}|default(-1)|int(-1)")

    def header(self, key: str) -> str:
        """Give the values of a SIP header in small letters."""
        return self.gather(
            key, f"{self._source(key)}|default([], true)", item="vdx_each|trim|lower"
        )

    def attribute(self, name: str) -> str:
        """Give all values of an attribute of the identity provider, in small letters."""
        if self.request is not RequestType.PARTICIPANT:
            raise UnfitError(f"idp_attribute.{name} is for participants")
        key = f"idp\0{name}"
        if key not in self._names:
            list_name = f"vdx_idp_{len(self._names)}"
            self._lines.append(
                f"{{% set {list_name} = [] %}}\n"
                "{% for vdx_name, vdx_values in (participant.idp_attributes or {}).items()"
                f" if vdx_name|lower == {quoted(name)} %}}\n"
                "{% for vdx_each in ([vdx_values] if vdx_values is string else vdx_values) %}"
                f'{{{{ {list_name}.extend([vdx_each|lower]) or "" }}}}{{% endfor %}}\n'
                "{% endfor %}"
            )
            self._names[key] = list_name
        return self._names[key]

    def addresses(self, key: str) -> str:
        """Give a list of addresses: of one parameter, or of all that says where a caller is."""
        if key == "subnet":
            parts = f"{self.addresses('ms_subnet')} + {self.addresses('remote_address')}"
            return self.put("callers", parts)
        single = PARAMETERS[key].kind is Kind.ADDRESS
        each = f"[{self.raw(key)}]" if single else f"{self._source(key)}|default([], true)"
        return self.gather(
            f"{key}_ip",
            each,
            f"pex_regex_search({quoted(_ADDRESS)}, vdx_each|trim)",
            f'vdx_each|trim|pex_regex_replace({quoted(_MAPPED)}, "\\\\1")',
        )

    def device(self) -> str:
        """Give the family of the calling device."""
        if "device" not in self._names:
            self._lines.append(device_lines("vdx_device", "call_info.vendor"))
            self._names["device"] = "vdx_device"
        return "vdx_device"

    def match(self, variable: str, pattern: str) -> tuple[str, Portable]:
        """Give the variable of what a pattern finds in a text: the whole, then its groups."""
        portable = python_pattern(pattern)
        return self.put("regex", _search(portable, variable)), portable

    def leg(self) -> str:
        """Give the name of the gateway call whose outgoing leg asks; none for any other."""
        pattern = quoted(f"(?s)^(.*):{_UUID}\\Z")
        found = f"pex_regex_search({pattern}, {self.raw('service_name')})"
        direction = self.direction()
        leg = self.put("leg_found", f'{found} if {direction} == "dial_out" else none')
        return self.put("leg", f"{leg}[0] if {leg} else none")

    def _stems(self) -> set[str]:
        return {name.removeprefix("vdx_") for name in self._names.values()}

    def _source(self, key: str) -> str:
        """Give what a script calls a parameter; raises UnfitError for what it does not see."""
        sent = Parameters("service_name=&service_tag=&unique_service_name=")
        if key in call_info(self.request, sent):
            return f"call_info.{key}"
        if self.request is RequestType.PARTICIPANT and key in participant(sent):
            return f"participant.{key}"
        raise UnfitError(f"{key} is not told to scripts for {self.request} requests")


def search_in(pattern: str, variable: str) -> str:
    """Give an expression that finds a pattern in a text, for use within a loop."""
    return _search(python_pattern(pattern), variable)


def _search(portable: Portable, variable: str) -> str:
    # A group round the whole, for a node gives the groups of a match and nothing else.
    return f"pex_regex_search({quoted(f'(?i)^({portable.text})' + chr(92) + 'Z')}, {variable})"
