"""Names that do not exist on the platform are found where they are written."""

from __future__ import annotations

import pytest

from policy.errors import DocumentError
from policy.platform_names import KIND_OF_FIELD, PlatformNames, unknown_names
from policy.rules.job import Surroundings
from policy.rules.syntax import parse_rules

PLATFORM = PlatformNames(themes=frozenset({"Corporate"}), locations=frozenset({"Aarhus"}))


@pytest.mark.parametrize("field", sorted(KIND_OF_FIELD))
def test_every_field_with_a_name_is_held_against_its_list(field: str) -> None:
    """A listed name passes, another does not, and without a list any does."""
    kind = KIND_OF_FIELD[field]
    platform = PlatformNames.model_validate({kind: ["Known"]})

    assert list(unknown_names({field: "Known"}, platform)) == []
    assert list(unknown_names({field: "Other"}, PlatformNames())) == []
    assert list(unknown_names({field: "Other"}, platform)) == [
        ((field,), f"{field}: 'Other' is not among platform.{kind}; known here: Known")
    ]


def test_a_rule_with_unknown_names_is_refused_where_they_stand() -> None:
    """Services, automatic participants and locations are all looked at, with line and column."""
    text = """rules:
  - name: room
    then:
      service:
        service_type: conference
        name: Room
        service_tag: ""
        ivr_theme_name: corporate
        automatic_participants:
          - {local_alias: a, remote_alias: b, protocol: sip, role: guest, system_location_name: X}
  - name: place
    for: location
    then:
      location: {location: Aarhus, overflow: [Odense]}
"""

    with pytest.raises(DocumentError) as refused:
        parse_rules(text, "rules.yaml", Surroundings(PLATFORM))

    assert [str(problem) for problem in refused.value.problems] == [
        (
            "rules.yaml:8:25: ivr_theme_name: 'corporate' is not among platform.themes, "
            "did you mean 'Corporate'?"
        ),
        (
            "rules.yaml:10:97: system_location_name: 'X' is not among platform.locations; "
            "known here: Aarhus"
        ),
        "rules.yaml:14:47: overflow: 'Odense' is not among platform.locations; known here: Aarhus",
    ]
