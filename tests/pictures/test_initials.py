"""Initials stand for a name, and tell nothing else of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy.pictures.initials import COLOURS, NORDIC, initials_of


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Karin Holm", "KH"),
        ("karin holm", "KH"),
        ("Karin Marie Holm", "KH"),
        ("Karin", "K"),
        ("Holm, Karin", "KH"),
        ("Holm, Karin (Region North)", "KH"),
        ("Karin Holm [guest]", "KH"),
        ("karin.holm@example.org", "KH"),
        ("Karin Holm <karin@example.org>", "KH"),
        ("Anne-Marie", "AM"),
        ("Ward 7", "W"),
        ("7 North", "N"),
        ("Åse Ørsted", "ÅØ"),
        ("A\u030ase Ægidius", "ÅÆ"),
        ("ærø", "Æ"),
        ("Éric Ünal", "EU"),
        ("Łukasz Đorđe", "LD"),
        ("ǆ", "D"),
        ("  Karin   Holm  ", "KH"),
    ],
)
def test_the_first_and_the_last_word_count(name: str, letters: str) -> None:
    """However a display name is written, the initials are those of the person."""
    got = initials_of(name)

    assert got is not None
    assert got.letters == letters


@pytest.mark.parametrize(
    "name", ["", " ", "+45 12 34 56 78", "010203-1234", "王 李", "Карин Холм", "(Karin)", "@", "🙂"]
)
def test_a_name_without_latin_letters_has_none(name: str) -> None:
    """Numbers are never shown, and what the font cannot draw is left to the app."""
    assert initials_of(name) is None


def test_a_name_keeps_its_colour() -> None:
    """The same name has the same colour in every process; others mostly have another."""
    names = [f"Karin H{letter}" for letter in "abcdefghijklmnopqrst"]

    colours = [found.colour for name in names if (found := initials_of(name))]

    again = initials_of(names[0])
    assert again is not None
    assert again.colour == colours[0]
    assert len(set(colours)) > 4


@pytest.mark.parametrize("colour", COLOURS)
def test_white_letters_can_be_read_on_every_colour(colour: str) -> None:
    """The contrast is at least 4.5, as WCAG AA wants it."""
    red, green, blue = (_linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))

    assert 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05) >= 4.5


def _linear(share: float) -> float:
    """Undo the gamma of sRGB."""
    bent: float = ((share + 0.055) / 1.055) ** 2.4
    return share / 12.92 if share <= 0.04045 else bent


@given(st.text())
def test_any_text_has_initials_that_can_be_drawn_or_none(name: str) -> None:
    """One or two capital letters of the font, whatever is written."""
    found = initials_of(name)

    if found is not None:
        assert 1 <= len(found.letters) <= 2
        assert all("A" <= each <= "Z" or each in NORDIC for each in found.letters)
        assert found.colour in COLOURS
