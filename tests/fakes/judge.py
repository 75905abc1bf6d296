"""Judges one answer as strictly as a Conferencing Node does, by its own tables."""

from __future__ import annotations

import json
from email.message import Message
from typing import TYPE_CHECKING

from tests.fakes import tables
from tests.fakes.checks import flag, kind_of
from tests.fakes.jpeg import find_picture
from tests.fakes.service_rules import check_service
from tests.fakes.verdict import Answer, Findings, Kind, Outcome, Platform, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Document = Mapping[str, object]

OK = 200
NOT_FOUND = 404

ABSENT = object()
"""Stands for a key that is not there, which is not the same as null."""

ACTIONS: Mapping[Kind, frozenset[str]] = {
    Kind.SERVICE: frozenset({"continue", "reject", "redirect"}),
    Kind.PARTICIPANT: frozenset({"continue", "reject"}),
    Kind.REGISTRATION: frozenset({"continue", "reject"}),
}
"""The other three requests know no action, so whatever stands there is not looked at."""

NO_OPINION: Mapping[Kind, Outcome] = {
    Kind.SERVICE: Outcome.OWN_CONFIGURATION,
    Kind.PARTICIPANT: Outcome.NO_CHANGE,
    Kind.REGISTRATION: Outcome.OWN_CONFIGURATION,
    Kind.LOCATION: Outcome.OWN_CONFIGURATION,
    Kind.AVATAR: Outcome.NO_PICTURE,
    Kind.PHONEBOOK: Outcome.OWN_CONFIGURATION,
}
"""What a 404 leads to: it is the agreed way to say nothing, hence no failure."""


def judge(
    kind: Kind,
    answer: Answer,
    query: Mapping[str, str | list[str]] | None = None,
    platform: Platform | None = None,
) -> Verdict:
    """Say what the node does with the answer; `query` is what it asked, decoded."""
    findings = Findings(platform or Platform(), query or {})
    body = None
    if answer.status == NOT_FOUND:
        outcome = _no_opinion(kind, answer, findings)
    elif answer.status != OK:
        findings.fault("status", f"is {answer.status}, a node wants {OK}")
        outcome = Outcome.FAILED
    elif kind is Kind.AVATAR:
        outcome = _judge_picture(answer, findings)
    else:
        body = _read(answer, findings)
        outcome = Outcome.FAILED if findings.faults else _judge_body(kind, body, findings)
    return Verdict(
        outcome=Outcome.FAILED if findings.faults else outcome,
        faults=tuple(findings.faults),
        warnings=tuple(findings.warnings),
        status=answer.status,
        content_type=answer.content_type,
        body=body,
    )


def judge_document(
    kind: Kind,
    document: object,
    query: Mapping[str, str | list[str]] | None = None,
    platform: Platform | None = None,
) -> Verdict:
    """Judge a JSON body that never was on a wire, as if it came with a good status and type."""
    body = json.dumps(document).encode()
    return judge(kind, Answer(OK, "application/json", body), query, platform)


def _no_opinion(kind: Kind, answer: Answer, findings: Findings) -> Outcome:
    """Accept a 404, but not a web framework's error page in its place."""
    if answer.body and (kind is Kind.AVATAR or _media_type(answer) != "application/json"):
        findings.warn("body", "a 404 should be empty, or JSON where JSON was asked for")
    return NO_OPINION[kind]


def _media_type(answer: Answer) -> str | None:
    """Return the media type in lower case, without parameters."""
    if answer.content_type is None:
        return None
    header = Message()
    header["Content-Type"] = answer.content_type
    # A header that is no media type at all reads as text/plain, which no request accepts.
    return header.get_content_type()


def _check_type(wanted: str, answer: Answer, findings: Findings) -> None:
    found = _media_type(answer)
    if found is None:
        findings.fault("content-type", f"is missing, a node wants {wanted}")
    elif found != wanted:
        findings.fault("content-type", f"is {answer.content_type!r}, a node wants {wanted}")


def _read(answer: Answer, findings: Findings) -> object | None:
    """Parse the body; nonstandard numbers and doubled keys do not pass unseen."""
    _check_type("application/json", answer, findings)

    def pairs(items: list[tuple[str, object]]) -> dict[str, object]:
        unique = dict(items)
        if len(unique) != len(items):
            findings.warn("body", "repeats a key")
        return unique

    def constant(name: str) -> object:
        raise ValueError(f"{name} is no JSON")

    try:
        document: object = json.loads(
            answer.body.decode(), object_pairs_hook=pairs, parse_constant=constant
        )
    except ValueError as error:
        findings.fault("body", f"must be JSON: {error}")
        return None
    if not isinstance(document, dict):
        findings.fault("body", f"must be an object, not {kind_of(document)}")
        return None
    return document


