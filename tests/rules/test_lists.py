"""Lists in files of their own: read as what the rule compares with, and at no cost per call."""

from __future__ import annotations

import time
from ipaddress import ip_network

from policy.rules.lists import Lists, ListText
from tests.rules.asking import asked, decides, table


def _lists(text: str) -> Lists:
    return Lists({"a.txt": ListText("rules/a.txt", text)})


def test_an_entry_is_a_line_without_its_comment() -> None:
    """`#` begins a comment behind a space only: numbers and names may have one."""
    text = "\ufeff# a list\r\nWard7  # by hand\r\n\r\n  scanner#1\r\n\t# end\n7\x0b8\n"

    assert list(ListText("a.txt", text).lines()) == [(2, "Ward7"), (4, "scanner#1"), (6, "7\x0b8")]


def test_a_list_is_read_as_what_is_compared() -> None:
    """Words in lower case, aliases in their one spelling, addresses as networks of their own."""
    assert _lists("Aarhus\nDC 2\n").words("a.txt") == {"aarhus", "dc 2"}
    assert _lists("sip:Ward7@Example.org\n00 45 12").aliases("a.txt") == {
        "ward7@example.org",
        "+4512",
    }
    assert _lists("10.0.0.0/8\n::1").networks("a.txt") == (
        ip_network("10.0.0.0/8"),
        ip_network("::1"),
    )


def test_a_list_is_made_ready_once() -> None:
    """Rules share its entries, and its problems are told once."""
    lists = _lists("@\nward7\n")

    assert lists.aliases("a.txt") is lists.aliases("a.txt")
    assert [str(each) for each in lists.problems] == [
        "rules/a.txt:1:1: '@' is no alias, it has nothing before '@'"
    ]


def test_lists_that_nobody_uses_are_found() -> None:
    """A misspelt name would otherwise leave a list without effect."""
    lists = Lists({name: ListText(name, "a\n") for name in ("used.txt", "unused.txt")})
    lists.words("used.txt")

    assert lists.names() == ["unused.txt", "used.txt"]
    assert [str(each) for each in lists.unused()] == ["unused.txt: no rule uses this list"]


def test_a_hundred_thousand_entries_cost_nothing_per_call() -> None:
    """A list is a set, in which a call looks once, whatever it holds."""
    entries = {
        "aliases.txt": "\n".join(f"a{n}@example.org" for n in range(100_000)),
        "networks.txt": "\n".join(f"10.{n >> 8 & 255}.{n & 255}.{n >> 16}" for n in range(100_000)),
        "words.txt": "\n".join(f"v{n}" for n in range(100_000)),
    }
    large = table(
        "{name: a, when: {remote_alias: {list: aliases.txt}}, then: continue}",
        "{name: b, when: {subnet: {list: networks.txt}}, then: continue}",
        "{name: c, when: {vendor: {list: words.txt}}, then: continue}",
        lists=entries,
    )
    sent: list[dict[str, str | list[str]]] = [
        {"remote_alias": "a99999@example.org"},
        {"remote_address": "10.134.159.1"},
        {"vendor": "V99999"},
        {"vendor": "other", "remote_address": "192.0.2.1"},
    ]

    begun = time.process_time()
    got = [decides(large, asked(sent=each)) for each in sent * 25]

    assert time.process_time() - begun < 0.5  # 100 calls
    assert got[:4] == ["a", "b", "c", ""]
