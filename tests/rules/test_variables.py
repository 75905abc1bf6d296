"""What scripts see of a request."""

from __future__ import annotations

import pytest

from policy.rules.known import NeedsEntry
from policy.rules.variables import variables_of
from policy.scripts.script import compile_expression
from tests.rules.asking import asked


def test_only_a_script_that_wants_the_service_asks_the_directory() -> None:
    """A look-up for a script that reads the call alone would cost every call."""
    of_call = compile_expression("call_info.bandwidth > 1")
    of_service = compile_expression("service_config is none")

    assert "call_info" in variables_of(of_call, asked())
    with pytest.raises(NeedsEntry):
        variables_of(of_service, asked())
