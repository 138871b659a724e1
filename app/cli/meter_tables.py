"""Tables of meter files: what was read of one and what was reported, for a person to look at."""

from collections.abc import Iterator, Mapping
from typing import Any

import click
from rich.console import Console
from rich.table import Table

FINDINGS_SHOWN = 20
WIDTH = 120


def show_file(found: Mapping[str, Any]) -> None:
    """Print what a file says, series by series, and what was strange in it."""
    table = _table(
        "what the file says",
        ("series", "rows", "readings", "energy", "remainder", "missing", "refused"),
    )
    for item in found["series"]:
        for row in _rows(item):
            table.add_row(*row)
    Console(width=WIDTH).print(table)
    click.echo(
        f"{found['lines']:,} lines: {found['heading']} of heading, {found['blank']} blank, "
        f"{found['comments']} comments, {found['rows']:,} rows of series, "
        f"{found['skipped_rows']:,} passed over; "
        f"{found['readings']:,} readings of {found['cells']:,} values"
    )
    for code, count in found["findings"].items():
        click.echo(f"  {code}: {count:,}")
    for item in found["first_findings"][:FINDINGS_SHOWN]:
        place = f"line {item['line']}" + (f", column {item['column']}" if item["column"] else "")
        click.echo(f"    {place}: {item['code']}, {item['detail']}")


def show_devices(found: Mapping[str, Any]) -> None:
    """Print what was reported of each device, and what was refused or left out."""
    table = _table(
        "what was reported",
        ("device", "spans", "readings", "energy", "gaps", "findings", "left out"),
    )
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
        for line in _remarks(item):
            click.echo(f"  {device}{line}")
    for item in found["unknown_meters"]:
        click.echo(f"  no device for {' '.join(item['series'])}: {item['readings']:,} readings")


def _table(title: str, columns: tuple[str, ...]) -> Table:
    table = Table(title=title, title_justify="left")
    for number, column in enumerate(columns):
        table.add_column(column, justify="right" if number else "left")
    return table


def _rows(item: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """Yield a row for each direction of a series; one without readings has one too."""
    label = " ".join(item["series"])
    none = {"": {"readings": 0, "energy_wh": 0, "remainder_wh": "0"}}
    for direction, energy in (item["energies"] or none).items():
        yield (
            f"{label} {direction}".strip(),
            f"{item['rows']:,}",
            f"{energy['readings']:,}",
            f"{energy['energy_wh']:,} Wh",
            f"{energy['remainder_wh']} Wh",
            f"{item['missing_intervals']:,}",
            f"{sum(item['refused'].values()):,}",
        )


def _remarks(item: Mapping[str, Any]) -> Iterator[str]:
    """Yield what happened to readings of a device that were not reported."""
    for code, left in item["left_out"].items():
        drawn = f", drawn {left['drawn_wh']:,} Wh" if left["drawn_wh"] else ""
        yield f": {code}, {left['readings']:,} readings of {left['given_wh']:,} Wh{drawn}"
    for direction, energy_wh in item["aside"].items():
        yield f": {direction} does not count, {energy_wh:,} Wh"
    for refused in item["refused"]:
        yield f" from {refused['start']}: {refused['code']}, {refused['detail']}"
