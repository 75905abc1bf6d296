"""Options that every profile has."""

from __future__ import annotations

import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Concatenate, Final, ParamSpec, cast

import click

from load.cores import available, divide
from load.databases import usual_cache

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from load.cores import Cores

P = ParamSpec("P")

# wrk measures for whole seconds.
AT_LEAST_1: Final = click.IntRange(min=1)


@dataclass(frozen=True, slots=True)
class Options:
    """How a profile is to be measured."""

    rounds: int = 5
    seconds: float = 5.0
    connections: int = 32
    share: bool = False
    without: frozenset[str] = frozenset()
    cache: Path = field(default_factory=usual_cache)
    fastapi_python: str = sys.executable

    def cores(self, wanted: int = 1) -> Cores:
        """Divide the cores of this machine; raises ClickException for a single one."""
        return divide(available(), wanted, share=self.share)

    @contextmanager
    def folder(self) -> Iterator[Path]:
        """Make a folder for the time of a run, which the database's own user can enter."""
        with tempfile.TemporaryDirectory(prefix="vdx-policy-load-") as name:
            Path(name).chmod(0o711)
            yield Path(name)


def common(command: Callable[Concatenate[Options, P], object]) -> Callable[P, None]:
    """Give a command the common options, as its first argument."""

    @click.option("--rounds", type=AT_LEAST_1, default=5, show_default=True, help="Rounds of each.")
    @click.option(
        "--seconds", type=AT_LEAST_1, default=5, show_default=True, help="Length of a round."
    )
    @click.option(
        "--connections", type=AT_LEAST_1, default=32, show_default=True, help="Open connections."
    )
    @click.option("--share", is_flag=True, help="Measure even where generator and server share.")
    @click.option(
        "--without",
        multiple=True,
        type=click.Choice(["nginx", "fastapi"]),
        help="Leave out a reference that is not installed.",
    )
    @click.option(
        "--cache",
        type=click.Path(path_type=Path),
        default=usual_cache(),
        show_default=True,
        help="Where filled databases are kept between runs.",
    )
    @click.option(
        "--fastapi-python",
        default=sys.executable,
        help="Python that has FastAPI, uvicorn and uvloop.",
    )
    @wraps(command)
    def with_options(*args: P.args, **kwargs: P.kwargs) -> None:
        names = ("rounds", "seconds", "connections", "share", "cache", "fastapi_python")
        said = {name: kwargs.pop(name) for name in names}
        without = frozenset(cast("tuple[str, ...]", kwargs.pop("without")))
        options = Options(**said, without=without)  # type: ignore[arg-type]  # click has looked
        command(options, *args, **kwargs)

    return with_options
