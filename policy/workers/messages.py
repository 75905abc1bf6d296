"""What the supervisor and its processes say to each other, and how it goes over a socket. Pure."""

from __future__ import annotations

import pickle
import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

    from policy.errors import Problem

LENGTH: Final = struct.Struct(">I")


@dataclass(frozen=True, slots=True)
class GiveState:
    """To all: send your metrics under this number."""

    ticket: int


@dataclass(frozen=True, slots=True)
class States:
    """To a worker that has asked: the metrics of all, under its own number."""

    ticket: int
    states: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Cover:
    """To a worker: accept on the socket of this slot too, which has lost its own."""

    slot: int


@dataclass(frozen=True, slots=True)
class Uncover:
    """To a worker: that slot has a worker of its own again."""

    slot: int


@dataclass(frozen=True, slots=True)
class Reload:
    """To a worker: look at the rules again."""


@dataclass(frozen=True, slots=True)
class Stop:
    """To all: end in good order; `all_stop` when nobody comes after."""

    all_stop: bool = False


@dataclass(frozen=True, slots=True)
class Serving:
    """From a worker: nodes are answered."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """From the keeper: the database can be used."""

    dsn: str = field(repr=False)
    description: str
    note: str | None
    addresses: int
    example: str | None


@dataclass(frozen=True, slots=True)
class Failed:
    """From all: it cannot start; `problems` of a file, or the text of any other error."""

    text: str
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class State:
    """From all: the metrics, as they were asked for, or the last ones."""

    state: bytes
    ticket: int = 0


@dataclass(frozen=True, slots=True)
class AskStates:
    """From a worker: somebody wants the metrics of all."""

    ticket: int


@dataclass(frozen=True, slots=True)
class Leaving:
    """From a worker that somebody told to end: let another one come first."""


Order: TypeAlias = GiveState | States | Cover | Uncover | Reload | Stop
Report: TypeAlias = Serving | Prepared | Failed | State | AskStates | Leaving


def packed(message: Order | Report) -> bytes:
    """Give a message as it goes over a socket."""
    body = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
    return LENGTH.pack(len(body)) + body


def unpacked(body: bytes) -> object:
    """Give the message back; only for what a process of ours has sent."""
    return pickle.loads(body)  # noqa: S301  a private socket between processes of one program


def whole(received: bytearray) -> Iterator[object]:
    """Take the messages that have come whole out of what was received."""
    while len(received) >= LENGTH.size:
        (length,) = LENGTH.unpack_from(received)
        end = LENGTH.size + length
        if len(received) < end:
            return
        body = bytes(received[LENGTH.size : end])
        del received[:end]
        yield unpacked(body)
