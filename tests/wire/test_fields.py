"""The types of single fields that are not fields of any answer; all others are in services."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter, ValidationError

from policy.wire.fields import AddressText, AliasText, DomainText, Pattern, UuidText, check_pins


@pytest.mark.parametrize(
    ("written", "want"),
    [
        ("Rooms.Example.ORG", "rooms.example.org"),
        ("rooms.example.org.", "rooms.example.org"),
        ("møde.example.org", "xn--mde-0na.example.org"),
        ("192.0.2.10", "192.0.2.10"),
        ("localhost", "localhost"),
    ],
)
def test_a_domain_is_spelled_as_in_aliases(written: str, want: str) -> None:
    """A domain in a file is the host of the aliases that are dialled there."""
    assert TypeAdapter(DomainText).validate_python(written) == want


@pytest.mark.parametrize("written", ["", ".", "two words", "a..b", "ward7@example.org", "x" * 250])
def test_what_is_no_domain_is_refused(written: str) -> None:
    """A domain that no alias can have would never match."""
    with pytest.raises(ValidationError, match="is no domain name"):
        TypeAdapter(DomainText).validate_python(written)


def test_an_alias_in_a_file_is_spelled_like_a_dialled_one() -> None:
    """Whoever writes an alias with scheme and capitals means the address that callers reach."""
    written = "SIP:Ward7@Example.org;transport=tls"

    assert TypeAdapter(AliasText).validate_python(written) == "ward7@example.org"
    assert TypeAdapter(AddressText).validate_python(written) == "ward7@example.org"


def test_a_meeting_of_skype_for_business_is_no_address() -> None:
    """Rules may name such a meeting; no room and no device can have it."""
    focus = "a@b.example;gruu;opaque=app:conf:focus:id:X"

    assert TypeAdapter(AliasText).validate_python(focus) == focus
    with pytest.raises(ValidationError, match="is no address of a room or device"):
        TypeAdapter(AddressText).validate_python(focus)


def test_a_uuid_is_written_in_lower_case() -> None:
    """Two spellings of one breakout room are the same room."""
    written = "4CE6AA27-E550-4E02-BE1F-90B3B15A2EAF"

    assert TypeAdapter(UuidText).validate_python(written) == written.lower()


def test_the_patterns_of_a_reception_are_those_of_python() -> None:
    """A node runs them, so that look-around is allowed there."""
    pattern = "(?!9)[0-9]+"

    assert TypeAdapter(Pattern).validate_python(pattern) == pattern


@pytest.mark.parametrize(
    ("pin", "guest_pin"),
    [(None, None), ("4821", None), ("4821", "9037"), ("482137#", "903#")],
)
def test_a_pin_pair_that_fits_passes(pin: str | None, guest_pin: str | None) -> None:
    """No PIN, one of the host, two of one length, two that end with `#`."""
    check_pins(pin, guest_pin, allow_guests=True)
