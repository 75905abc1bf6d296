"""Scripts that become rule files."""

from __future__ import annotations

import pytest

from policy.errors import DocumentError
from policy.rules.local.importing import import_script
from policy.rules.model import Reject, RunScript
from policy.rules.syntax import parse_rules
from policy.wire.vocabulary import RequestType
from tests.fakes.local_scripts import LOCATION_SCRIPTS, PARTICIPANT_SCRIPTS, SERVICE_SCRIPTS

ODD = '{"a": "{{ call_info.vendor }}"}'


@pytest.mark.parametrize(
    "script",
    [
        ODD,
        f"  {ODD}",
        f"\n\n   \n  {ODD}\n\n\n",
        f"\t{ODD}  \n \t\n",
        f"{ODD}\n   ",
        f"{{# {'x' * 5000} #}}\n{ODD}",
        f"{ODD}\u2028\x85\ufeff\x07",
        "# no comment\n- [no, list]\n" + ODD,
    ],
)
def test_a_script_stays_as_it_is(script: str) -> None:
    """Blanks, tabs, empty lines at both ends, long lines and odd characters all come back."""
    made = import_script(script, "a.j2", "a")

    then = parse_rules(made.text, "rules.yaml")[0].rule.then
    assert isinstance(then, RunScript)
    assert then.script.source == script


def test_line_ends_become_those_of_jinja() -> None:
    """A file from Windows reads well, and begins with no mark."""
    made = import_script(f"\ufeff{{# a #}}\r\n{ODD}\r\n", "a.j2", "a")

    assert made.text.endswith(f"expr: |2\n        {{# a #}}\n        {ODD}\n")


def test_a_rule_file_tells_where_it_comes_from() -> None:
    """And speaks to every request, as scripts do on a node."""
    made = import_script(ODD, "old: policy.j2", "my 'own' \"rule\"")
    rule = parse_rules(made.text, "rules.yaml")[0].rule

    assert 'note: "Imported from old: policy.j2, a script of local policy."' in made.text
    assert rule.name == "my 'own' \"rule\""
    assert "direction: [dial_in, dial_out, non_dial]" in made.text


def test_the_type_is_guessed() -> None:
    """By the variables that only one type has; a guess is told."""
    service = import_script(SERVICE_SCRIPTS["subnets"], "a.j2", "a")
    participant = import_script(PARTICIPANT_SCRIPTS["managers"], "a.j2", "a")
    location = import_script(LOCATION_SCRIPTS["by subnet"], "a.j2", "a")

    assert (service.request, participant.request, location.request) == (
        RequestType.SERVICE,
        RequestType.PARTICIPANT,
        RequestType.LOCATION,
    )
    assert service.notes[0].startswith("taken for a script of service requests")
    assert participant.notes == location.notes == ()
    assert import_script(ODD, "a.j2", "a", RequestType.LOCATION).request is RequestType.LOCATION


def test_what_a_script_only_refuses_becomes_rules() -> None:
    """And one that changes nothing needs none."""
    scanners = parse_rules(import_script(SERVICE_SCRIPTS["scanners"], "a", "a").text, "r.yaml")
    passing = import_script(SERVICE_SCRIPTS["pass-through"], "a", "a")

    assert [type(each.rule.then) for each in scanners] == [Reject]
    assert parse_rules(passing.text, "r.yaml") == []
    assert any("needs no rule" in note for note in passing.notes)


@pytest.mark.parametrize(
    ("script", "problems"),
    [
        ("", ["a.j2: is empty, a script is wanted"]),
        (
            "{{ call_info.vendor|pex_hash }}\n  {{ vendr }}{% macro m() %}{% endmacro %}",
            ["a.j2:1:21: 'pex_hash' is not here", "a.j2:2:6: unknown variable 'vendr'"],
        ),
        ("{% if %}", ["a.j2:1:1: "]),
        (
            "{{ participant.call_uuid }}{{ suggested_media_overflow_locations }}",
            ["a.j2: reads variables of participant and of location scripts, say which with --type"],
        ),
    ],
)
def test_all_problems_are_told(script: str, problems: list[str]) -> None:
    """Each with its line, and the column of the word that is wrong."""
    with pytest.raises(DocumentError) as caught:
        import_script(script, "a.j2", "a")

    told = "\n".join(map(str, caught.value.problems))
    assert all(problem in told for problem in problems), told
