"""The `result` of a service answer, kept as the JSON that goes onto the wire. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from sys import intern
from typing import TYPE_CHECKING, Final, NoReturn, cast

import orjson

if TYPE_CHECKING:
    from collections.abc import ItemsView, Iterator, KeysView, ValuesView

# `result: {}` says nothing, and names no type.
_NO_TYPE: Final = ""


class ServiceResult(Mapping[str, object]):
    """A result document as bytes: most are sent as they are, and none is parsed until it is read.

    `json` is the document, `service_type` what it says of itself, empty when it says nothing.
    Bytes are nothing that the garbage collector looks at, while a document of dicts and texts is.
    Whoever reads more than one field takes `document()`, since every look parses.
    """

    __slots__ = ("json", "service_type")

    json: bytes
    service_type: str

    def __init__(self, json: bytes, service_type: str) -> None:
        object.__setattr__(self, "json", json)
        object.__setattr__(self, "service_type", service_type)

    @classmethod
    def of(cls, document: Mapping[str, object]) -> ServiceResult:
        """Keep a document; raises TypeError for what JSON cannot say."""
        if isinstance(document, ServiceResult):
            return document
        service_type = document.get("service_type", _NO_TYPE)
        # Not as it comes: orjson leaves what it writes in a buffer of 4 kB.
        json = bytes(memoryview(orjson.dumps(dict(document))))
        return cls(json, intern(str(service_type)))

    @classmethod
    def parse(cls, json: bytes) -> ServiceResult:
        """Keep a document of JSON; raises ValueError, which repeats nothing of it."""
        try:
            document = orjson.loads(json)
        except ValueError:
            raise ValueError("a result is no JSON") from None
        if not isinstance(document, dict):
            raise ValueError("a result is no JSON object")  # noqa: TRY004  a text said so
        return cls(json, intern(str(document.get("service_type", _NO_TYPE))))

    def document(self) -> dict[str, object]:
        """Give the document as a dict of its own."""
        return cast("dict[str, object]", orjson.loads(self.json))

    def __getitem__(self, name: str) -> object:
        return self.document()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.document())

    def __len__(self) -> int:
        return len(self.document())

    def keys(self) -> KeysView[str]:
        """Give the names of its fields."""
        return self.document().keys()

    def values(self) -> ValuesView[object]:
        """Give what its fields say."""
        return self.document().values()

    def items(self) -> ItemsView[str, object]:
        """Give its fields."""
        return self.document().items()

    def __eq__(self, other: object) -> bool:
        """Say whether both are the same document, in whichever order it was written."""
        if isinstance(other, ServiceResult):
            return self.json == other.json or self.document() == other.document()
        if isinstance(other, Mapping):
            return self.document() == dict(other)
        return NotImplemented

    __hash__ = None  # type: ignore[assignment]  # as of any mapping that is compared by its content

    def __repr__(self) -> str:
        """Name it without what it says: PINs are in it."""
        return f"{type(self).__name__}({self.service_type!r}, {len(self.json)} bytes)"

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"{type(self).__name__}.{name} cannot be set")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"{type(self).__name__}.{name} cannot be deleted")

    def __reduce__(self) -> tuple[type[ServiceResult], tuple[bytes, str]]:
        return type(self), (self.json, self.service_type)


def embedded(value: object) -> orjson.Fragment:
    """Put a result into JSON as it is: the `default` of `orjson.dumps` wherever one may be met.

    Raises TypeError for anything else, as a `default` does.
    """
    if isinstance(value, ServiceResult):
        return orjson.Fragment(value.json)
    raise TypeError(type(value).__name__)
