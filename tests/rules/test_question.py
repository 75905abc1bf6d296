"""A request as rules see it."""

from __future__ import annotations

import pytest

from policy.directory.records import AddressKey, Device, PermanentRoom
from policy.rules.known import Dialling, NeedsEntry
from tests.rules.asking import asked, learn, rows

FOCUS = "sip:ana@example.org;gruu;opaque=app:conf:focus:id:QX1"


def test_the_directory_is_asked_for_what_is_dialled() -> None:
    """And nobody for what no directory can know."""
    question = asked()
    with pytest.raises(NeedsEntry) as needs:
        question.dialled()
    learn(question, needs.value.key, rows())

    assert isinstance(question.dialled(), PermanentRoom)
    service = question.service_config()
    assert service is not None
    assert service["pin"] == "4821"
    assert asked(FOCUS).dialled() is None


def test_a_caller_is_known_by_its_registration_alone() -> None:
    """Anybody may claim an alias."""
    registered = asked(remote_alias="desk@example.org", registered="True")
    with pytest.raises(NeedsEntry) as needs:
        registered.caller()
    learn(registered, needs.value.key, rows())

    assert isinstance(registered.caller(), Device)
    assert asked(remote_alias="desk@example.org").caller() is None
    assert asked(remote_alias="@", registered="True").caller() is None


def test_a_bare_alias_is_completed_by_the_location() -> None:
    """The domain of the caller's location, else the usual one."""
    dialling = Dialling("example.org", {"Aarhus": "a.example.org"})

    here, there = asked("7", location="Aarhus"), asked("7", location="Odense")
    here.dialling = there.dialling = dialling

    assert here.keys() == (AddressKey("7", ""), AddressKey("7", "a.example.org"))
    assert there.keys() == (AddressKey("7", ""), AddressKey("7", "example.org"))


def test_what_is_read_once_is_kept() -> None:
    """A rule set looks at the caller many times."""
    question = asked(remote_alias="ana@example.net", idp_attribute_a="b")

    assert question.remote() is question.remote()
    assert question.idp_attributes() is question.idp_attributes()
