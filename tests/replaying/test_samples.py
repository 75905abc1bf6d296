"""A call that is shown says what was dialled, and nothing of a person."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from policy.replaying.differing import Answer
from policy.replaying.samples import ABSENT, MAX_SHOWN, Change, Sample, sample_of
from policy.wire.asked import Asked
from policy.wire.vocabulary import RequestType
from tests.handlers.asking import ALIAS, CALL, NAME, PIN

KEY = b"an invented key."
ASKED = Asked(RequestType.SERVICE, "", urlencode(CALL))


def _sample(before: Answer, after: Answer, *differs: str, asked: Asked = ASKED) -> Sample:
    return sample_of("calls.log:7", asked, (before, after), differs, KEY)


def test_a_sample_says_where_and_what() -> None:
    """The place, the type, what was dialled, and each difference on its own."""
    before = Answer("continue", "OK", result={"name": "r-1", "locked": True})
    after = Answer("reject", "BY_RULE", "barred", "closed")

    sample = _sample(before, after, "action", "text", "result")

    assert (sample.place, sample.request, sample.dialled) == ("calls.log:7", "service", ALIAS)
    assert sample.changes == (
        Change("action", "continue", "reject"),
        Change("text", ABSENT, "closed"),
        Change("result", '{"name":"r-1","locked":true}', ABSENT),
    )


def test_nothing_of_a_person_is_shown() -> None:
    """The caller has a pseudonym, names and PINs are masked wherever rules have put them."""
    before = Answer("continue", "OK", result={"pin": PIN, "service_tag": NAME, "name": "bo.lind"})
    after = Answer("reject", "BY_RULE", text=f"not for {NAME}", result={"pin": "1234"})
    differs = ("text", "result.pin", "result.service_tag", "result.name")

    sample = _sample(before, after, *differs)

    said = str(sample)
    assert not [each for each in (PIN, "1234", NAME, "bo.lind") if each in said]
    assert sample.caller.startswith("sip:c-")
    assert sample.caller.endswith("@example.org")
    assert sample.changes[1] == Change("result.pin", "****", "****")


def test_whose_picture_it_is_stays_hidden() -> None:
    """An avatar is of a person, whose alias is in the path."""
    asked = Asked(RequestType.AVATAR, quote("bo.lind@example.org", safe=""), "width=8&height=8")

    sample = _sample(Answer("continue", "OK"), Answer("not_found", "OK"), "action", asked=asked)

    assert sample.dialled.startswith("c-")


def test_a_sample_is_a_line_and_short() -> None:
    """Whatever somebody dialled or a script wrote, a report stays readable."""
    asked = Asked(RequestType.SERVICE, "", urlencode({"local_alias": "a\n\x1b[2J" + "b" * 400}))
    before = Answer("continue", "OK", result={"n": {1: "x" * 500}, "o": object()})

    sample = _sample(before, Answer("continue", "OK"), "result.n", "result.o", asked=asked)

    assert sample.dialled.isprintable()
    assert len(sample.dialled) == MAX_SHOWN + 1
    assert len(sample.changes[0].before) == MAX_SHOWN + 1
    assert sample.changes[1].before == "what JSON cannot say"
