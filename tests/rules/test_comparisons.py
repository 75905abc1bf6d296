"""Comparisons of one thing; test_conditions.py has them as written, test_clauses.py what covers."""

from __future__ import annotations

from ipaddress import ip_network

from policy.rules.comparisons import MAX_SHOWN, InNetworks, Matches, compiled, in_networks, shown
from policy.rules.readings import caller_addresses
from tests.rules.asking import asked, clauses


def test_captures_are_numbered_and_named() -> None:
    """A group that stands idle captured nothing."""
    (_, clause) = clauses("{alias: {regex: '(w)(?P<rest>[^@]*)@.*|(x)'}}")

    assert isinstance(clause, Matches)
    assert clause.groups(asked()) == {"1": "w", "2": "ard7", "3": "", "rest": "ard7"}
    assert clause.groups(asked("y")) == {}


def test_a_pattern_is_compiled_once_and_without_letter_case() -> None:
    """Patterns are shared by the rules of a table."""
    assert compiled("Ward.*") is compiled("Ward.*")
    assert compiled("Ward.*").fullmatch("wARD7") is not None


def test_networks_are_sorted_by_their_length() -> None:
    """A caller is looked up once for each length of prefix, however many networks there are."""
    networks = tuple(ip_network(f"10.{n}.0.0/16") for n in range(256))
    clause = in_networks("subnet", caller_addresses, (*networks, ip_network("::1")))

    assert set(clause.sections) == {(4, 16), (6, 0)}
    assert clause.holds(asked(remote_address="10.77.1.1"))
    assert not clause.holds(asked(remote_address="11.77.1.1"))
    assert clause == InNetworks("subnet", caller_addresses, clause.networks, {})


def test_what_is_shown_fits_a_line() -> None:
    """Long texts are cut, and nothing is called so."""
    assert shown("") == "nothing"
    assert shown("a" * 100) == "a" * MAX_SHOWN + "…"
