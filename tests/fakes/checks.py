"""Checks of one value each: they note what is wrong with it and return nothing."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.fakes.verdict import Findings

    Check: TypeAlias = Callable[[Findings, str, object], None]

LONGEST_TEXT = 250
"""A node refuses any longer text, whatever the field."""

LONGEST_PIN = 20

UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
PIN = re.compile(r"[0-9]+#?")
KEYPAD = re.compile(r"[0-9*#,]*")
MIX = re.compile(r"[^.]+(?:\.[^.]+){0,2}")


def text(limit: int = LONGEST_TEXT, *, empty: bool = True) -> Check:
    """Accept a string of limited length; `empty` says whether an empty one means anything."""

    def check(findings: Findings, path: str, value: object) -> None:
        if not isinstance(value, str):
            findings.fault(path, f"must be text, not {kind_of(value)}")
        elif not value and not empty:
            findings.fault(path, "must not be empty")
        elif len(value) > limit:
            findings.fault(path, f"has {len(value)} characters, at most {limit} are allowed")

    return check


def flag(findings: Findings, path: str, value: object) -> None:
    """Accept a JSON boolean and nothing that merely looks like one."""
    if not isinstance(value, bool):
        findings.fault(path, f"must be true or false, not {kind_of(value)}")


def whole(low: int, high: int | None = None) -> Check:
    """Accept a JSON integer within bounds; true and 1.0 are none."""

    def check(findings: Findings, path: str, value: object) -> None:
        if isinstance(value, bool) or not isinstance(value, int):
            findings.fault(path, f"must be a whole number, not {kind_of(value)}")
        elif value < low or (high is not None and value > high):
            findings.fault(path, f"{value} is out of range, {low} to {high or 'any'} are allowed")

    return check


def one_of(*values: str) -> Check:
    """Accept one of a closed set of texts, in exactly this spelling."""

    def check(findings: Findings, path: str, value: object) -> None:
        if not isinstance(value, str):
            findings.fault(path, f"must be text, not {kind_of(value)}")
        elif value not in values:
            findings.fault(path, f"{value!r} is none of {', '.join(values)}")

    return check


def or_null(check: Check) -> Check:
    """Accept null too, for the few fields where null means something."""

    def checked(findings: Findings, path: str, value: object) -> None:
        if value is not None:
            check(findings, path, value)

    return checked


def matching(pattern: re.Pattern[str], claim: str) -> Check:
    """Accept a text that the pattern matches as a whole."""

    def check(findings: Findings, path: str, value: object) -> None:
        text()(findings, path, value)
        if isinstance(value, str) and not pattern.fullmatch(value):
            findings.fault(path, f"must be {claim}")

    return check


def name_of(kind: str, *, empty: bool = False) -> Check:
    """Accept the name of a platform object; `kind` is the field of `Platform` that lists them."""

    def check(findings: Findings, path: str, value: object) -> None:
        text(empty=empty)(findings, path, value)
        known: frozenset[str] | None = getattr(findings.platform, kind)
        if isinstance(value, str) and value and known is not None and value not in known:
            findings.fault(path, f"{value!r} is not among the {kind} of the platform")

    return check


def pin(findings: Findings, path: str, value: object) -> None:
    """Accept digits with an optional final #; an empty text says that there is no PIN."""
    if not isinstance(value, str):
        findings.fault(path, f"must be text, not {kind_of(value)}")
    elif value and not PIN.fullmatch(value):
        findings.fault(path, "must be digits with at most one # at the end")
    elif value and not findings.platform.min_pin_length <= len(value) <= LONGEST_PIN:
        least = findings.platform.min_pin_length
        findings.fault(path, f"has length {len(value)}, {least} to {LONGEST_PIN} are allowed")


def expression(findings: Findings, path: str, value: object) -> None:
    """Accept a regular expression that compiles."""
    text()(findings, path, value)
    try:
        re.compile(value if isinstance(value, str) else "")
    except re.error as error:
        findings.fault(path, f"must be a regular expression: {error}")


def display_name(findings: Findings, path: str, value: object) -> None:
    """Accept text, and null where the caller had no display name to begin with."""
    if value is not None:
        text()(findings, path, value)
    elif findings.asked("remote_display_name"):
        findings.fault(path, "must not be null, because the caller has a display name")


def list_of(check: Check) -> Check:
    """Accept a JSON list whose entries all pass."""

    def checked(findings: Findings, path: str, value: object) -> None:
        if not isinstance(value, list):
            findings.fault(path, f"must be a list, not {kind_of(value)}")
            return
        for index, entry in enumerate(value):
            check(findings, f"{path}[{index}]", entry)

    return checked


def record(fields: Mapping[str, Check], required: frozenset[str] = frozenset()) -> Check:
    """Accept a JSON object with these fields; any other key only earns a warning."""

    def check(findings: Findings, path: str, value: object) -> None:
        if not isinstance(value, dict):
            findings.fault(path, f"must be an object, not {kind_of(value)}")
            return
        for key in sorted(required - value.keys()):
            findings.fault(f"{path}.{key}", "is required")
        for key, entry in value.items():
            if key in fields:
                fields[key](findings, f"{path}.{key}", entry)
            else:
                findings.warn(f"{path}.{key}", "is not a field of this answer")

    return check


COMPLETION_ROLES = one_of("chair", "guest")
STORED_COMPLETION_ROLES = one_of("chair", "guest", "auto", "host")
"""The platform's own configuration, which holds the value as JSON text, has further words."""


def on_completion(findings: Findings, path: str, value: object) -> None:
    """Accept what follows a playback, as an object or as the same object in JSON text."""
    if not isinstance(value, str):
        _completion(COMPLETION_ROLES)(findings, path, value)
        return
    text()(findings, path, value)
    try:
        document = json.loads(value)
    except ValueError:
        findings.fault(path, "must be an object or an object as JSON text")
        return
    _completion(STORED_COMPLETION_ROLES)(findings, path, document)


def _completion(roles: Check) -> Check:
    transfer = record(
        {"conference": text(empty=False), "role": roles}, required=frozenset({"conference"})
    )
    known = record({"disconnect": _true, "transfer": transfer})

    def check(findings: Findings, path: str, value: object) -> None:
        known(findings, path, value)
        if isinstance(value, dict) and len(value.keys() & {"disconnect", "transfer"}) != 1:
            findings.fault(path, "must hold either disconnect or transfer")

    return check


def _true(findings: Findings, path: str, value: object) -> None:
    if value is not True:
        findings.fault(path, "must be true")


def kind_of(value: object) -> str:
    """Name the JSON type of a value as a person would."""
    names = {bool: "a boolean", int: "a number", float: "a number", str: "text"}
    names |= {list: "a list", dict: "an object", type(None): "null"}
    return names.get(type(value), "something else")
