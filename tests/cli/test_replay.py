"""Recorded calls are decided by two sets of rules, side by side."""

from __future__ import annotations

import asyncio
import gzip
import json
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

import pytest
from click.testing import CliRunner, Result

from policy.cli.main import cli
from policy.cli.replay import BATCH
from policy.directory.document import DirectoryFile
from policy.documents import load
from policy.errors import DirectoryError, RulesError
from tests.database import KEY
from tests.fakes.calls import BROWSER, ROOM_SYSTEM, Leg, Site
from tests.rules.folders import folder_with

if TYPE_CHECKING:
    from tests.database import Database

EXAMPLE: Final = Path(__file__).parents[2] / "examples" / "vdx" / "directory.yaml"
ROOM: Final = "730112@rooms.example.org"
LATE: Final = "{time: {from: '22:00', to: '23:00', zone: UTC}, alias: {exact: 721834@example.org}}"
RULES: Final = f"""
rules:
  - {{name: scanners, when: {{alias: {{regex: '9[0-9]+'}}}}, then: {{reject: closed}}}}
  - {{name: late, when: {LATE}, then: not_found}}
  - {{name: asleep, when: {{alias: {{exact: nobody@example.org}}}}, then: not_found}}
"""
CHANGED: Final = RULES.replace("{reject: closed}", f"{{room: {ROOM}}}")


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """Make the rules in force, and a candidate with one rule changed."""
    in_force = folder_with(tmp_path / "rules", **{"10-calls": RULES})
    return in_force, folder_with(tmp_path / "candidate", **{"10-calls": CHANGED})


@pytest.fixture
def calls(tmp_path: Path) -> Path:
    """Record calls as a support log of Pexip has them."""
    path = tmp_path / "support.log"
    legs = [Leg(Site(), ROOM_SYSTEM, alias) for alias in ("900123", ROOM, "900124")]
    legs.append(Leg(Site(), BROWSER, "721834@example.org"))
    path.write_text("".join(_line(leg) for leg in legs) + "something else\n")
    return path


def _line(leg: Leg, at: str = "2026-05-04T22:30:00Z") -> str:
    url = f"https://policy.example.org/policy/v1/service/configuration?{urlencode(leg.service())}"
    return f'{at} node7 Message="External policy request" Method="GET" URL="{url}" Timeout="5"\n'


def _replay(*words: object, typed: bytes | None = None, **environ: str) -> Result:
    words = ("replay", *words)
    return CliRunner(env=environ).invoke(cli, [str(each) for each in words], input=typed)


def _json(*words: object, typed: bytes | None = None) -> dict[str, object]:
    done = _replay(*words, "--directory", EXAMPLE, "--format", "json", typed=typed)
    document = json.loads(done.stdout)
    assert isinstance(document, dict)
    return document


def test_a_changed_rule_is_shown_with_examples(folders: tuple[Path, Path], calls: Path) -> None:
    """How many calls differ, by which rules, in what, and which calls these are."""
    in_force, candidate = folders

    done = _replay(
        calls, "--rules", in_force, "--candidate", candidate, "--directory", EXAMPLE,
        "--limit-examples", 1,
    )  # fmt: skip

    assert (done.exit_code, done.stderr) == (0, "")
    assert "4 calls compared, 2 differ (50 %)\n1 lines skipped: no policy requests\n" in done.stdout
    assert (
        "2 calls: scanners -> scanners (action, reason, text, result)\n"
        f"  {calls}:1: service 900123 from sip:c-"
    ) in done.stdout
    assert "    action: reject -> continue\n" in done.stdout
    assert "    text: closed -> -\n" in done.stdout
    assert f"{calls}:3" not in done.stdout
    assert "  late: 1 -> 1\n" in done.stdout
    assert "1 rules decided nothing: asleep\n" in done.stdout
    assert "alice" not in done.stdout


def test_equal_rules_give_no_difference(folders: tuple[Path, Path], calls: Path) -> None:
    """Nothing differs, and the exit code says so too."""
    in_force, _ = folders

    done = _replay(
        calls, "--rules", in_force, "--candidate", in_force, "--directory", EXAMPLE,
        "--fail-on-difference",
    )  # fmt: skip

    assert done.exit_code == 0
    assert "4 calls compared, 0 differ (0 %)" in done.stdout


