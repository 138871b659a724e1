"""The demo's story for a person: what came in, what came of it, and how to go on."""

import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from app.audit.findings import Report
from app.demo.journey import Story
from app.reporting.totals import Totals
from app.settings import Settings


def show_story(
    settings: Settings, folder: Path, story: Story, totals: Totals, report: Report
) -> None:
    """Print what is remarkable, the totals, and where everything is."""
    console = Console(highlight=False, soft_wrap=True)
    _show_remarks(console, story)
    console.print(_table(totals, report))
    console.print(f"database  {settings.shown_database}")
    console.print(f"export    {folder}")
    console.print(f"genesis   {report.genesis}")
    command = sys.argv[0]
    console.print("\naudit it yourself:")
    console.print(f"  {command} audit {folder} --genesis {report.genesis}")
    console.print("serve it:")
    console.print(f"  EAC_HOME={settings.home} {command} serve")


def _show_remarks(console: Console, story: Story) -> None:
    console.print(f"\n{len(story.refused)} fossil series refused by the rules:")
    for series, code in story.refused:
        point, network, unit, fuel = series.series
        console.print(f"  {point} {network} {unit} ({fuel}, {series.energy_wh:,} Wh): {code}")
    console.print("readings over the registered capacity, accepted on the record:")
    for name, count in story.findings.items():
        console.print(f"  {name}: {count:,} half-hours")
    console.print("capacity taken from the largest reading (no register row), issued by hand:")
    console.print(f"  {', '.join(device.fleet.name for device in story.flagged)}")
    console.print("gaps kept and declared:")
    for device in story.gaps:
        hours = sum(gap.end - gap.start for gap in device.gaps) // 3_600_000
        console.print(f"  {device.fleet.name}: {hours} hours")
    console.print("less than one certificate, energy kept for a later issue:")
    for device in story.not_issued:
        console.print(f"  {device.fleet.name}: {device.fleet.energy_wh:,} Wh")
    console.print("retired for (house load of generators is not deducted):")
    for consumer in story.retired_for:
        console.print(
            f"  {consumer.name} {consumer.point}: {consumer.energy_wh // 1_000_000:,} MWh"
        )


def _table(totals: Totals, report: Report) -> Table:
    table = Table(title="New Zealand, April 2024", show_header=False)
    table.add_column()
    table.add_column(justify="right")
    rows = (
        ("devices", f"{totals.devices:,}"),
        ("readings", f"{totals.readings:,}"),
        ("energy", f"{totals.energy_wh:,} Wh"),
        ("certificates issued", f"{totals.issued:,}"),
        ("certificates held", f"{totals.states.get('active', 0):,}"),
        ("certificates retired", f"{totals.states.get('retired', 0):,}"),
        ("carried to later issues", f"{totals.carried_wh:,} Wh"),
        ("operations", f"{totals.operations:,}"),
        ("blocks", f"{totals.blocks:,}"),
        ("audit of the export", report.verdict),
    )
    for name, value in rows:
        table.add_row(name, value)
    return table
