"""Every field of every service: what a node takes reaches it unchanged, all else is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from policy.documents import Marks, Tree, validate
from policy.errors import DocumentError
from policy.wire.services import AnyService, AutomaticParticipant, Conference, Gateway
from tests.fakes.judge import judge_document
from tests.fakes.verdict import Kind, Verdict
from tests.wire.samples import (
    SERVICES,
    company_of,
    fields_of,
    service_type_of,
    smallest,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from policy.wire.services import Service


class Answer(BaseModel):
    """A place for a service, as a rule file has one."""

    service: AnyService


def _said(document: object) -> list[str]:
    """List what is wrong with a service, as a person would be told."""
    try:
        validate(Tree({"service": document}, Marks("test")), Answer)
    except DocumentError as exc:
        return [problem.text for problem in exc.problems]
    return []


def _result(document: object) -> dict[str, object]:
    parsed = validate(Tree({"service": document}, Marks("test")), Answer)
    return parsed.value.service.result()


def _judged(document: object) -> Verdict:
    return judge_document(Kind.SERVICE, {"status": "success", "result": document})


def _listed(value: object) -> object:
    """Write tuples as lists, as JSON does."""
    return [_listed(each) for each in value] if isinstance(value, tuple) else value


def _samples(*, good: bool) -> Iterator[object]:
    for model in SERVICES:
        for name, samples in fields_of(model).items():
            for value in samples.good if good else samples.bad:
                known = f"{service_type_of(model)}-{name}-{str(value)[:24]}"
                yield pytest.param(model, name, _listed(value), id=known)


# Their messages name the part that is wrong.
WITH_PARTS: Final = frozenset({"automatic_participants", "on_completion"})
GOOD: Final = list(_samples(good=True))
BAD: Final = list(_samples(good=False))


@pytest.mark.parametrize(("model", "name", "value"), GOOD)
def test_a_good_value_reaches_the_node(model: type[Service], name: str, value: object) -> None:
    """What was written is what is sent, nothing more and nothing less, and the node takes it."""
    document = {**smallest(model), **company_of(name, value), name: value}

    result = _result(document)

    assert result == document
    verdict = _judged(result)
    assert (verdict.faults, verdict.warnings) == ((), ())


@pytest.mark.parametrize(("model", "name", "value"), BAD)
def test_a_bad_value_is_refused_by_name(model: type[Service], name: str, value: object) -> None:
    """A value for which a node drops the answer is refused, and the message names the field."""
    document = {**smallest(model), **company_of(name, value), name: value}

    with pytest.raises(DocumentError) as caught:
        validate(Tree(document, Marks("test")), model)

    assert [each for each in caught.value.problems if name in each.text or name in WITH_PARTS]


@pytest.mark.parametrize("model", SERVICES)
def test_what_a_service_needs_must_be_there(model: type[Service]) -> None:
    """Each required field is asked for by its name, and the node misses it too."""
    document = smallest(model)
    needed = [name for name in document if name != "service_type"]

    for name in needed:
        without = {key: value for key, value in document.items() if key != name}
        assert _said(without) == [f"key {name!r} is missing"]
        assert not _judged(without).accepted


def test_the_type_of_a_service_must_be_known() -> None:
    """Without a type, or with a wrong one, a service is refused with the types there are."""
    missing = _said({"name": "Ward", "service_tag": ""})
    wrong = _said({"service_type": "confrence", "name": "Ward", "service_tag": ""})

    assert missing == ["key 'service_type' is missing"]
    assert wrong == ["service_type: 'confrence' is not allowed, did you mean 'conference'?"]


@pytest.mark.parametrize("model", SERVICES)
def test_an_unknown_field_is_refused(model: type[Service]) -> None:
    """A misspelt field never reaches a node, which would ignore it without a word."""
    said = _said({**smallest(model), "descripton": "x"})

    assert said == ["unknown key 'descripton', did you mean 'description'?"]


@pytest.mark.parametrize(
    ("fields", "want"),
    [
        ({"guest_pin": "4821", "allow_guests": True}, "guest_pin needs a pin"),
        ({"pin": "4821", "guest_pin": "9037"}, "guest_pin needs allow_guests: true"),
        (
            {"pin": "4821", "guest_pin": "4821", "allow_guests": True},
            "pin and guest_pin must differ",
        ),
        (
            {"pin": "4821", "guest_pin": "90377", "allow_guests": True},
            "pin and guest_pin must have the same length, or both end with '#'",
        ),
        (
            {"pin": "482#", "guest_pin": "9037", "allow_guests": True},
            "either both of pin and guest_pin end with '#' or neither does",
        ),
        ({"allow_guests": True}, "allow_guests needs a pin or a host_identity_provider_group"),
    ],
)
@pytest.mark.parametrize("model", [model for model in SERVICES if "pin" in model.model_fields])
def test_a_pin_pair_obeys_the_platform(
    model: type[Service], fields: Mapping[str, object], want: str
) -> None:
    """Each of Pexip's PIN rules is told by its own message."""
    said = _said({**smallest(model), **fields})

    assert said == [want]


@pytest.mark.parametrize(
    "fields",
    [
        {"pin": "4821"},
        {"pin": "4821", "allow_guests": True},
        {"pin": "4821", "guest_pin": "9037", "allow_guests": True},
        {"pin": "482137#", "guest_pin": "903#", "allow_guests": True},
        {"allow_guests": True, "host_identity_provider_group": "Staff"},
        {"allow_guests": False},
    ],
)
def test_every_way_to_have_pins_is_taken(fields: Mapping[str, object]) -> None:
    """Hosts alone, guests without a PIN, both, of unequal length with `#`, or signed on."""
    document = {**smallest(Conference), **fields}

    assert _result(document) == document
    assert _judged(document).faults == ()