def test_a_pipeline_can_fail_on_a_difference(folders: tuple[Path, Path], calls: Path) -> None:
    """Exit code 1, with the same report."""
    in_force, candidate = folders

    done = _replay(
        calls, "--rules", in_force, "--candidate", candidate, "--directory", EXAMPLE,
        "--fail-on-difference",
    )  # fmt: skip

    assert done.exit_code == 1
    assert "2 differ" in done.stdout


def test_json_says_the_same(folders: tuple[Path, Path], calls: Path) -> None:
    """For programs: every group, every rule, and what was skipped."""
    in_force, candidate = folders

    said = _json(calls, "--rules", in_force, "--candidate", candidate)

    assert (said["calls"], said["differing"], said["percent"]) == (4, 2, 50.0)
    assert said["idle"] == ["asleep"]
    assert said["skipped"] == {"no_request": 1, "broken": 0, "first": []}
    groups = said["groups"]
    assert isinstance(groups, list)
    assert groups[0]["differs"] == ["action", "reason", "text", "result"]
    assert len(groups[0]["examples"]) == 2
    assert {"name": "late", "before": 1, "after": 1} in said["rules"]  # type: ignore[operator]  # a list


@pytest.mark.parametrize(
    ("at", "late"), [("recorded", 1), ("2026-05-04T12:00:00Z", 0), ("2026-05-04T22:10", 1)]
)
def test_calls_are_decided_in_their_own_moment_or_in_one(
    folders: tuple[Path, Path], calls: Path, at: str, late: int
) -> None:
    """A time without an offset is UTC, as in a support log."""
    said = _json(calls, "--rules", folders[0], "--candidate", folders[0], "--at", at)

    assert {"name": "late", "before": late, "after": late} in said["rules"]  # type: ignore[operator]  # a list


def test_packed_files_and_standard_input_are_read(
    folders: tuple[Path, Path], calls: Path, tmp_path: Path
) -> None:
    """Several at once, whatever they are called."""
    packed = tmp_path / "support.log.1.gz"
    packed.write_bytes(gzip.compress(calls.read_bytes()))
    two = ("--rules", folders[0], "--candidate", folders[1])

    said = _json(packed, calls, "-", *two, typed=calls.read_bytes())

    assert (said["calls"], said["differing"]) == (12, 6)


def test_an_empty_file_is_no_difference(folders: tuple[Path, Path], tmp_path: Path) -> None:
    """Nobody has called, so nothing differs."""
    empty = tmp_path / "empty.log"
    empty.touch()

    said = _json(empty, "--rules", folders[0], "--candidate", folders[1])

    assert (said["calls"], said["percent"], said["groups"]) == (0, 0.0, [])


def test_broken_lines_are_told_with_their_places(folders: tuple[Path, Path], calls: Path) -> None:
    """The rest is replayed."""
    calls.write_text(calls.read_text() + '{"target": cut o')

    done = _replay(calls, "--rules", folders[0], "--candidate", folders[1], "--no-directory")

    assert "1 lines skipped: broken\n" in done.stdout
    assert f"  {calls}:6: line: begins like JSON, but is not: is it cut off?\n" in done.stdout


def test_only_some_types_are_replayed(folders: tuple[Path, Path], calls: Path) -> None:
    """Rules of other types are not called idle either."""
    said = _json(
        calls, "--rules", folders[0], "--candidate", folders[1], "--only", "avatar,location"
    )

    assert (said["calls"], said["idle"]) == (0, [])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--at", "noon"], "write recorded, now, or a time such as"),
        (["--at", "0001-01-01"], "no rule can know a time so far away"),
        (["--only", "service,calls"], "types are service, participant"),
    ],
)
def test_wrong_options_are_code_2(calls: Path, words: list[str], said: str) -> None:
    """And say what would be right."""
    done = _replay(calls, *words)

    assert done.exit_code == 2
    assert said in done.stderr


