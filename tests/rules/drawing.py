"""Rules and requests of every kind, drawn so that they often have to do with each other."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from hypothesis import strategies as st

from policy.rules.lists import Lists, ListText
from policy.rules.syntax import RuleText
from policy.wire.vocabulary import RequestType
from tests.rules.asking import asked

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from policy.rules.model import Rule
    from policy.rules.question import Question

    Written = Mapping[str, object]

SERVICE: Final = RequestType.SERVICE
FOCUS: Final = "sip:ana@example.org;gruu;opaque=app:conf:focus:id:QX1"
ALIASES: Final = (
    "ward7",
    "ward7@example.org",
    "desk@example.org",
    "7@a.example.org",
    "721834",
    FOCUS,
)
LISTS: Final = Lists(
    {
        "aliases.txt": ListText("aliases.txt", "ward7\nward7@example.org\n"),
        "many.txt": ListText(
            "many.txt", "\n".join(f"{n}@example.org" for n in range(200)) + "\nward7"
        ),
        "networks.txt": ListText("networks.txt", "10.0.0.0/8\n2001:db8::/32\n"),
        "words.txt": ListText("words.txt", "Aarhus\nOdense\n"),
    }
)


def _some(*values: object) -> st.SearchStrategy[object]:
    return st.lists(st.sampled_from(values), min_size=1, max_size=3, unique=True)


TEXT_FORMS: Final = st.one_of(
    _some("aarhus", "odense", ""),
    st.sampled_from(
        [
            {"regex": ".*"},
            {"regex": "(?s).*"},
            {"regex": "a.*|odense"},
            {"prefix": "a"},
            {"prefix": ["a", "o"]},
            {"suffix": "us"},
            {"contains": ["ar", "x"]},
            {"list": "words.txt"},
        ]
    ),
)
ALIAS_FORMS: Final = st.fixed_dictionaries(
    {},
    optional={
        "exact": _some("ward7", "ward7@example.org", "desk@example.org", FOCUS),
        "list": st.sampled_from(["aliases.txt", "many.txt"]),
        "regex": st.sampled_from([".*", "ward.*", ".*@example\\.org", "([0-9]+)(@.*)?", "desk"]),
        "domain": _some("example.org", "a.example.org", "ward7"),
        "user": st.sampled_from(["ward7", {"prefix": "w"}, {"regex": "[a-z]+"}]),
        "digits": st.sampled_from(["", "7", {"regex": "[0-9]+"}]),
        "scheme": _some("sip", "none"),
        "kind": _some("address", "microsoft_conference"),
    },
).filter(bool)
ADDRESS_FORMS: Final = st.one_of(
    _some("10.0.0.0/8", "10.1.0.0/16", "10.1.2.3", "2001:db8::/32", "::/0"),
    st.just({"list": "networks.txt"}),
)
LEAVES: Final[Mapping[str, st.SearchStrategy[object]]] = {
    "alias": ALIAS_FORMS,
    "remote_alias": ALIAS_FORMS,
    "subnet": ADDRESS_FORMS,
    "remote_address": ADDRESS_FORMS,
    "protocol": _some("sip", "h323", "api"),
    "direction": _some("dial_in", "dial_out", "non_dial"),
    "location": TEXT_FORMS,
    "vendor": TEXT_FORMS,
    "p_asserted_identity": TEXT_FORMS,
    "registered": st.booleans(),
    "bandwidth": st.sampled_from([0, 512, {"at_least": 1}, {"at_most": 512}, {"at_least": 512}]),
    "version_id": st.sampled_from(["21", "21.1", {"at_least": "21.1"}, {"at_most": "35"}]),
    "device": _some("cisco", "unknown"),
    "room_kind": _some("permanent", "nobody"),
    "organisation": _some("clinic", "region"),
    "subtree": _some("region"),
    "tag": st.sampled_from(["quiet", {"prefix": "q"}, {"regex": ".*"}]),
    "device_owner": _some("clinic"),
    "time": st.sampled_from(
        [
            {"days": "mon-fri"},
            {"from": "08:00", "to": "17:00"},
            [{"days": "mon", "from": "08:00"}, {"days": "sat"}],
            {"days": "mon-sun", "from": "09:00", "to": "12:00"},
        ]
    ),
    "share": st.sampled_from(
        ["50%", {"percent": "10%", "name": "a"}, {"percent": "90%", "name": "a"}]
    ),
    "fact": st.fixed_dictionaries({"a": st.sampled_from(["1", ["1", "2"], {"regex": ".*"}])}),
    "expr": st.sampled_from(
        [
            "call_info.protocol == 'sip'",
            "1 / 0 == 1",
            "call_info.vendor|length > 1/call_info.bandwidth",
            "service_config.pin is defined",
        ]
    ),
}


def _whens(inner: st.SearchStrategy[Written]) -> st.SearchStrategy[Written]:
    some = st.lists(inner, min_size=1, max_size=2)
    groups = {"any": some, "all": some, "not": inner}
    return st.dictionaries(
        st.sampled_from([*LEAVES, *groups]), st.none(), min_size=1, max_size=3
    ).flatmap(lambda keys: st.fixed_dictionaries({key: {**LEAVES, **groups}[key] for key in keys}))


def _leaf() -> st.SearchStrategy[Written]:
    return st.sampled_from(sorted(LEAVES)).flatmap(
        lambda key: st.fixed_dictionaries({key: LEAVES[key]})
    )


# Mostly few conditions, so that rules often match and cover each other.
WHENS: Final[st.SearchStrategy[Written]] = st.one_of(
    st.just({}), _leaf(), _leaf(), st.recursive(_leaf(), _whens, max_leaves=4)
)
THENS: Final[st.SearchStrategy[object]] = st.sampled_from(
    [
        "continue",
        "not_found",
        {"reject": "closed"},
        {"reject": "${user} is closed"},
        {"reject": "${remote_user}"},
        {"room": "ward7@example.org"},
        {"set": {"a": "1"}},
        {"set": {"a": "${remote_user}"}, "reject": "closed"},
        {"rewrite": "desk@example.org"},
        {"rewrite": "${user}@example.org"},
        {"override": {"pin": "4821"}},
        {"expr": "{}"},
    ]
)
WRITTEN: Final = st.fixed_dictionaries(
    {"when": WHENS, "then": THENS}, optional={"mode": st.sampled_from(["enforce", "shadow"])}
)


def compiled(written: Sequence[Written]) -> list[Rule]:
    """Compile drawn rules, named by their numbers."""
    texts = [
        RuleText.model_validate(
            {"name": f"r{number}", **each}, context={"lists": frozenset(LISTS.names())}
        )
        for number, each in enumerate(written)
    ]
    return [each.compiled(lists=LISTS) for each in texts]


RULES: Final = st.lists(WRITTEN, max_size=8).map(compiled)
MOMENTS: Final = st.sampled_from(
    [datetime(2026, 5, day, hour, tzinfo=UTC) for day in (3, 4, 9) for hour in (3, 9, 20)]
)


@st.composite
def questions(draw: st.DrawFn) -> Question:
    """Draw a service request that any of the rules may match."""
    words: dict[str, st.SearchStrategy[str]] = {
        "protocol": st.sampled_from(["sip", "h323", "api", "webrtc"]),
        "call_direction": st.sampled_from(["dial_in", "dial_out", "non_dial", "DIAL_IN", "odd"]),
        "location": st.sampled_from(["Aarhus", "odense", "Arne", ""]),
        "vendor": st.sampled_from(["aarhus", "Cisco", "a\nb", ""]),
        "p-Asserted-Identity": st.sampled_from(["aarhus", '["odense", "x"]', "[]"]),
        "registered": st.sampled_from(["True", "False"]),
        "bandwidth": st.sampled_from(["0", "512", "1024", "many"]),
        "version_id": st.sampled_from(["21", "21.1", "35.1", "x"]),
        "remote_alias": st.sampled_from([*ALIASES, "@", "ana@example.net"]),
        "remote_address": st.sampled_from(["10.1.2.3", "10.9.0.1", "192.0.2.1", "2001:db8::1"]),
        "ms-subnet": st.sampled_from(["10.1.2.0", "x"]),
    }
    sent = draw(st.fixed_dictionaries({}, optional=words))
    return asked(draw(st.sampled_from(ALIASES)), SERVICE, draw(MOMENTS), sent)
