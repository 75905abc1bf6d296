"""What people write is held against its limits, and never repeated."""

from __future__ import annotations

import pytest

from policy.directory.writing.details import details_of, seal_details, unseal_details
from policy.errors import RefusedError
from tests.database import SEAL

SECRET = "Chemotherapy"
SAID = {
    "subject": SECRET,
    "description": SECRET,
    "labels": [SECRET],
    "additional_information": {"ward": SECRET},
}


def test_what_was_sealed_is_read_again() -> None:
    """All of it, and the stored form shows nothing."""
    details = details_of(SAID)

    sealed = seal_details(SEAL, details)

    assert unseal_details(SEAL, sealed) == details
    assert SECRET not in sealed
    assert SECRET not in repr(details)
    assert unseal_details(SEAL, None) is None


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ({}, "subject: field required"),
        ({"subject": ""}, "subject: string should have at least 1 character"),
        ({"subject": SECRET * 10}, "subject: string should have at most 100 characters"),
        (
            {"subject": "x", "description": SECRET * 50},
            "description: string should have at most 500 characters",
        ),
        (
            {"subject": "x", "labels": [SECRET * 100]},
            "labels: string should have at most 1024 characters",
        ),
        (
            {"subject": "x", "additional_information": {SECRET * 10: "x"}},
            "additional information: string should have at most 100 characters",
        ),
    ],
)
def test_a_limit_is_said_without_the_text(said: dict[str, object], text: str) -> None:
    """A text may tell of health, whatever is wrong with it."""
    with pytest.raises(RefusedError) as caught:
        details_of(said)

    assert str(caught.value) == text


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("subject", {"subject": "010180-1234"}),
        ("description", {"subject": "x", "description": "010180-1234"}),
        ("label", {"subject": "x", "labels": ["ward", "010180-1234"]}),
        ("additional information", {"subject": "x", "additional_information": {"a": "0101801234"}}),
        ("additional information", {"subject": "x", "additional_information": {"0101801234": "a"}}),
    ],
)
def test_no_text_holds_a_civil_number(field: str, said: dict[str, object]) -> None:
    """Each is looked at, keys and values too."""
    with pytest.raises(RefusedError, match=f"^{field}: holds ten digits") as caught:
        details_of(said)

    assert "1234" not in str(caught.value)
