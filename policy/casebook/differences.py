"""Holds what was decided against what a test wants. Pure.

Of a result only the fields that the test names are looked at, at every depth; a list is looked at
as a whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final

from policy.documents import Place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from policy.casebook.text import Want
    from policy.decide.decision import Reason
    from policy.wire.vocabulary import Action

Loc = tuple[int | str, ...]

# A name that ends so is made unique for each call; what stands in front must be there.
OPEN_END: Final = ":*"
_NO_PLACE: Final = Place("")


class Unsaid(Enum):
    """What stands where there is no value."""

    ABSENT = "nothing"
    SEARCHED = "entries of the phone book, which tests do not search"


@dataclass(frozen=True, slots=True)
class Image:
    """A picture that is to be drawn: a file of the directory, or initials."""

    width: int
    height: int
    file: str = ""
    initials: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """What was decided, in the words of a test file."""

    action: Action
    reason: Reason
    rule: str = ""
    text: str = ""
    result: Mapping[str, object] | Sequence[object] | Unsaid | None = None
    shadows: tuple[str, ...] = ()
    image: Image | None = None
    ignore_local: bool = False


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as wanted; `place` is where the test file wants it."""

    loc: Loc
    wanted: object
    got: object
    place: Place = _NO_PLACE
    hint: str = ""

    @property
    def key(self) -> str:
        """Name the part of the answer, such as `result.overflow_locations[1]`."""
        steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in self.loc)
        return "".join(steps).removeprefix(".")

    @property
    def field(self) -> str:
        """Give the last name of the key."""
        return next((step for step in reversed(self.loc) if isinstance(step, str)), "")


def differences(want: Want, said: Said) -> Iterator[Difference]:
    """Give everything that is not as wanted, in the order in which a test names it."""
    for key in ("action", "reason", "rule", "text", "ignore_local"):
        wanted, got = getattr(want, key), getattr(said, key)
        wanted = "" if wanted is None and key in ("rule", "text") else wanted
        if key in want.model_fields_set and wanted is not None and wanted != got:
            yield Difference((key,), wanted, got)
    yield from _of_result(want, said)
    if want.shadows is not None and tuple(sorted(want.shadows)) != said.shadows:
        yield Difference(("shadows",), sorted(want.shadows), list(said.shadows))
    yield from _of_image(want, said.image)


def _of_result(want: Want, said: Said) -> Iterator[Difference]:
    if isinstance(said.result, Unsaid):
        if want.result is not None or want.without:
            yield Difference(("result",), want.result, said.result)
        return
    got = {} if said.result is None else said.result
    if want.result is not None:
        if want.result or not got:
            yield from _unlike(want.result, got or type(want.result)(), ("result",))
        else:  # an empty one says that there is none
            yield Difference(("result",), want.result, got)
    if isinstance(got, Mapping):
        for name in want.without:
            if name in got:
                yield Difference(("result", name), Unsaid.ABSENT, got[name])


def _of_image(want: Want, got: Image | None) -> Iterator[Difference]:
    if want.image is None:
        return
    wanted = want.image.model_dump(exclude_none=True)
    if got is None:
        yield Difference(("image",), wanted, Unsaid.ABSENT)
        return
    for key, value in wanted.items():
        if getattr(got, key) != value:
            yield Difference(("image", key), value, getattr(got, key) or Unsaid.ABSENT)


def _unlike(wanted: object, got: object, loc: Loc) -> Iterator[Difference]:
    if isinstance(wanted, Mapping) and isinstance(got, Mapping):
        for key, value in wanted.items():
            yield from _unlike(value, got.get(key, Unsaid.ABSENT), (*loc, key))
    elif isinstance(wanted, list) and isinstance(got, list | tuple) and len(wanted) == len(got):
        for index, (value, found) in enumerate(zip(wanted, got, strict=True)):
            yield from _unlike(value, found, (*loc, index))
    elif not _is_same(wanted, got):
        yield Difference(loc, wanted, got)


def _is_same(wanted: object, got: object) -> bool:
    """Compare single values; a number without quotes may stand for its text, as in `pin: 4821`."""
    if isinstance(wanted, str) and wanted.endswith(OPEN_END):
        return isinstance(got, str) and got.startswith(wanted.removesuffix(OPEN_END[-1]))
    if isinstance(wanted, bool) or isinstance(got, bool):
        return wanted is got
    if isinstance(wanted, str | int) and isinstance(got, str | int):
        return str(wanted) == str(got)
    return wanted == got
