"""What is remembered changes no line: each is as if it were made for the first time."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlencode

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy.scribe.lines import MAX_REMEMBERED, REMEMBERED_ANSWERS, Entry, Lines
from policy.wire.asked import Asked
from policy.wire.redaction import DOCUMENTED, masked_result, with_stand_ins
from policy.wire.vocabulary import RequestType
from tests.scribe.entries import KEY, entry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from policy.scribe.lines import Plain

# Few words, so that fields repeat, and answers repeat what callers said.
WORDS: Final = st.sampled_from(
    (
        "",
        "None",
        "dial_in",
        "Alice Holm",
        "ALICE HOLM",
        "sip:alice.holm@example.org",
        "alice.holm@example.org;transport=tls",
        "721834*48213",
        "0101901234",
        "ana@example.org",
        '"Alice" <sip:alice@example.org>',
        'says "Alice Holm"\n',
        "\u03a3\u03a0\u03a5\u03a1\u039f\u03a3",
        "\u03a3\u03c0\u03cd\u03c1\u03bf\u03c2 \u03a3",
        "\u0130smail \u00c5sa",
        "x" * 600,
    )
)
NAMES: Final = st.sampled_from(
    (*sorted(DOCUMENTED), "idp_attribute_mail", "of_a_later", "Odd Name")
)
QUERIES: Final = st.lists(st.tuples(NAMES, WORDS), max_size=8).map(urlencode)
TEXTS: Final = st.builds("{} {}".format, WORDS, WORDS) | WORDS
RESULTS: Final = st.recursive(
    TEXTS | st.none() | st.booleans() | st.integers(-5, 1 << 40) | st.floats(0, 1),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(("service_type", "name", "pin", "local_alias", "remote_alias", "text")),
            inner,
            max_size=5,
        )
    ),
    max_leaves=8,
).map(orjson.dumps)
ENTRIES: Final = st.lists(
    st.builds(
        entry,
        QUERIES,
        st.none() | RESULTS,
        request=st.sampled_from([each.value for each in RequestType]),
        alias=st.just("") | WORDS.map(quote),
    ),
    max_size=6,
)


def plain_line(plain: Plain) -> bytes:
    """Make a line without remembering anything."""
    told = Entry(*plain)
    asked, said = with_stand_ins(Asked(RequestType(told.request), told.alias, told.query), KEY)
    result = None if told.result is None else orjson.loads(told.result)
    return orjson.dumps(
        {
            "at": datetime.fromtimestamp(told.at, UTC),
            "request": told.request,
            "target": asked.target(),
            "action": told.action,
            "reason": told.reason,
            "rule": told.rule,
            "shadows": told.shadows,
            "faults": told.faults,
            "rules": told.rules_version,
            "ms": round(told.took_ms, 3),
            "answer": masked_result(result, said),
        },
        option=orjson.OPT_APPEND_NEWLINE,
    )


@given(ENTRIES)
def test_a_line_is_the_same_whatever_came_before(entries: Sequence[Plain]) -> None:
    """Byte for byte, also when all of it was seen before."""
    lines = Lines(KEY)
    want = [plain_line(each) for each in entries]

    assert [lines.line_of(each) for each in entries] == want
    assert [lines.line_of(each) for each in entries] == want


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("Alice Holm", {"service_type": "conference", "name": "for ALICE HOLM"}),
        ("Alice Holm", {"service_type": "conference", "name": 'for\n"alice holm"'}),
        (
            "\u03a3\u03a0\u03a5\u03a1\u039f\u03a3",
            {"name": "\u03c3\u03c0\u03c5\u03c1\u03bf\u03c2\n"},
        ),
    ],
)
def test_an_answer_that_repeats_the_caller_is_masked(said: str, answer: dict[str, str]) -> None:
    """Though the same answer to somebody else was remembered as it is."""
    lines, result = Lines(KEY), orjson.dumps(answer)

    for name in ("Somebody Else", said):
        plain = entry(urlencode({"remote_display_name": name}), result)
        assert lines.line_of(plain) == plain_line(plain)

    assert b"****" in lines.line_of(entry(urlencode({"remote_display_name": said}), result))


def test_what_is_long_is_not_remembered() -> None:
    """Nobody fills the memory, and the lines are right all the same."""
    lines = Lines(KEY)
    name = "Alice" * MAX_REMEMBERED

    for plain in (
        entry(urlencode({"remote_display_name": name})),
        entry(result=orjson.dumps({"name": "Karin Holm", "text": name})),
    ):
        assert lines.line_of(plain) == plain_line(plain)


def test_memory_has_bounds() -> None:
    """More rooms than are remembered are written right."""
    lines = Lines(KEY)
    for number in range(REMEMBERED_ANSWERS * 2):
        lines.line_of(entry("", b'{"name":"%d"}' % number))

    assert b'{"name":"7"}' in lines.line_of(entry("", b'{"name":"7"}'))


@pytest.mark.parametrize(
    "broken", [entry("location=\ud800"), entry(request="nothing"), entry(result=b"{")]
)
def test_what_cannot_be_written_is_an_error(broken: Plain) -> None:
    """One that `desk.py` knows."""
    with pytest.raises((ValueError, LookupError)):
        Lines(KEY).line_of(broken)
