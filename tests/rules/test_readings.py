"""What is read of a request; test_conditions.py has it in rules."""

from __future__ import annotations

import pickle

from policy.rules.readings import TEXTS, WORDS, alias_text, alias_texts, fact, idp_attribute
from policy.wire.vocabulary import RequestType
from tests.rules.asking import asked, learn, rows


def test_parts_of_an_alias_are_read() -> None:
    """A caller whose alias nobody can own has none."""
    caller = asked("sip:ward7@example.org", remote_alias="@")

    assert alias_text("alias", "scheme", caller) == "sip"
    assert alias_texts("alias", "user", caller) == ("ward7",)
    assert alias_text("remote_alias", "user", caller) == ""
    assert alias_texts("remote_alias", "user", caller) == ()


def test_facts_and_attributes_are_read_in_lower_case() -> None:
    """What nobody has set or said is nothing."""
    question = asked(idp_attribute_Groups=["A", "b"])
    question.facts = {"x": "Y"}

    assert (fact("x", question), fact("z", question)) == (("y",), ())
    assert idp_attribute("groups", question) == ("a", "b")


def test_nobody_has_no_organisation() -> None:
    """What is held back for somebody belongs to nobody yet."""
    for alias, want in (("held@example.org", "reserved"), ("else@example.org", "nobody")):
        question = asked(alias)
        for key in question.keys():  # noqa: SIM118  no mapping
            learn(question, key, rows())
        assert WORDS["room_kind"](question) == want
        assert all(TEXTS[name](question) == () for name in ("organisation", "subtree", "tag"))


def test_an_avatar_request_says_the_role_by_another_name() -> None:
    """`role` there, `preauthenticated_role` for participants."""
    assert WORDS["role"](asked(request=RequestType.AVATAR, role="chair")) == "chair"
    assert WORDS["role"](asked(request=RequestType.PARTICIPANT, role="chair")) == "none"


def test_readers_can_be_pickled() -> None:
    """A table of rules may be made in another process."""
    assert pickle.loads(pickle.dumps((WORDS, TEXTS))) == (WORDS, TEXTS)  # noqa: S301  our own
