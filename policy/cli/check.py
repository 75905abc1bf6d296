"""`vdx-policy check`: say what is wrong with settings and rules, without starting anything."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from policy.casebook.files import check_folder, load_casebooks
from policy.cli.directories import directory_of_file, directory_of_site
from policy.cli.findings import FORMATS, Findings
from policy.cli.options import config_option, settings_from
from policy.directory.checking import check_directory
from policy.directory.document import DirectoryFile
from policy.directory.existing import find_missing
from policy.directory.memory import MemoryDirectory
from policy.directory.sealing import Seal
from policy.directory.uploads import read_pictures
from policy.documents import load
from policy.errors import DocumentError, RulesError
from policy.plans import plan_of
from policy.rules.files import TEST_SUFFIX, load_rule_file, load_rule_set
from policy.rules.job import Surroundings
from policy.rules.known import keys_of
from policy.wire.alias import parse_alias

if TYPE_CHECKING:
    from policy.directory.lookup import Directory
    from policy.directory.records import AddressKey
    from policy.rules.files import RuleSet
    from policy.rules.rule_checks import NamedRoom
    from policy.settings import Settings

_FAILED = 2


@click.command()
@click.argument("path", required=False, type=click.Path(exists=True, path_type=Path))
@config_option
@click.option(
    "--format",
    "form",
    type=click.Choice(list(FORMATS)),
    default="text",
    help="How to tell: text for people and editors, json, or github for workflows.",
)
@click.option("--strict", is_flag=True, help="Let warnings fail the check as well.")
@click.option(
    "--directory",
    "rows",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Directory file that must have the rooms that rules name.",
)
@click.option("--database", is_flag=True, help="Look for these rooms in the database instead.")
def check(
    path: Path | None,
    config: Path | None,
    form: str,
    rows: Path | None,
    *,
    strict: bool,
    database: bool,
) -> None:
    """Check settings, rules with their tests, the key file and the seed.

    PATH is a folder of rules or one rule file; with it nothing else is checked. Every problem is
    told with file, line and column. Exit code 0 when the server would start with them, as far as
    can be said without its database; else 2, or 1 for a key file.
    """
    if rows is not None and database:
        raise click.UsageError("rooms are looked for in --directory or --database, not in both")
    findings = Findings()
    try:
        _check_all(findings, settings_from(config), path, rows, database=database)
    except DocumentError as exc:  # settings, without which nothing else can be looked at
        findings.problems += exc.problems
    is_failed = findings.is_failed(strict=strict)
    click.echo(FORMATS[form](findings), nl=False, err=form == "text")
    if form != "json" and not findings.problems:
        click.echo("\n".join(findings.summary))
    sys.exit(_FAILED if is_failed else 0)


def _check_all(
    findings: Findings, settings: Settings, path: Path | None, rows: Path | None, *, database: bool
) -> None:
    folder = path or settings.rules.folder
    rule_set = _check_rules(findings, settings, folder, is_alone=path is not None)
    seed = None
    if path is None:
        if settings.secrets.key_file is not None:
            Seal.load(settings.secrets.key_file)
        seed = _check_seed(findings, settings)
        findings.summary.append("settings: ok")
    if rule_set is None:
        return
    if rows is not None:
        _check_rooms(findings, rule_set, settings, directory_of_file(rows, settings))
    elif database:
        asyncio.run(_check_rooms_of_site(findings, rule_set, settings))
    elif seed is not None:
        _check_rooms(findings, rule_set, settings, seed, is_whole=False)


def _check_rules(
    findings: Findings, settings: Settings, path: Path, *, is_alone: bool
) -> RuleSet | None:
    # A recipe that is checked by itself has no settings that could know its upstreams.
    upstreams = frozenset(settings.upstreams) or (None if is_alone else frozenset())
    around = Surroundings(settings.platform, upstreams)
    if path.name.endswith(TEST_SUFFIX):
        raise click.UsageError(f"{path} holds tests: check its folder, {path.parent}")
    try:
        rule_set = load_rule_file(path, around) if path.is_file() else load_rule_set(path, around)
    except RulesError as exc:
        findings.problems += exc.problems
        _check_tests_alone(findings, path)
        return None
    findings.warnings += rule_set.warnings
    if path.is_dir():
        findings.problems += check_folder(path, rule_set, plan_of(settings))
    files = f"{rule_set.files} file{'s' * (rule_set.files != 1)}"
    size, version = len(rule_set.rules), rule_set.version
    findings.summary.append(f"rules: {size} in {files}, version {version}")
    return rule_set


def _check_tests_alone(findings: Findings, path: Path) -> None:
    """Find what is wrong with test files although their rules cannot be run."""
    try:
        load_casebooks(path)
    except DocumentError as exc:
        findings.problems += exc.problems


def _check_seed(findings: Findings, settings: Settings) -> MemoryDirectory | None:
    if settings.database.seed is None:
        return None
    try:
        seed = load(settings.database.seed, DirectoryFile)
        check_directory(seed, settings.platform)
        read_pictures(seed)
    except DocumentError as exc:
        findings.problems += exc.problems
        return None
    rows = seed.value
    findings.summary.append(f"seed: {len(rows.rooms)} rooms, {len(rows.bookings)} bookings")
    return MemoryDirectory(rows)


async def _check_rooms_of_site(findings: Findings, rule_set: RuleSet, settings: Settings) -> None:
    async with directory_of_site(settings) as directory:
        await _find_rooms(findings, rule_set, settings, directory, is_whole=True)


def _check_rooms(
    findings: Findings,
    rule_set: RuleSet,
    settings: Settings,
    directory: Directory,
    *,
    is_whole: bool = True,
) -> None:
    asyncio.run(_find_rooms(findings, rule_set, settings, directory, is_whole=is_whole))


async def _find_rooms(
    findings: Findings,
    rule_set: RuleSet,
    settings: Settings,
    directory: Directory,
    *,
    is_whole: bool,
) -> None:
    """Look for the rooms that rules name; a seed is only what the database begins with."""
    keys = {room: _keys(room, settings) for room in rule_set.rooms}
    missing = set(await find_missing(directory, (key for each in keys.values() for key in each)))
    for room, known in keys.items():
        if not missing.issuperset(known):
            continue
        alias = f"{room.key.local}@{room.key.domain}".removesuffix("@")
        problem = room.place.problem(f"{room.by}: nobody owns {alias!r} in the directory")
        # What a call is rewritten to may be answered by other rules.
        is_wrong = is_whole and room.by == "room"
        (findings.problems if is_wrong else findings.warnings).append(problem)


def _keys(room: NamedRoom, settings: Settings) -> tuple[AddressKey, ...]:
    """Give the keys that a rule may lead to: without a domain it is the caller's."""
    if room.key.domain:
        return (room.key,)
    dialling = settings.dialling
    domains = {dialling.default_domain or "", *dialling.location_domains.values()}
    alias = parse_alias(room.key.local)
    return tuple(dict.fromkeys(key for domain in domains for key in keys_of(alias, domain)))
