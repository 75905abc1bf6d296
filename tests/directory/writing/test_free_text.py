"""A number that may be somebody's civil registration number is refused in any spelling."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy.directory.writing.free_text import refuse_cpr
from policy.errors import RefusedError

DAYS = st.one_of(st.integers(1, 31), st.integers(61, 91))
SEPARATORS = st.sampled_from(
    ["", "-", " ", " - ", ".", "/", "\u2013", "  ", "\u2212", "_", " \u2014"]
)
AROUND = st.sampled_from(["", " ", "cpr: ", "(", "patient", "æ", ", ", "\n"])


@given(
    day=DAYS,
    month=st.integers(1, 12),
    rest=st.tuples(st.integers(0, 99), st.integers(0, 9999)),
    between=st.tuples(SEPARATORS, SEPARATORS, SEPARATORS),
    around=st.tuples(AROUND, AROUND),
)
def test_a_possible_number_is_refused_without_being_repeated(
    day: int,
    month: int,
    rest: tuple[int, int],
    between: tuple[str, str, str],
    around: tuple[str, str],
) -> None:
    """Replacement numbers with days of 61 to 91 too, and whatever the last digit is."""
    number = f"{day:02}{between[0]}{month:02}{between[1]}{rest[0]:02}{between[2]}{rest[1]:04}"

    with pytest.raises(RefusedError) as caught:
        refuse_cpr("subject", f"{around[0]}{number}{around[1]}")

    assert str(caught.value) == (
        "subject: holds ten digits that may be a CPR number, leave them out"
    )


@pytest.mark.parametrize(
    "text",
    [
        "\uff10\uff11\uff10\uff11\uff18\uff10-\uff11\uff12\uff13\uff14",  # wide digits
        "\u0660\u0661\u0660\u0661\u0668\u0660\u0661\u0662\u0663\u0664",  # Arabic digits
        "010180\u200b1234",
        "010180\u00ad-1234",
        "01\u03010180-1234",
    ],
)
def test_it_is_refused_in_disguise(text: str) -> None:
    """What looks like a number to a person is one."""
    with pytest.raises(RefusedError):
        refuse_cpr("description", text)


@pytest.mark.parametrize(
    "text",
    [
        "Ward 7, control 24.11.2026 at 13:00",
        "24.11.2026 14",
        "0101801234567",
        "451234567890",
        "4512345678",  # no day is 45
        "3213801234",
        "0013801234",
        "0113801234",
        "tel. 45 12 34 56 78",
        "",
        "xxxxxxxxxx",
    ],
)
def test_other_numbers_are_taken(text: str) -> None:
    """Dates, phone numbers and longer numbers are nobody's civil number."""
    refuse_cpr("subject", text)


@given(st.text(alphabet=st.characters(exclude_categories=("Nd", "No", "Nl"))))
def test_a_text_without_digits_is_always_taken(text: str) -> None:
    """Nothing is refused but numbers."""
    refuse_cpr("subject", text)
