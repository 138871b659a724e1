"""`eac measurements`: meter files as they are, looked at and imported by a layout."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from app.cli.meter_sources import Show, Source
from app.cli.meter_tables import show_devices, show_file
from app.cli.progress import stages
from app.factory import Registry, open_registry
from app.layouts.describing import describe
from app.layouts.layout import Layout
from app.layouts.shelf import Shelf, read_layout
from app.registry.errors import RefusalError
from app.registry.fields import ID
from app.services.files import digest_of, import_file, plain_tally
from app.services.importing import Importer, Reporter
from app.services.streams import Reading
from app.settings import Settings
from app.storage.files import FileRows

_PATH = click.Path(exists=True, dir_okay=False, path_type=Path)


def _layout(_: click.Context, __: click.Parameter, name: str | None) -> Layout | None:
    """Return a layout that is installed, or the one that a file declares."""
    shelf = Shelf(Settings.from_environ().home / "layouts")
    if name is None or name in shelf.names():
        return None if name is None else shelf.find(name)
    path = Path(name)
    if not path.is_file():
        raise click.BadParameter(f"neither a file nor one of {', '.join(shelf.names())}")
    return read_layout(path)


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
        found = plain_tally(Source(path=file, layout=layout).check(stream, show))
    if is_json:
        click.echo(json.dumps({"file": found}))
    else:
        show_file(found)


@measurements_command.command("import")
@click.argument("file", type=_PATH)
@_LAYOUT
@click.option("--by", required=True, help="Id of the measurement body that reports.")
@click.option("--person", help="Id of the person who acts for it.")
@click.option("--device", help="Id or GSRN of the device, where the file has one series.")
@click.option(
    "--devices",
    "table",
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
    table: Path | None,
    deduct: Path | None,
    deduct_layout: Layout | None,
    deduct_devices: Path | None,
    is_json: bool,
) -> None:
    """Report FILE's readings, device by device; what is refused or left out is told.

    The same file again goes on where it was cut off; once nothing of it is left, it is refused.
    """
    ID.parse(by, "/by")
    if device is not None and table is not None:
        raise click.UsageError("--device or --devices, not both")
    source = Source(path=file, layout=layout, device=device, table=table)
    others = _others(deduct, deduct_layout, deduct_devices, device)
    with open_registry(Settings.from_environ()) as registry, stages() as show:
        drawn = {} if others is None else others.drawn(registry, show)
        found = _import(registry, source, drawn, (by, person), show)
    if is_json:
        click.echo(json.dumps(found))
        return
    show_file(found["file"])
    show_devices(found)


def _others(
    path: Path | None, layout: Layout | None, table: Path | None, device: str | None
) -> Source | None:
    """Return the file of what is deducted; of the same device where that is named."""
    if path is not None and layout is not None:
        named = None if table is not None else device
        return Source(path=path, layout=layout, device=named, table=table)
    if (path, layout, table) != (None, None, None):
        raise click.UsageError("--deduct and --deduct-layout go together")
    return None


def _import(
    registry: Registry,
    source: Source,
    drawn: Mapping[str, Sequence[Reading]],
    who: tuple[str, str | None],
    show: Show,
) -> dict[str, Any]:
    """Return what was read of a file and what became of it; keep it once nothing is left."""
    storage, kept, (by, person) = registry.storage, FileRows(registry.storage.database), who
    origin = registry.identity.origin
    with source.path.open("rb") as stream:
        digest = digest_of(stream)
        if kept.find(by, digest) is not None:
            raise RefusalError("duplicate-report", "this file was imported before")
        tally = source.check(stream, show)
        importer = Importer(
            record=registry.record,
            reporter=Reporter(origin=origin, by=by, person=person, seed=digest),
            devices=source.devices(registry, tally),
            now_ms=storage.look([])[1],
            drawn=drawn,
            are_negatives_flagged=source.layout.amount.negative == "zero",
        )
        imported = import_file(
            source.open(stream), importer, source.progress("import", stream, show)
        )
    found = imported.plain
    if imported.is_done:
        told = json.dumps({"imported": found})
        kept.add(by, digest, layout=source.layout.name, tally=told)
    return found
