"""`eac measurements`: meter files as they are, looked at and imported by a layout."""

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from app.cli.progress import stages
from app.factory import Registry, open_registry
from app.layouts.describing import describe
from app.layouts.findings import SeriesKey
from app.layouts.layout import Layout
from app.layouts.parsing import parse_layout
from app.layouts.shelf import Shelf
from app.layouts.tallies import FileTally
from app.registry.errors import RefusalError
from app.registry.fields import ID
from app.reporting.metered import find_metered
from app.services.files import (
    check_file,
    devices_of,
    digest_of,
    import_file,
    open_file,
    plain_tally,
)
from app.services.importing import Importer, Reporter, flows_of
from app.services.intake import Reading
from app.services.metering import Metered
from app.services.meters import Meters
from app.settings import Settings
from app.storage.files import FileRows
from app.storage.meters import MeterTable

_PATH = click.Path(exists=True, dir_okay=False, path_type=Path)
FINDINGS_SHOWN = 20
WIDTH = 120


def _layout(_: click.Context, __: click.Parameter, name: str | None) -> Layout | None:
    """Return a layout that is installed, or the one that a file declares."""
    shelf = Shelf(Settings.from_environ().home / "layouts")
    if name is None or name in shelf.names():
        return None if name is None else shelf.find(name)
    path = Path(name)
    if not path.is_file():
        raise click.BadParameter(f"neither a file nor one of {', '.join(shelf.names())}")
    return parse_layout(text=path.read_text(encoding="utf-8"))


_LAYOUT = click.option(
    "--layout", required=True, callback=_layout, help="An installed layout, or a layout file."
)
_JSON = click.option("--json", "is_json", is_flag=True, help="Print one JSON object.")


@click.group("measurements")
def measurements_command() -> None:
    """Read meter files by layouts: small declarative files that say how an export reads."""


@measurements_command.command("layouts")
def layouts_command() -> None:
    """Say what the installed layouts read."""
    shelf = Shelf(Settings.from_environ().home / "layouts")
    for name in shelf.names():
        click.echo(f"{name}: {' '.join(describe(layout=shelf.find(name)))}")


@measurements_command.command("check")
@click.argument("file", type=_PATH)
@_LAYOUT
@_JSON
def check_command(*, file: Path, layout: Layout, is_json: bool) -> None:
    """Show what would be read of FILE, before anything is."""
    with file.open("rb") as stream, stages() as show:
        size = file.stat().st_size
        tally = check_file(stream, layout, lambda _: show("check", stream.tell(), size))
    found = plain_tally(tally)
    if is_json:
        click.echo(json.dumps({"file": found}))
        return
    _show_file(found)


@measurements_command.command("import")
@click.argument("file", type=_PATH)
@_LAYOUT
@click.option("--by", required=True, help="Id of the measurement body that reports.")
@click.option("--person", help="Id of the person who acts for it.")
@click.option("--device", help="Id or GSRN of the device, where the file has one series.")
@click.option(
    "--devices",
    type=_PATH,
    help="CSV: series columns and `device`; else the meters that are known.",
)
@click.option("--deduct", type=_PATH, help="A file of what the same points drew (R12).")
@click.option("--deduct-layout", callback=_layout, help="Its layout.")
@click.option("--deduct-devices", type=_PATH, help="Its table of devices.")
@_JSON
def import_command(  # noqa: PLR0913 - one parameter for each option
    *,
    file: Path,
    layout: Layout,
    by: str,
    person: str | None,
    device: str | None,
    devices: Path | None,
    deduct: Path | None,
    deduct_layout: Layout | None,
    deduct_devices: Path | None,
    is_json: bool,
) -> None:
    """Report FILE's readings, device by device; what is refused or left out is told.

    The same file again goes on where it was cut off; once it is done, it is refused.
    """
    ID.parse(by, "/by")
    with open_registry(Settings.from_environ()) as registry, stages() as show:
        size = file.stat().st_size
        drawn: Mapping[str, Sequence[Reading]] = {}
        if deduct is not None and deduct_layout is not None:
            drawn = _drawn(registry, deduct, deduct_layout, deduct_devices)
        with file.open("rb") as stream:
            digest = digest_of(stream)
            kept = FileRows(registry.storage.database)
            if kept.find(by, digest) is not None:
                raise RefusalError("duplicate-report", "this file was imported before")
            tally = check_file(stream, layout, lambda _: show("check", stream.tell(), size))
            importer = Importer(
                record=registry.record,
                reporter=Reporter(
                    origin=registry.identity.origin, by=by, person=person, seed=digest
                ),
                devices=_devices(registry, layout, tally, device, devices),
                now_ms=registry.storage.look([])[1],
                drawn=drawn,
                are_negatives_flagged=layout.amount.negative == "zero",
            )
            opened = open_file(stream, layout)
            imported = import_file(opened, importer, lambda _: show("import", stream.tell(), size))
        found = imported.plain
        kept.add(by, digest, layout=layout.name, tally=json.dumps({"imported": found}))
    if is_json:
        click.echo(json.dumps(found))
        return
    _show_file(found["file"])
    _show_devices(found)


