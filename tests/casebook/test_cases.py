"""Cases made from a test file, and everything that may be wrong with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from policy.casebook.cases import texts_in
from policy.errors import DocumentError
from policy.wire.asked import Asked
from policy.wire.vocabulary import RequestType
from tests.casebook.books import book

if TYPE_CHECKING:
    from pathlib import Path

WANT = "want: {action: reject}"


@pytest.mark.parametrize(
    ("case", "asked"),
    [
        (
            "call: {local_alias: a@example.org, registered: true}",
            Asked(RequestType.SERVICE, "", "local_alias=a%40example.org&registered=True"),
        ),
        (
            "request: location, call: local_alias=a protocol=sip",
            Asked(RequestType.LOCATION, "", "local_alias=a&protocol=sip"),
        ),
        (
            "call: '/policy/v1/participant/properties?local_alias=a'",
            Asked(RequestType.PARTICIPANT, "", "local_alias=a"),
        ),
        (
            "request: registration, alias: a/b@example.org, call: {protocol: sip}",
            Asked(RequestType.REGISTRATION, "a%2Fb%40example.org", "protocol=sip"),
        ),
        (
            "request: avatar, alias: a@example.org, call: width=10 height=10",
            Asked(RequestType.AVATAR, "a%40example.org", "width=10&height=10"),
        ),
        (
            "request: avatar, call: alias=a@example.org width=10",
            Asked(RequestType.AVATAR, "a%40example.org", "width=10"),
        ),
        (
            "call: {ms-subnet: 10.0.0.0, P-Asserted-Identity: a, idp_attribute_jobs: [x, y]}",
            Asked(
                RequestType.SERVICE,
                "",
                "ms-subnet=10.0.0.0&P-Asserted-Identity=a"
                "&idp_attribute_jobs=x&idp_attribute_jobs=y",
            ),
        ),
    ],
)
def test_a_call_is_written_in_any_form(tmp_path: Path, case: str, asked: Asked) -> None:
    """Parameters as a mapping, words, or what somebody has pasted."""
    casebook = book(tmp_path, f"cases: [{{name: x, {case}, {WANT}}}]")

    assert casebook.cases[0].asked == asked


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("cases: []", "1:8: cases: needs at least one entry"),
        ("{}", "1:1: key 'cases' is missing"),
        (
            f"case: []\ncases: [{{name: x, {WANT}}}]",
            "1:1: unknown key 'case', did you mean 'cases'?",
        ),
        ("cases:\n- {name: x, want: {}}", "2:19: case 'x': want: needs at least one of action"),
        ("cases:\n- {name: x}", "2:3: key 'want' is missing"),
        (
            "cases:\n- {name: x, want: {reasn: OK}}",
            "2:20: unknown key 'reasn', did you mean 'reason'?",
        ),
        (
            "cases:\n- {name: x, want: {reason: BY_RUL}}",
            "2:28: reason: 'BY_RUL' is not allowed, did you mean 'BY_RULE'?",
        ),
        (
            f"cases:\n- {{name: x, {WANT}}}\n- {{name: x, {WANT}}}",
            "3:10: case 'x': this name is taken in line 2",
        ),
        (
            f"cases:\n- {{name: x, call: {{local_alais: a}}, {WANT}}}",
            "2:20: case 'x': call: no node sends 'local_alais', did you mean 'local_alias'?",
        ),
        (
            f"cases:\n- {{name: x, call: {{direction: dial_in}}, {WANT}}}",
            "2:20: case 'x': call: no node sends 'direction', did you mean 'call_direction'?",
        ),
        (
            f"cases:\n- {{name: x, call: {{zzz: a}}, {WANT}}}",
            "2:20: case 'x': call: no node sends 'zzz'; docs/wire.md has the names of parameters",
        ),
        (
            f"cases:\n- {{name: x, call: nonsense, {WANT}}}",
            "2:19: case 'x': call: word 1 is no name=value, or needs quotes around it",
        ),
        (
            f"cases:\n- {{name: x, request: avatar, {WANT}}}",
            "2:3: case 'x': key 'alias' is missing: avatar requests have one",
        ),
        (
            f"cases:\n- {{name: x, alias: a, {WANT}}}",
            "2:13: case 'x': alias: service requests have none, did you mean call.local_alias?",
        ),
        (
            (
                "cases:\n- {name: x, alias: a, request: avatar, "
                f"call: '/policy/v1/participant/avatar/a?width=1', {WANT}}}"
            ),
            "2:13: case 'x': alias: stands in the URL of the call",
        ),
        (
            (
                "cases:\n- {name: x, request: location, "
                f"call: '/policy/v1/service/configuration?local_alias=a', {WANT}}}"
            ),
            "2:38: case 'x': call: is a service request, no location request",
        ),
        (
            f"cases:\n- {{name: x, at: noon, {WANT}}}",
            "2:17: at: ",
        ),
        (
            (
                "cases:\n- {name: x, answers: {old: {result: {service_type: conference}}}, "
                f"{WANT}}}"
            ),
            "2:28: case 'x': answers: 'old': result.name: field required",
        ),
        (
            f"cases:\n- {{name: x, answers: {{old: fail}}, {WANT}}}",
            "2:28: old: 'fail' is not allowed, did you mean 'failed'?",
        ),
        (
            (
                "directory: {rooms: [{organisation: r, aliases: [a]}]}\n"
                f"cases: [{{name: x, {WANT}}}]"
            ),
            "1:36: organisation 'r' is not in this file",
        ),
        (
            "cases:\n- {name: x, directory: {organisations: [{code: r}]}, " + WANT + "}",
            "2:41: key 'name' is missing",
        ),
        (
            f"directory: none.yaml\ncases: [{{name: x, {WANT}}}]",
            "1:12: directory: there is no file {folder}/none.yaml",
        ),
        (
            f"dialling: {{default_domain: 'a b'}}\ncases: [{{name: x, {WANT}}}]",
            "1:28: default_domain: ",
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    """File, line, column, which case, what is wrong and what would be right."""
    with pytest.raises(DocumentError) as caught:
        book(tmp_path, text)

    (problem,) = caught.value.problems
    wanted = said.replace("{folder}", str(tmp_path))
    assert str(problem).startswith(f"{tmp_path / 'a.test.yaml'}:{wanted}")


def test_every_problem_is_told_at_once(tmp_path: Path) -> None:
    """Whoever mends a file wants to see all of it, in the order of its lines."""
    text = f"""
directory: none.yaml
cases:
  - {{name: x, call: {{a: b}}, {WANT}}}
  - {{name: y, call: nonsense, want: {{}}}}
"""
    with pytest.raises(DocumentError) as caught:
        book(tmp_path, text)

    assert [problem.line for problem in caught.value.problems] == [2, 4, 5, 5]


def test_a_pin_is_not_repeated(tmp_path: Path) -> None:
    """A room that is wrong in a test is told like one of the seed."""
    rows = (
        "{organisations: [{code: r, name: R}], rooms: [{organisation: r, aliases: [a], pin: 94-8}]}"
    )

    with pytest.raises(DocumentError) as caught:
        book(tmp_path, f"directory: {rows}\ncases: [{{name: x, {WANT}}}]")

    assert "94-8" not in str(caught.value)


def test_the_values_of_a_document_are_known() -> None:
    """Whatever stands in a test file may be printed; keys do not count."""
    assert set(texts_in({"a": ["b", {"c": 1}], "d": None})) == {"b", "1", "None"}
