"""Meter files as the command line names them: a path, its layout, and whose its series are."""

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import click

from app.factory import Registry
from app.layouts.findings import SeriesKey
from app.layouts.layout import Layout
from app.layouts.reading import MeterFile
from app.layouts.tallies import FileTally
from app.registry.errors import RefusalError
from app.reporting.metered import find_measured
from app.services.files import check_file, devices_of, open_file, period_of
from app.services.importing import Progress, flows_of
from app.services.metering import Metered
from app.services.meters import Meters
from app.services.streams import Reading
from app.storage.meters import MeterTable

Show = Callable[[str, int, int], None]
"""Shows how far a named stage has come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A meter file: how it reads, and whose its series are.

    One device for a file of one series, or what a table says, or the meters that are known.
    """

    path: Path
    layout: Layout
    device: str | None = None
    table: Path | None = None

    def check(self, stream: BinaryIO, show: Show) -> FileTally:
        """Return what it says, read to its end. Raises MeterFileError."""
        return check_file(stream, self.layout, self.progress("check", stream, show))

    def progress(self, stage: str, stream: BinaryIO, show: Show) -> Progress:
        """Return what shows how far reading has come."""
        size = self.path.stat().st_size
        return lambda _: show(stage, stream.tell(), size)

    def open(self, stream: BinaryIO) -> MeterFile:
        """Return it to be read."""
        return open_file(stream, self.layout)

    def devices(self, registry: Registry, tally: FileTally) -> dict[SeriesKey, Metered]:
        """Return the device of each series. Raises RefusalError for one that nobody knows."""
        named = self._named(registry, tally)
        rows = find_measured(registry.storage, named.values(), *period_of(tally))
        missing = sorted(set(named.values()) - rows.keys())
        if missing:
            raise RefusalError("not-found", f"no such device: {', '.join(missing[:5])}")
        known = {name: Metered.of(*found) for name, found in rows.items()}
        return {series: known[name] for series, name in named.items()}

    def drawn(self, registry: Registry, show: Show) -> Mapping[str, Sequence[Reading]]:
        """Return by device what its meters drew, in order of time."""
        with self.path.open("rb") as stream:
            devices = self.devices(registry, self.check(stream, show))
            found: dict[str, list[Reading]] = {item.device: [] for item in devices.values()}
            for day in self.open(stream):
                if day.series in devices:
                    found[devices[day.series].device] += flows_of([day])
        return {device: sorted(readings) for device, readings in found.items()}

    def _named(self, registry: Registry, tally: FileTally) -> dict[SeriesKey, str]:
        if self.table is not None:
            return _read_table(self.table, self.layout)
        if self.device is not None:
            if len(tally.series) > 1:
                raise click.UsageError(f"the file has {len(tally.series)} series, --device is one")
            return dict.fromkeys(tally.series, self.device)
        meters = Meters(MeterTable(registry.storage.database))
        return meters.devices(layout=self.layout.name, series=list(tally.series))


def _read_table(path: Path, layout: Layout) -> dict[SeriesKey, str]:
    with path.open(encoding="utf-8-sig", newline="") as lines:
        try:
            return devices_of(layout, csv.DictReader(lines, restval=""))
        except KeyError as error:
            raise click.UsageError(f"{path} has no column {error}") from error
        except (csv.Error, UnicodeDecodeError) as error:
            raise click.UsageError(f"{path} is no CSV in UTF-8") from error
