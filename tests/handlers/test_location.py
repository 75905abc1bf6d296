"""Media location over HTTP: what cases cannot say."""

from __future__ import annotations

from policy.rules.syntax import parse_rules
from policy.rules.table import RuleTable
from tests.fakes.directory import FakeDirectory
from tests.fakes.node import FakeNode
from tests.fakes.verdict import Kind, Outcome
from tests.running import running

RULES = """
rules:
  - name: north
    for: location
    when: {organisation: north}
    then:
      location: {location: Aalborg}
"""


async def test_a_node_chooses_by_itself_while_the_directory_is_away() -> None:
    """No opinion is 404: an answer without a location may count as a failure."""
    directory = FakeDirectory()
    directory.is_away = True
    table = RuleTable([each.rule for each in parse_rules(RULES, "rules.yaml")])

    async with running(directory, table) as url, FakeNode(url) as node:
        verdict = await node.ask(Kind.LOCATION, {"local_alias": "ward7@example.org"})

    assert (verdict.outcome, verdict.status) == (Outcome.OWN_CONFIGURATION, 404)