UUID: Final = "4ce6aa27-e550-4e02-be1f-90b3b15a2eaf"
ROOM: Final = {"breakout": True, "breakout_uuid": UUID, "breakout_name": "Group A"}


@pytest.mark.parametrize(
    ("fields", "want"),
    [
        ({**ROOM, "breakout_rooms": True}, "breakout_rooms must be false in a breakout room"),
        ({"breakout": True, "breakout_name": "A"}, "a breakout room needs breakout_uuid"),
        ({"breakout": True, "breakout_uuid": UUID}, "a breakout room needs breakout_name"),
        ({"breakout_uuid": UUID}, "breakout_uuid needs breakout: true"),
        ({"breakout": False, "end_time": 0}, "end_time needs breakout: true"),
        ({"end_action": "transfer"}, "end_action needs breakout: true"),
        ({"breakout_uuids": [UUID]}, "breakout_uuids needs breakout_rooms: true"),
        (
            {**ROOM, "breakout_uuids": []},
            "breakout_uuids is for the main room, not for a breakout room",
        ),
        (
            {"breakout_rooms": True, "direct_media": "best_effort"},
            "direct_media must be never when breakout_rooms is true",
        ),
    ],
)
def test_breakouts_fit_together(fields: Mapping[str, object], want: str) -> None:
    """Each rule about breakout rooms is told by its own message."""
    said = _said({**smallest(Conference), **fields})

    assert said == [want]


@pytest.mark.parametrize("view", ["teams", "teams_focus"])
def test_the_layouts_of_teams_are_for_calls_into_teams(view: str) -> None:
    """A call that goes elsewhere cannot look like Teams."""
    said = _said({**smallest(Gateway), "view": view})

    assert said == [f"view {view!r} needs outgoing_protocol: teams"]


def _automatic(*, good: bool) -> Iterator[object]:
    for name, samples in fields_of(AutomaticParticipant).items():
        for value in samples.good if good else samples.bad:
            yield pytest.param(name, value, id=f"{name}-{str(value)[:24]}")


SOMEBODY: Final = {
    "local_alias": "ward7@example.org",
    "remote_alias": "rtmp://stream.example.org/live",
    "protocol": "rtmp",
    "role": "guest",
}


@pytest.mark.parametrize(("name", "value"), list(_automatic(good=True)))
def test_whom_the_platform_dials_reaches_the_node(name: str, value: object) -> None:
    """Every field of an automatic participant is sent as it was written."""
    company = {"remote_alias": "sip:desk@example.org"} if name == "protocol" else {}
    somebody = {**SOMEBODY, **company, name: value}
    document = {**smallest(Conference), "automatic_participants": [somebody]}

    assert _result(document) == document
    assert _judged(document).faults == ()


@pytest.mark.parametrize(("name", "value"), list(_automatic(good=False)))
def test_whom_the_platform_cannot_dial_is_refused(name: str, value: object) -> None:
    """A bad value of an automatic participant is refused by the name of its field."""
    somebody = {**SOMEBODY, name: value}

    said = _said({**smallest(Conference), "automatic_participants": [somebody]})

    assert [text for text in said if text.startswith(f"{name}: ")]


def test_only_streams_have_a_second_target() -> None:
    """A presentation goes to an address of its own by RTMP alone."""
    somebody = {**SOMEBODY, "protocol": "sip", "presentation_url": "rtmp://stream.example.org/two"}

    said = _said({**smallest(Conference), "automatic_participants": [somebody]})

    assert said == ["presentation_url is for protocol rtmp only"]


@st.composite
def documents(draw: st.DrawFn) -> dict[str, object]:
    """Draw a service with any of its fields, each with a value that a node takes by itself."""
    model = draw(st.sampled_from(SERVICES))
    document = smallest(model)
    fields = fields_of(model)
    for name in draw(st.lists(st.sampled_from(sorted(fields)), unique=True)):
        value = draw(st.sampled_from(fields[name].good))
        document |= {name: _listed(value)}
        if draw(st.booleans()):
            document = {**document, **company_of(name, value)}
    return document


@given(documents())
def test_the_node_takes_what_we_take(document: dict[str, object]) -> None:
    """Whatever passes our types is taken by a node, which knows only its own."""
    if _said(document):
        return

    verdict = _judged(_result(document))

    assert (verdict.faults, verdict.warnings) == ((), ())


@pytest.mark.parametrize(("model", "name", "value"), BAD)
def test_the_node_refuses_what_we_refuse(model: type[Service], name: str, value: object) -> None:
    """A node drops an answer with a value that we refuse, but for texts that say nothing."""
    document = {**smallest(model), **company_of(name, value), name: value}

    verdict = _judged(document)

    assert not verdict.accepted or _is_stricter(name, value)


def _is_stricter(name: str, value: object) -> bool:
    """Tell what we refuse although a node takes it: empty texts, and odd ones it cannot check."""
    if value == "":
        return True
    if name == "dtmf_sequence":
        return isinstance(value, str)
    if name == "name":  # of a gateway: it must leave room for what makes it unique
        return isinstance(value, str)
    return False