def _judge_body(kind: Kind, body: object, findings: Findings) -> Outcome:
    if not isinstance(body, dict):
        return Outcome.FAILED
    if body.get("status") != "success":
        findings.fault("status", f"must be 'success', not {body.get('status')!r}")
    _check_action(kind, body, findings)
    return JUDGES[kind](body, findings)


def _check_action(kind: Kind, body: Document, findings: Findings) -> None:
    """Unknown actions act as `continue`, so only what is no text at all is a fault."""
    action = body.get("action", ABSENT)
    if kind not in ACTIONS or action is ABSENT:
        return
    if not isinstance(action, str):
        findings.fault("action", f"must be text, not {kind_of(action)}")
    elif action not in ACTIONS[kind]:
        findings.warn("action", f"{action!r} acts as continue")


def _result(body: Document, findings: Findings) -> Document:
    """Return the result object; an absent one counts as empty, null does not."""
    result = body.get("result", {})
    if isinstance(result, dict):
        return result
    findings.fault("result", f"must be an object, not {kind_of(result)}")
    return {}


def _judge_service(body: Document, findings: Findings) -> Outcome:
    result = _result(body, findings)
    action = body.get("action")
    if action == "redirect" and "service_type" not in result:
        tables.REDIRECT(findings, "result", result)
        return Outcome.REDIRECT
    if result:
        check_service(findings, result)
        if action in {"reject", "redirect"}:
            findings.warn("action", f"{action!r} has no effect beside a service")
        return Outcome.SERVICE
    return Outcome.REJECT if action == "reject" else Outcome.OWN_CONFIGURATION


def _judge_participant(body: Document, findings: Findings) -> Outcome:
    result = _result(body, findings)
    if body.get("action") == "reject":
        tables.REFUSED_PARTICIPANT(findings, "result", result)
        return Outcome.REJECT
    tables.PARTICIPANT(findings, "result", result)
    return Outcome.OVERRIDES if result else Outcome.NO_CHANGE


def _judge_registration(body: Document, findings: Findings) -> Outcome:
    result = _result(body, findings)
    if body.get("action") == "reject":
        if body.get("result", ABSENT) != {}:
            findings.fault("result", "must be there and empty in a refusal")
        return Outcome.REJECT
    sso = findings.asked("auth_type").strip('"') == "sso"
    if not result:
        return Outcome.SINGLE_SIGN_ON if sso else Outcome.OWN_CONFIGURATION
    tables.CREDENTIALS(findings, "result", result)
    username, password = result.get("username"), result.get("password")
    if bool(username) != bool(password):
        findings.warn("result", "has one of username and password empty")
    return Outcome.CREDENTIALS if username or password else Outcome.NO_AUTHENTICATION


def _judge_location(body: Document, findings: Findings) -> Outcome:
    result = _result(body, findings)
    tables.LOCATION(findings, "result", result)
    pair = {"primary_overflow_location", "secondary_overflow_location"} & result.keys()
    if pair and "overflow_locations" in result:
        findings.warn("result.overflow_locations", f"stands beside {', '.join(sorted(pair))}")
    return Outcome.LOCATION


def _judge_phonebook(body: Document, findings: Findings) -> Outcome:
    if "result" not in body:
        findings.fault("result", "is required")
    result = body.get("result", [])
    tables.PHONEBOOK(findings, "result", result)
    limit = findings.asked("limit")
    if isinstance(result, list) and limit.isdecimal() and len(result) > int(limit):
        findings.fault("result", f"has {len(result)} entries, {limit} were asked for")
    flag(findings, "ignore_local", body.get("ignore_local", False))
    return Outcome.PHONEBOOK


JUDGES: Mapping[Kind, Callable[[Document, Findings], Outcome]] = {
    Kind.SERVICE: _judge_service,
    Kind.PARTICIPANT: _judge_participant,
    Kind.REGISTRATION: _judge_registration,
    Kind.LOCATION: _judge_location,
    Kind.PHONEBOOK: _judge_phonebook,
}


def _judge_picture(answer: Answer, findings: Findings) -> Outcome:
    """Show a JPEG of exactly the size that was asked for, in three colours."""
    _check_type("image/jpeg", answer, findings)
    picture = find_picture(answer.body)
    if picture is None:
        findings.fault("body", "must be one whole JPEG picture")
        return Outcome.FAILED
    for side, found in (("width", picture.width), ("height", picture.height)):
        wanted = findings.asked(side)
        if wanted and str(found) != wanted:
            findings.fault(f"body.{side}", f"is {found}, asked for {wanted}")
    if picture.components != len("RGB"):
        findings.fault("body.colours", f"has {picture.components} components, RGB has 3")
    return Outcome.PICTURE
