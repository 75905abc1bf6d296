"""What goes back, before it is HTTP."""

from __future__ import annotations

import orjson

from policy.handlers.replies import Reply, refusal


def test_a_reply_becomes_a_response() -> None:
    """Status, type and body as they are."""
    response = Reply(200, "image/jpeg", b"\xff\xd8").response()

    assert (response.status, response.content_type, response.body) == (
        200,
        "image/jpeg",
        b"\xff\xd8",
    )


def test_a_reply_without_a_type_has_no_body() -> None:
    """A node expects nothing beside the status."""
    response = Reply(404, "", b"").response()

    assert (response.status, response.body) == (404, None)
    assert "Content-Type" not in response.headers


def test_a_refusal_says_why() -> None:
    """As JSON, with the headers that belong to it."""
    response = refusal(405, "method not allowed", Allow="GET,HEAD")

    assert isinstance(response.body, bytes)
    assert response.status == 405
    assert response.headers["Allow"] == "GET,HEAD"
    assert response.headers["Content-Type"] == "application/json; charset=utf-8"
    assert orjson.loads(response.body) == {"status": "fail", "reason": "method not allowed"}
