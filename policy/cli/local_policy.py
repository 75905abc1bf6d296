"""`vdx-policy import-local-policy` and `export-local-policy`: scripts of Pexip's local policy."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from policy.cli.options import config_option, settings_from
from policy.decide.addresses import service_of
from policy.directory.checking import check_directory
from policy.directory.document import DirectoryFile, key_of
from policy.directory.memory import MemoryDirectory
from policy.directory.records import PermanentRoom
from policy.documents import Place, load
from policy.errors import DocumentError, RulesError, StartError
from policy.plans import plan_of
from policy.rules.files import load_rule_set
from policy.rules.job import Surroundings
from policy.rules.local.exporting import SCRIPTED, Site, export_rules
from policy.rules.local.importing import import_script
from policy.rules.local.rooms import Rooms
from policy.scripts.script import MAX_SCRIPT
from policy.wire.vocabulary import RequestType

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from policy.decide.grounds import Plan
    from policy.directory.records import Target
    from policy.rules.local.exporting import Export
    from policy.settings import Settings

_FILE: Final = click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path)
_FOLDER: Final = click.Path(exists=True, file_okay=False, path_type=Path)
_OUTPUT: Final = click.Path(dir_okay=False, path_type=Path)
_TYPES: Final = click.Choice([each.value for each in SCRIPTED])
_PINS: Final = ("pin", "guest_pin")

_output_option = click.option(
    "-o", "--output", type=_OUTPUT, help="Write to this new file, not to stdout."
)


@click.command("import-local-policy")
@click.argument("file", type=_FILE)
@click.option("--type", "request", type=_TYPES, help="Which script it is; else it is guessed.")
@click.option("--name", help="The name of the rule; else that of the file.")
@_output_option
def import_local_policy(
    file: Path, request: str | None, name: str | None, output: Path | None
) -> None:
    """Make a rule file of a Jinja2 script of Pexip's local policy; `-` reads stdin.

    What the script only refuses or redirects becomes rules of its own; any other script becomes
    one rule with `expr`.
    """
    source = "stdin" if str(file) == "-" else str(file)
    stem = "imported" if str(file) == "-" else file.stem
    wanted = RequestType(request) if request else None
    made = import_script(_read(file, source), source, name or stem, wanted)
    _write(made.text, output)
    for note in made.notes:
        click.echo(f"{source}: {note}", err=True)


@click.command("export-local-policy")
@click.argument("folder", type=_FOLDER, required=False)
@config_option
@click.option(
    "--type", "request", type=_TYPES, default="service", show_default=True, help="Which script."
)
@click.option("--rooms/--no-rooms", default=False, help="Write out the directory's rooms too.")
@click.option("--directory", type=_FILE, help="The directory file that has the rooms.")
@click.option("--with-pins", is_flag=True, help="Also rooms with PINs: the script shows them.")
@_output_option
def export_local_policy(  # noqa: PLR0913  one for each option
    folder: Path | None,
    config: Path | None,
    request: str,
    *,
    rooms: bool,
    directory: Path | None,
    with_pins: bool,
    output: Path | None,
) -> None:
    """Write the rules that fit as a script of Pexip's local policy, for when the server is away.

    Rules that do not fit are told on stderr; their calls are left to the platform.
    """
    if rooms is not (directory is not None):
        raise click.UsageError("--rooms and --directory go together")
    settings = settings_from(config)
    plan = plan_of(settings)
    path = folder or settings.rules.folder
    loaded = load_rule_set(path, Surroundings(settings.platform, frozenset(settings.upstreams)))
    written_out = _rooms(directory, settings, plan, with_pins=with_pins) if directory else Rooms()
    completes = bool(plan.dialling.default_domain or plan.dialling.location_domains)
    site = Site(plan.own_nodes, written_out, loaded.version, completes=completes)
    export = export_rules(loaded.rules, RequestType(request), site)
    _tell(export, request)
    if export.too_long_by:
        raise RulesError([Place(str(path)).problem(_too_long(export))])
    _write(export.text + "\n", output)


def _tell(export: Export, request: str) -> None:
    for rule in export.left_out:
        click.echo(f"{rule.place}: rule {rule.name!r} is left out: {rule.why}", err=True)
    left = len(export.left_out)
    click.echo(f"{request}: {export.written} rules written, {left} left out", err=True)
    if request == RequestType.LOCATION:
        click.echo(
            "location: nodes do not tell these scripts whether the policy server has answered: "
            "switch the script on for the day only",
            err=True,
        )


def _too_long(export: Export) -> str:
    return (
        f"the script is {export.too_long_by} characters longer than the {MAX_SCRIPT} that a node "
        f"takes; the largest rules: {export.largest()}"
    )


def _rooms(path: Path, settings: Settings, plan: Plan, *, with_pins: bool) -> Rooms:
    parsed = load(path, DirectoryFile)
    check_directory(parsed, settings.platform)
    directory = MemoryDirectory(parsed.value)
    services: dict[str, Mapping[str, object] | None] = {}
    for alias in _aliases(parsed.value):
        key = key_of(alias)
        target = directory.find_now(key).target
        text = f"{key.local}@{key.domain}" if key.domain else key.local
        services[text] = _service(target, with_pins=with_pins)
    domains = frozenset(row.domain for row in parsed.value.domains if not row.history_only)
    return Rooms(services, domains, plan.dialling)


def _aliases(file: DirectoryFile) -> Iterator[str]:
    for room in (*file.rooms, *file.bookings):
        yield from room.aliases
    yield from (device.alias for device in file.devices)
    yield from (held.alias for held in file.addresses)


def _service(target: Target | None, *, with_pins: bool) -> Mapping[str, object] | None:
    """Give what can be written out: no booking, for it opens and ends."""
    if not isinstance(target, PermanentRoom):
        return None
    # A permanent room is open at any time or at none.
    service = service_of(target, datetime.now(UTC))
    if service is None or (not with_pins and any(service.get(pin) for pin in _PINS)):
        return None
    return service


def _read(file: Path, source: str) -> str:
    try:
        written = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
        return written.decode("utf-8")
    except UnicodeDecodeError as exc:
        raise DocumentError([Place(source).problem("is not UTF-8 text")]) from exc
    except OSError as exc:
        said = (exc.strerror or "cannot be read").lower()
        raise DocumentError([Place(source).problem(said)]) from exc


def _write(text: str, output: Path | None) -> None:
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        with output.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as exc:
        raise StartError(f"{output}: is there already, left as it is") from exc
    except OSError as exc:
        raise StartError(f"{output}: {(exc.strerror or 'cannot be written').lower()}") from exc
