"""Whatever becomes of an entry, the account says it."""

from __future__ import annotations

import os
import re
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import pytest

from policy.scribe.account import Account, open_account, read_account
from policy.scribe.desk import LOG_INTERVAL_S, Desk, message_of
from policy.scribe.lines import Lines
from tests.scribe.entries import KEY, entry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from policy.scribe.lines import Plain


@dataclass(slots=True)
class Office:
    """Both ends of a desk's socket, and its account."""

    inlet: socket.socket
    outlet: socket.socket
    account: int
    now_s: float = 1000.0

    @classmethod
    def opened(cls) -> Self:
        """Give one that nobody has used."""
        return cls(*socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET), open_account())

    def desk(self, path: Path) -> Desk:
        """Give the desk that writes to a file."""
        lines = Lines(KEY)
        return Desk(
            str(path),
            lines,
            inlet=self.inlet,
            account=self.account,
            clock_s=lambda: self.now_s,
        )

    def send(self, *entries: Plain) -> None:
        """Send entries in one message."""
        self.outlet.send(message_of(list(entries)))

    def close(self) -> None:
        """Close whatever is open."""
        self.inlet.close()
        self.outlet.close()
        os.close(self.account)


@pytest.fixture
def office() -> Iterator[Office]:
    """Give what a desk needs."""
    office = Office.opened()
    yield office
    office.close()


def test_everything_is_written_before_the_end(office: Office, tmp_path: Path) -> None:
    """When the last server has gone, what it sent is still there."""
    for _ in range(10):
        office.send(*[entry()] * 20)
    office.outlet.close()

    office.desk(tmp_path / "d").work()

    assert len((tmp_path / "d").read_bytes().splitlines()) == 200
    assert read_account(office.account) == Account(taken=200, kept=200, dropped=0)


def test_what_cannot_be_written_costs_only_itself(office: Office, tmp_path: Path) -> None:
    """An alias that is no text takes no other entry with it."""
    office.send(entry("location=\ud800"), entry())
    office.outlet.close()

    office.desk(tmp_path / "d").work()

    assert read_account(office.account) == Account(taken=2, kept=1, dropped=1)


def test_whoever_asks_is_told_when_all_before_is_settled(office: Office, tmp_path: Path) -> None:
    """The end of a pair that came with a message is closed, once the entries are on the disk."""
    ours, theirs = socket.socketpair()
    office.send(entry())
    socket.send_fds(office.outlet, [message_of([])], [theirs.fileno()])
    theirs.close()
    office.outlet.close()

    office.desk(tmp_path / "d").work()

    assert ours.recv(1) == b""
    ours.close()
    assert read_account(office.account).kept == 1


def test_what_a_killed_one_had_in_its_hands_is_dropped(office: Office, tmp_path: Path) -> None:
    """The next one says so, and goes on with the account."""
    Account(taken=50, kept=30, dropped=5).write(office.account)
    office.send(entry())
    office.outlet.close()

    office.desk(tmp_path / "d").work()

    assert read_account(office.account) == Account(taken=51, kept=31, dropped=20)


def test_trouble_is_counted_and_said_once_in_a_while(
    office: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In the form of the service's log, without anything of the calls."""
    path = tmp_path / "later" / "d"
    desk = office.desk(path)
    office.send(entry(), entry())
    office.outlet.close()

    desk.work()
    desk.work()
    office.now_s += LOG_INTERVAL_S
    desk.work()

    assert read_account(office.account) == Account(taken=2, kept=0, dropped=2)
    said = capsys.readouterr().err.splitlines()
    form = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} WARNING policy.scribe: (.*)"
    assert [re.sub(form, r"\1", line) for line in said] == [
        f"decision log {path}: no such file or directory, entries dropped"
    ] * 2