def _devices(
    registry: Registry, layout: Layout, tally: FileTally, device: str | None, table: Path | None
) -> dict[SeriesKey, Metered]:
    """Return the device of each series: as a table says, or the meters that the registry knows.

    Raises RefusalError for a device that nobody knows.
    """
    named: dict[SeriesKey, str] = {}
    if table is not None:
        with table.open(encoding="utf-8-sig", newline="") as lines:
            try:
                named = devices_of(layout, csv.DictReader(lines))
            except KeyError as error:
                raise click.BadParameter(f"{table} has no column {error}") from error
    elif device is not None and not layout.series:
        named = {(): device}
    else:
        meters = Meters(MeterTable(registry.storage.database))
        named = meters.devices(layout=layout.name, series=list(tally.series))
    rows = find_metered(registry.storage, named.values())
    missing = sorted(set(named.values()) - rows.keys())
    if missing:
        raise RefusalError("not-found", f"no such device: {', '.join(missing[:5])}")
    known = {name: Metered.of(*found) for name, found in rows.items()}
    return {series: known[name] for series, name in named.items()}


def _drawn(
    registry: Registry, path: Path, layout: Layout, table: Path | None
) -> Mapping[str, Sequence[Reading]]:
    """Return by device what other meters of it drew, in order of time."""
    with path.open("rb") as stream:
        tally = check_file(stream, layout)
        devices = _devices(registry, layout, tally, None, table)
        found: dict[str, list[Reading]] = {metered.device: [] for metered in devices.values()}
        for day in open_file(stream, layout):
            if day.series in devices:
                found[devices[day.series].device] += flows_of([day])
    return {device: sorted(readings, key=_when) for device, readings in found.items()}


def _when(reading: Reading) -> int:
    return reading.flow.start


def _show_file(found: Mapping[str, Any]) -> None:
    table = Table(title="what the file says", title_justify="left")
    for column in ("series", "rows", "readings", "energy", "remainder", "missing", "refused"):
        table.add_column(column, justify="left" if column == "series" else "right")
    for item in found["series"]:
        for direction, energy in item["energies"].items():
            table.add_row(
                f"{' '.join(item['series'])} {direction}".strip(),
                f"{item['rows']:,}",
                f"{energy['readings']:,}",
                f"{energy['energy_wh']:,} Wh",
                f"{energy['remainder_wh']} Wh",
                f"{item['missing_intervals']:,}",
                f"{sum(item['refused'].values()):,}",
            )
    Console(width=WIDTH).print(table)
    click.echo(
        f"{found['lines']:,} lines: {found['heading']} of heading, {found['blank']} blank, "
        f"{found['comments']} comments, {found['rows']:,} rows of which {found['skipped_rows']:,} "
        f"passed over; {found['readings']:,} readings of {found['cells']:,} values"
    )
    for code, count in found["findings"].items():
        click.echo(f"  {code}: {count:,}")
    for item in found["first_findings"][:FINDINGS_SHOWN]:
        place = f"line {item['line']}" + (f", column {item['column']}" if item["column"] else "")
        click.echo(f"    {place}: {item['code']}, {item['detail']}")


def _show_devices(found: Mapping[str, Any]) -> None:
    table = Table(title="what was reported", title_justify="left")
    for column in ("device", "spans", "readings", "energy", "gaps", "findings", "left out"):
        table.add_column(column, justify="left" if column == "device" else "right")
    for device, item in found["devices"].items():
        table.add_row(
            device,
            f"{item['spans']:,}",
            f"{item['readings']:,}",
            f"{item['energy_wh']:,} Wh",
            f"{item['gaps']:,}",
            f"{sum(item['findings'].values()):,}",
            f"{sum(left['readings'] for left in item['left_out'].values()):,}",
        )
    Console(width=WIDTH).print(table)
    for device, item in found["devices"].items():
        for code, left in item["left_out"].items():
            click.echo(
                f"  {device}: {code}, {left['readings']:,} readings of {left['given_wh']:,} Wh"
            )
        for refused in item["refused"]:
            click.echo(
                f"  {device} from {refused['start']}: {refused['code']}, {refused['detail']}"
            )
    for item in found["unknown_meters"]:
        click.echo(f"  no device for {' '.join(item['series'])}: {item['readings']:,} readings")
