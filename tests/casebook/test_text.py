"""The words of a test file."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from policy.casebook.text import CaseFile, CaseText, Circumstances
from policy.decide.grounds import Plan
from policy.documents import parse
from policy.plans import plan_of
from policy.rules.known import Dialling
from policy.settings import Settings
from policy.wire.vocabulary import RequestType

SECTIONS = """
dialling:
  node_addresses: [203.0.113.10, "2001:db8::1"]
  default_domain: Rooms.example.org
  location_domains: {Aarhus: aarhus.example.org}
participants: {own_devices_are_hosts: true}
avatars: {initials: true}
phonebook: {ignore_local: true}
"""


def test_a_test_file_says_what_settings_say() -> None:
    """The same lines give the same plan, whichever of the two files they stand in."""
    circumstances = parse(SECTIONS, "a.test.yaml", Circumstances).value
    settings = parse(SECTIONS, "vdx-policy.yaml", Settings).value

    assert circumstances.plan(Plan()) == plan_of(settings)


def test_every_setting_of_the_dialling_plan_is_known() -> None:
    """A setting that deciding looks at can be tried out."""
    sections = Circumstances.model_fields
    known = {name: set(getattr(Circumstances(), name).model_dump()) for name in sections}
    settings = {name: set(getattr(Settings(), name).model_dump()) for name in sections}
    settings["avatars"].remove("cache_bytes")  # no matter of deciding

    assert known == settings


def test_the_settings_speak_for_sections_that_are_left_out() -> None:
    """A section replaces the settings' as a whole, and no other one."""
    settled = Plan(Dialling("a.example.org", {"Aarhus": "b.example.org"}), initials=True)

    plan = Circumstances.model_validate({"dialling": {"default_domain": "c.example.org"}})

    assert plan.plan(settled) == Plan(Dialling("c.example.org"), initials=True)


def test_a_case_needs_little() -> None:
    """A service request in the middle of an ordinary day, unless the case says more."""
    case = parse("{name: x, want: {action: reject}}", "a", CaseText).value

    assert case.request is RequestType.SERVICE
    assert case.at == datetime(2026, 5, 4, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        ("sip", ("sip",)),
        ("721834", ("721834",)),
        ("true", ("True",)),
        ("false", ("False",)),
        ("", ("",)),
        ("[a, b]", ("a", "b")),
        ("'true'", ("true",)),
    ],
)
def test_a_parameter_is_written_as_it_comes(value: str, sent: tuple[str, ...]) -> None:
    """Without quotes it is what a node would write, and a list is a parameter sent twice."""
    case = parse(f"{{name: x, call: {{p: {value}}}, want: {{action: reject}}}}", "a", CaseText)

    assert case.value.call == {"p": sent}


def test_editors_are_told_the_short_forms_too() -> None:
    """The JSON Schema takes one value where a list may stand."""
    definitions = CaseFile.model_json_schema()["$defs"]

    without = definitions["Want"]["properties"]["without"]

    assert [each["type"] for each in without["anyOf"]][1] == "array"
    assert "string" in without["anyOf"][0]["type"]
