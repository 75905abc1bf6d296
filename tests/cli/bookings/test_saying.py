"""What is said of a meeting is sorted into texts, values and the rest."""

from __future__ import annotations

from policy.cli.bookings.saying import said_of


def test_what_was_not_given_is_not_said() -> None:
    """An option that was left out changes nothing."""
    said = said_of({"subject": None, "labels": (), "info": (), "said": (), "is_long": None})

    assert (said.texts, said.values, said.others) == ({}, {}, {})


def test_each_goes_where_it_belongs() -> None:
    """An option wins over --set; what is no JSON is text."""
    said = said_of(
        {
            "subject": "Ward round",
            "info": (("ward", "7"),),
            "said": (("lead_minutes", "10"), ("view", "one_main_zero_pips"), ("locked", "true")),
            "lead_minutes": 15,
            "is_long": False,
            "pin": "48213",
        }
    )

    assert said.texts == {"subject": "Ward round", "additional_information": {"ward": "7"}}
    assert said.values == {"lead_minutes": 15, "view": "one_main_zero_pips", "locked": True}
    assert said.others == {"is_long": False, "pin": "48213"}
    assert "Ward" not in repr(said)
    assert "48213" not in repr(said)
