"""Shows how far long work has come, where it does not stand in the way of what is printed."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@contextmanager
def watched(label: str, length: int) -> Iterator[Callable[[int], None]]:
    """Show a bar on the error output; gives who is told of each part that is done.

    Without a terminal there is none: its label alone would be mail from cron.
    """
    is_read = sys.stderr.isatty()
    with click.progressbar(length=length, label=label, file=sys.stderr, hidden=not is_read) as bar:
        yield bar.update
