"""The account is the same for whoever has its file."""

from __future__ import annotations

import os

from policy.scribe.account import Account, open_account, read_account


def test_what_one_writes_another_reads() -> None:
    """From the first moment on."""
    file = open_account()
    other = os.dup(file)

    first = read_account(other)
    Account(5, 2, 1).write(file)

    assert first == Account(0, 0, 0)
    assert read_account(other) == (5, 2, 1)
    assert read_account(other).unsettled == 2
    os.close(file)
    os.close(other)
