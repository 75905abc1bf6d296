"""Every property of a participant: what a node takes reaches it unchanged, all else is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy.documents import Marks, Tree, validate
from policy.errors import DocumentError
from policy.wire.participants import ParticipantOverrides
from tests.fakes.judge import judge_document
from tests.fakes.verdict import Kind, Verdict
from tests.wire.samples import fields_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

FIELDS: Final = fields_of(ParticipantOverrides)


def _result(document: Mapping[str, object]) -> dict[str, object]:
    tree = Tree(document, Marks("test"))
    return validate(tree, ParticipantOverrides).value.result()


def _judged(document: Mapping[str, object]) -> Verdict:
    return judge_document(Kind.PARTICIPANT, {"status": "success", "result": document})


def _listed(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


def _samples(*, good: bool) -> Iterator[object]:
    for name, samples in FIELDS.items():
        for value in samples.good if good else samples.bad:
            yield pytest.param(name, _listed(value), id=f"{name}-{str(value)[:24]}")


GOOD: Final = list(_samples(good=True))
BAD: Final = list(_samples(good=False))


@pytest.mark.parametrize(("name", "value"), GOOD)
def test_a_good_property_reaches_the_node(name: str, value: object) -> None:
    """What was written is what is sent, and the node takes it."""
    result = _result({name: value})

    assert result == {name: value}
    verdict = _judged(result)
    assert (verdict.faults, verdict.warnings) == ((), ())


@pytest.mark.parametrize(("name", "value"), BAD)
def test_a_bad_property_is_refused(name: str, value: object) -> None:
    """A value for which a node drops the answer is refused, with one message about the property."""
    with pytest.raises(DocumentError) as caught:
        _result({name: value})

    (problem,) = caught.value.problems
    assert name in problem.text or name == "send_to_audio_mixes"


@pytest.mark.parametrize(("name", "value"), BAD)
def test_the_node_refuses_what_we_refuse(name: str, value: object) -> None:
    """A node drops an answer with a value that we refuse, but for texts that say nothing."""
    verdict = _judged({name: value})

    assert not verdict.accepted or value == ""


def test_what_is_not_written_is_not_sent() -> None:
    """A property that nobody wrote stays as it is; null is written and means something."""
    assert _result({}) == {}
    assert _result({"preauthenticated_role": None}) == {"preauthenticated_role": None}


def test_an_unknown_property_is_refused() -> None:
    """The reason of a refusal, for one, is no property: it comes with the refusal alone."""
    with pytest.raises(DocumentError) as caught:
        _result({"spot_light": 1})

    (problem,) = caught.value.problems
    assert problem.text == "unknown key 'spot_light', did you mean 'spotlight'?"


@given(st.data())
def test_the_node_takes_what_we_take(data: st.DataObject) -> None:
    """Whatever combination of properties passes our types is taken by the node."""
    names = data.draw(st.lists(st.sampled_from(sorted(FIELDS)), unique=True))
    document = {name: _listed(data.draw(st.sampled_from(FIELDS[name].good))) for name in names}

    verdict = _judged(_result(document))

    assert (verdict.faults, verdict.warnings) == ((), ())
