"""A result as bytes says what the document said, and goes onto the wire as it is."""

from __future__ import annotations

import copy
import gc
import pickle
import tracemalloc
from typing import TYPE_CHECKING

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy.wire.results import ServiceResult, embedded

if TYPE_CHECKING:
    from collections.abc import Mapping

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
DOCUMENTS = st.dictionaries(st.sampled_from(["service_type", "name", "pin"]) | st.text(), JSON)


@given(DOCUMENTS)
def test_a_result_is_its_document(document: Mapping[str, object]) -> None:
    """Equal from either side, field by field, and after a way through JSON or a process."""
    result = ServiceResult.of(document)

    assert result == document
    assert document == result
    assert {name: result[name] for name in result} == document
    assert dict(zip(result.keys(), result.values(), strict=True)) == dict(result.items())
    assert len(result) == len(document)
    assert ServiceResult.parse(result.json) == result
    assert pickle.loads(pickle.dumps(result)) == copy.deepcopy(result) == document  # noqa: S301  our own
    assert orjson.loads(orjson.dumps([result], default=embedded)) == [document]


@given(DOCUMENTS, DOCUMENTS)
def test_other_documents_are_unequal(
    one: Mapping[str, object], other: Mapping[str, object]
) -> None:
    """As dicts are, whatever they are written in."""
    assert (ServiceResult.of(one) == ServiceResult.of(other)) == (one == other)
    assert (ServiceResult.of(one) == other) == (one == other)
    assert ServiceResult.of(one) != [one]


def test_the_order_of_fields_does_not_matter() -> None:
    """A document is a mapping, not a text."""
    assert ServiceResult.of({"a": 1, "b": 2}) == ServiceResult.parse(b'{"b": 2, "a": 1}')


def test_the_type_is_known_without_parsing() -> None:
    """Deciding asks for it in every call."""
    assert ServiceResult.of({"service_type": "lecture"}).service_type == "lecture"
    assert ServiceResult.parse(b'{"service_type":"gateway"}').service_type == "gateway"
    assert ServiceResult.of({}).service_type == ""


def test_a_result_is_taken_as_it_is() -> None:
    """Nothing is written twice."""
    result = ServiceResult.of({"name": "r-1"})

    assert ServiceResult.of(result) is result


@pytest.mark.parametrize("json", [b"", b"[]", b"4821", b'{"pin": "4821"'])
def test_what_is_no_document_is_refused(json: bytes) -> None:
    """And the text of the error repeats nothing of it."""
    with pytest.raises(ValueError, match=r"^a result is no JSON( object)?$") as caught:
        ServiceResult.parse(json)

    assert "4821" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_what_json_cannot_say_is_refused() -> None:
    """When it is kept, not when it is sent."""
    with pytest.raises(TypeError):
        ServiceResult.of({"name": object()})
    with pytest.raises(TypeError, match=r"^object$"):
        embedded(object())


def test_nothing_secret_is_shown() -> None:
    """A value that is printed, in a trace or a log, shows no PIN."""
    result = ServiceResult.of({"service_type": "conference", "name": "ward", "pin": "948201"})

    assert repr(result) == f"ServiceResult('conference', {len(result.json)} bytes)"
    assert str(result) == repr(result)


def test_nothing_of_it_changes() -> None:
    """Calls share it; and who reads it has a document of his own."""
    result = ServiceResult.of({"name": "r-1"})
    result.document()["name"] = "r-2"

    with pytest.raises(AttributeError, match=r"^ServiceResult\.json cannot be set$"):
        result.json = b"{}"
    with pytest.raises(AttributeError, match=r"^ServiceResult\.json cannot be deleted$"):
        del result.json
    with pytest.raises(TypeError):
        hash(result)
    assert result == {"name": "r-1"}


def test_the_collector_looks_at_one_object_of_it() -> None:
    """Of a document of dicts it would look at each: with 100,000 rooms that is a pause."""
    result = ServiceResult.of({"name": "r-1", "more": [{"a": [1]}]})

    tracked = [each for each in gc.get_referents(result) if gc.is_tracked(each)]

    assert tracked == [ServiceResult]


def test_a_result_takes_no_more_memory_than_its_text() -> None:
    """What orjson writes comes in a buffer that is many times as large."""
    documents = [{"name": f"r-{number}", "pin": "4821"} for number in range(1000)]
    tracemalloc.start()

    results = [ServiceResult.of(each) for each in documents]

    taken = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert taken < 200 * len(results)
