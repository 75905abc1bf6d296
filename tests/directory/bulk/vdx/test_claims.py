"""Whoever asks first has the address."""

from __future__ import annotations

from policy.directory.bulk.vdx.claims import Claims, written
from policy.directory.bulk.vdx.notes import Notes, Origin


def test_an_address_is_had_once() -> None:
    """In whatever spelling; one that stands twice at the same row is one."""
    notes = Notes()
    claims = Claims({"x.org"}, notes)
    first, second = Origin("a.csv", 1), Origin("b.csv", 2)

    assert claims.claim("Ward@X.org", "permanent", first) == ("ward", "x.org")
    assert claims.claim("sip:ward@x.org", "device", second) is None
    assert claims.claim("ward", "device", second) == ("ward", None)
    assert claims.claim("+45 1@x.org", "device", second) is None
    assert claims.claim("a@b@c", "device", second) is None
    assert claims.claim("a@y.org", "device", second) is None

    assert [str(note) for note in notes.notes] == [
        (
            "b.csv:2: collision: sip:ward@x.org (a.csv:1): is that of a permanent room,"
            " a device goes without it"
        ),
        (
            "b.csv:2: dropped: +45 1@x.org: no address of the register: an address has 1 to 100 of"
            " a-z, æ, ø, å, 0-9, '.', '_' and '-'"
        ),
        "b.csv:2: dropped: a@b@c: no address of the register: has more than one '@'",
        "b.csv:2: dropped: a@y.org: domain y.org is nobody's here",
    ]
    assert not claims.is_free(("ward", None))
    assert claims.is_free(("other", None))
    assert (written(("a", None)), written(("a", "x.org"))) == ("a", "a@x.org")
