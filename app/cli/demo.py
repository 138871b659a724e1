"""`eac demo`: the main job in one command, on bundled real data, ending in an audited export."""

import json
from pathlib import Path

import click

from app.audit.findings import Report
from app.audit.sources import Folder
from app.audit.walk import Anchor, audit
from app.cli.progress import stages
from app.cli.story import show_story
from app.demo.domain import FOUNDING
from app.demo.journey import Journey, Story
from app.factory import establish, open_registry
from app.reporting.totals import Totals, read_totals
from app.services.export import export
from app.settings import Settings


@click.command("demo")
@click.option(
    "--home",
    type=click.Path(path_type=Path),
    default=Path("eac-demo"),
    show_default=True,
    help="Where database, keys and export go; an unfinished demo there goes on.",
)
@click.option("--json", "is_json", is_flag=True, help="Print one JSON object last.")
def demo_command(*, home: Path, is_json: bool) -> None:
    """Read New Zealand's April 2024, issue, transfer and retire its certificates, and audit it."""
    settings = Settings.from_environ().at(home)
    genesis, _ = establish(settings, FOUNDING)
    folder = home.absolute() / "export"
    with stages() as show:
        with open_registry(settings) as registry:
            story = Journey(registry, show).run()
            totals = read_totals(registry.storage)
            with registry.storage.log() as log:
                export(log, folder, progress=lambda done, of: show("export", done, of))
        report = audit(
            Folder(folder),
            anchor=Anchor(genesis=genesis),
            progress=lambda done, of: show("audit the export", done, of),
        )
    if is_json:
        click.echo(json.dumps(_plain(settings, folder, story, totals, report)))
    else:
        show_story(settings, folder, story, totals, report)
    if not report.is_sound:
        raise SystemExit(1)


def _plain(
    settings: Settings, folder: Path, story: Story, totals: Totals, report: Report
) -> dict[str, object]:
    return {
        "devices": totals.devices,
        "refused_series": len(story.refused),
        "readings": totals.readings,
        "energy_wh": totals.energy_wh,
        "certificates_issued": totals.issued,
        "certificates_retired": totals.states.get("retired", 0),
        "carried_wh": totals.carried_wh,
        "operations": totals.operations,
        "blocks": totals.blocks,
        "genesis": report.genesis,
        "audit": {
            "ok": report.is_sound,
            "anchored": report.anchored,
            "findings": report.plain["findings"],
        },
        "database": settings.shown_database,
        "export": str(folder),
    }
