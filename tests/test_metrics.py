"""What is counted, under which labels, and that nobody can be recognised in it."""

from __future__ import annotations

from typing import Final

import pytest
from prometheus_client import REGISTRY, Metric

from policy import metrics
from policy.wire.vocabulary import Action, RequestType
from tests.fakes.calls import BROWSER, H323_ENDPOINT, ROOM_SYSTEM, S4B_CLIENT
from tests.fakes.directory import FakeDirectory
from tests.fakes.node import FakeNode
from tests.handlers.asking import (
    ALIAS,
    CALL,
    NAME,
    PIN,
    REGISTRATION,
    ROOM,
    SERVICE,
    BrokenDirectory,
    get,
    send,
)
from tests.running import running

CALLERS: Final = (ROOM_SYSTEM, H323_ENDPOINT, S4B_CLIENT, BROWSER)


def ours() -> list[Metric]:
    """List the metrics of this program."""
    return [each for each in REGISTRY.collect() if each.name.startswith("policy_")]


async def exposed() -> str:
    """Make calls of every kind, good and bad, and give what /metrics then says."""
    async with running(FakeDirectory(ROOM)) as url, FakeNode(url) as node:
        for caller in CALLERS:
            await node.sip_call(ALIAS, caller=caller)
        await node.ask("service", {**CALL, "protocol": NAME, "call_direction": PIN})
        await node.register(ALIAS, protocol=NAME)
        await node.search_phonebook(NAME, asker=ALIAS)
        await node.fetch_avatar(ALIAS)
        await get(url, f"/{ALIAS}{SERVICE}?local_alias={PIN}")
        await get(url, f"{REGISTRATION}/{ALIAS}?auth_type={PIN}&protocol={PIN}")
        await send(url, f"GET /{NAME} HTTP/1.1\r\n\r\n".encode())
        async with running(BrokenDirectory()) as broken, FakeNode(broken) as other:
            await other.ask("service", CALL)
        return (await get(url, "/metrics")).body.decode()


async def test_nobody_is_recognised_in_the_metrics() -> None:
    """Whoever reads /metrics learns no alias, name, address or PIN of anybody."""
    text = await exposed()

    words = {ALIAS, ALIAS.partition("@")[0], NAME, PIN, "bo.lind", "r-1"}
    for caller in CALLERS:
        words |= {caller.display_name, caller.alias.partition(":")[2], caller.address}
    assert "policy_handlers_requests_total{" in text
    assert [word for word in sorted(words - {""}) if f'"{word}"' in text] == []
    assert "@" not in text


async def test_labels_are_words_of_ours() -> None:
    """Odd requests make no new series: every label is one of a closed set."""
    before = {sample.name for metric in ours() for sample in metric.samples}
    await exposed()
    first = sum(len(metric.samples) for metric in ours())

    for number in range(20):
        async with running(FakeDirectory(ROOM)) as url, FakeNode(url) as node:
            await node.ask(
                "service", {**CALL, "local_alias": str(number), "protocol": f"p{number}"}
            )
    second = sum(len(metric.samples) for metric in ours())

    assert before != set()
    assert second - first <= 2  # UNKNOWN_ALIAS may not have been counted before, and its time


async def test_requests_are_labelled_by_type_action_and_reason() -> None:
    """The words are those of the answers, so that a log line and a graph can be compared."""
    await exposed()

    samples = [each for metric in ours() for each in metric.samples if "request" in each.labels]
    types = {each.labels["request"] for each in samples}
    actions = {each.labels["action"] for each in samples if "action" in each.labels}
    assert types <= {each.value for each in RequestType}
    assert {"service", "participant", "registration"} <= types
    assert actions <= {each.value for each in Action}


@pytest.mark.parametrize("metric", ours(), ids=lambda each: each.name)
def test_every_metric_explains_itself(metric: Metric) -> None:
    """A name of package, thing and unit, and a sentence of help."""
    package = metric.name.split("_")[1]

    assert package in {"handlers", "directory", "rules"}
    assert metric.documentation.endswith(".")
    assert metrics.__doc__ is not None
