"""`eac export`: the log as static files that outlive this registry."""

import json
from pathlib import Path

import click

from app.cli.progress import stages
from app.factory import make_storage
from app.services.export import export
from app.settings import Settings


@click.command("export")
@click.option("--to", "folder", type=click.Path(path_type=Path), required=True, help="The folder.")
@click.option("--json", "is_json", is_flag=True, help="Print one JSON object.")
def export_command(*, folder: Path, is_json: bool) -> None:
    """Write checkpoint, tiles, seals, schemas, documents and readings into a folder."""
    storage = make_storage(Settings.from_environ())
    try:
        storage.check()
        with storage.log() as log, stages() as show:
            size = export(log, folder, progress=lambda done, of: show("export", done, of))
    finally:
        storage.close()
    if is_json:
        click.echo(json.dumps({"export": str(folder.absolute()), "size": size}))
    else:
        click.echo(f"exported {size} leaves to {folder}")