def test_wrong_rules_are_told_before_anything_is_read(
    folders: tuple[Path, Path], calls: Path
) -> None:
    """With file, line and column, as `check` tells them."""
    (folders[1] / "20-wrong.yaml").write_text("rules: [{nam: x}]\n")

    done = _replay(calls, "--rules", folders[0], "--candidate", folders[1], "--no-directory")

    assert isinstance(done.exception, RulesError)
    assert "20-wrong.yaml:1:" in str(done.exception)


async def test_facts_come_from_the_database_of_the_settings(
    folders: tuple[Path, Path], tmp_path: Path, database: Database
) -> None:
    """More calls than one batch, of which many lack the same."""
    await database.load(load(EXAMPLE, DirectoryFile))
    path = tmp_path / "calls.log"
    path.write_text(
        "".join(_line(Leg(Site(), ROOM_SYSTEM, alias)) for alias in (ROOM, "900")) * BATCH
    )
    two = ("--rules", folders[0], "--candidate", folders[1])
    keys = tmp_path / "keys"
    keys.write_text(KEY)

    done = await asyncio.to_thread(
        _replay,
        path,
        *two,
        VDX_POLICY_DATABASE_URL=database.dsn,
        VDX_POLICY_SECRETS_KEY_FILE=str(keys),
    )

    assert f"{2 * BATCH} calls compared, {BATCH} differ (50 %)" in done.stdout
    assert "result: - -> {" in done.stdout


def test_a_closed_database_is_told_with_a_way_out(
    folders: tuple[Path, Path], calls: Path, tmp_path: Path
) -> None:
    """One line, before any call is decided."""
    away = f"postgresql:///none?host={tmp_path}"

    done = _replay(calls, "--rules", folders[0], VDX_POLICY_DATABASE_URL=away)

    assert isinstance(done.exception, DirectoryError)
    assert "--directory FILE or --no-directory need none" in str(done.exception)


def _decided(**answered: object) -> str:
    target = "/policy/v1/service/configuration?" + urlencode({"local_alias": "900123"})
    return json.dumps({"at": "2026-05-04T10:00:00Z", "target": target, **answered}) + "\n"


def test_without_a_candidate_the_log_is_the_other_side(
    folders: tuple[Path, Path], tmp_path: Path
) -> None:
    """What was answered then, against what the rules say today."""
    path = tmp_path / "decisions.jsonl"
    same = _decided(action="reject", reason="BY_RULE", rule="scanners", answer=None)
    other = _decided(action="continue", reason="NO_RULE", rule="", answer=None)
    away = _decided(action="continue", reason="FALLBACK", rule="", answer=None)
    path.write_text(same + other + away)

    done = _replay(path, "--rules", folders[0], "--no-directory")

    assert "what was recorded -> rules " in done.stdout
    assert "2 calls compared, 1 differ (50 %)" in done.stdout
    assert "1 calls: no rule -> scanners (action, reason)" in done.stdout
    assert "  scanners: 1 -> 3\n" in done.stdout
    assert "note: 1 calls were not compared: the server could not decide then\n" in done.stdout


def test_rules_that_a_log_cannot_tell_are_named(folders: tuple[Path, Path], tmp_path: Path) -> None:
    """They look at who called, which the log hides."""
    folder_with(folders[0], **{"20": "rules: [{name: vip, when: {call_tag: vip}, then: continue}]"})
    path = tmp_path / "decisions.jsonl"
    path.write_text(_decided(action="reject", reason="BY_RULE", rule="scanners", answer=None))

    done = _replay(path, "--rules", folders[0], "--candidate", folders[0], "--no-directory")

    assert done.stdout.endswith("may do otherwise with real calls: vip\n")


def test_a_pipeline_fails_when_nothing_was_compared(
    folders: tuple[Path, Path], tmp_path: Path
) -> None:
    """The wrong file is no proof that nothing differs."""
    noise = tmp_path / "noise.log"
    noise.write_text("nothing of ours\n", encoding="utf-8")

    done = _replay(
        noise, "--rules", folders[0], "--candidate", folders[1], "--directory", EXAMPLE,
        "--fail-on-difference",
    )  # fmt: skip

    assert done.exit_code == 1
    assert "nothing was compared" in done.stderr
