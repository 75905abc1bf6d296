"""Result files tell what was measured, on what, and whether it is enough."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from load.counts import by_label
from load.results import Target, keep, table

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_a_result_file_is_whole(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Machine, versions, figures and targets, rounded to what they are worth."""
    missed = Target("hits", 1.0, 0.98765)

    keep("hits", "about it", {"medians": {"a": {"p99_ms": 1.23456}}}, [missed], tmp_path)

    (path,) = tmp_path.glob("*-hits.json")
    kept = json.loads(path.read_text(encoding="utf-8"))
    assert {"profile", "machine", "python", "versions", "medians", "targets"} == kept.keys()
    assert kept["medians"] == {"a": {"p99_ms": 1.235}}
    assert kept["targets"][0]["met"] is False
    assert "| hits | >= 1 | 0.988 | NO |" in capsys.readouterr().out


def test_a_target_is_met_on_its_own_side() -> None:
    """A ratio must be large enough, a time small enough."""
    assert Target("ratio", 0.9, 0.9).is_met
    assert not Target("p99", 10, 10.1, at_least=False).is_met


def test_a_table_leaves_out_what_was_not_measured() -> None:
    """Instructions cannot be counted everywhere."""
    told = table({"a": {"p50_ms": 0.5, "instructions_per_request": None}})
    assert told == "| | p50 ms |\n|---|---:|\n| a | 0.5 |"


def test_counts_add_up_by_label() -> None:
    """Of one request type, by reason, whatever else there is."""
    text = (
        "# TYPE policy_handlers_requests_total counter\n"
        'policy_handlers_requests_total{action="continue",reason="OK",request="service"} 3.0\n'
        'policy_handlers_requests_total{action="reject",reason="OK",request="service"} 4.0\n'
        'policy_handlers_requests_total{action="x",reason="OK",request="avatar"} 9.0\n'
    )
    metric = "policy_handlers_requests_total"
    assert by_label(text, metric, "reason", request="service") == {"OK": 7}
