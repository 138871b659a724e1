"""Meter files: read by a layout, prepared for whose they are, and imported once."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, BinaryIO, Protocol

from app.layouts.findings import Finding, SeriesKey
from app.layouts.layout import Layout
from app.layouts.opening import open_lines
from app.layouts.reading import MeterFile, read
from app.layouts.tallies import FileTally, Tally
from app.ledger.times import format_time
from app.services.importing import Importer
from app.services.metering import Stretch

CHUNK = 1 << 20


class Files(Protocol):
    """Where it is kept which files were imported."""

    def find(self, organisation: str, digest: str) -> tuple[str, str] | None:
        """Return layout and tally of a file that an organisation has imported."""

    def add(self, organisation: str, digest: str, *, layout: str, tally: str) -> None:
        """Remember what became of a file; what was remembered first stays."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What was read of a file and what became of it."""

    tally: FileTally
    importer: Importer

    @property
    def is_done(self) -> bool:
        """Whether nothing of the file is left that might be reported if it were sent again."""
        results = self.importer.results.values()
        return not self.importer.unknown and all(result.is_done for result in results)

    @property
    def plain(self) -> dict[str, Any]:
        """All of it as JSON can say it."""
        devices = {device: result.plain for device, result in sorted(self.importer.results.items())}
        unknown = [
            {"series": list(key), "readings": count}
            for key, count in sorted(self.importer.unknown.items())
        ]
        return {"file": plain_tally(self.tally), "devices": devices, "unknown_meters": unknown}


def digest_of(stream: BinaryIO) -> str:
    """Return the hex SHA-256 of a file and go back to its beginning."""
    digest = sha256()
    while chunk := stream.read(CHUNK):
        digest.update(chunk)
    stream.seek(0)
    return digest.hexdigest()


def open_file(stream: BinaryIO, layout: Layout) -> MeterFile:
    """Return a file that is read as it is iterated. Raises MeterFileError then."""
    return read(layout=layout, lines=open_lines(stream=stream, encoding=layout.table.encoding))


def import_file(
    file: MeterFile, importer: Importer, progress: Callable[[int], None] = lambda _: None
) -> Imported:
    """Read a file and have it recorded. Raises MeterFileError where it cannot be read on."""
    importer.run(file, progress)
    return Imported(file.tally, importer)


def plain_tally(tally: FileTally) -> dict[str, Any]:
    """Return what was read of a file as JSON can say it."""
    lines = {
        "lines": tally.lines,
        "heading": tally.heading,
        "comments": tally.comments,
        "blank": tally.blank,
        "skipped_rows": tally.skipped,
    }
    series = [{"series": list(key), **_plain(of_series)} for key, of_series in tally.series.items()]
    findings = [_finding(item) for item in tally.kept]
    return {**lines, **_plain(tally.total()), "series": series, "first_findings": findings}


def _plain(tally: Tally) -> dict[str, Any]:
    return {
        "rows": tally.rows,
        "cells": tally.cells,
        "readings": tally.readings,
        "energies": {
            direction: {
                "readings": energy.readings,
                "energy_wh": energy.energy_wh,
                "remainder_wh": energy.remainder,
            }
            for direction, energy in sorted(tally.energies.items())
        },
        "from": None if tally.first_ms is None else format_time(tally.first_ms),
        "until": None if tally.last_ms is None else format_time(tally.last_ms),
        "missing_intervals": tally.gaps,
        "refused": dict(sorted(tally.refused.items())),
        "findings": dict(sorted(tally.findings.items())),
        "negative_wh": str(tally.negative_wh),
        "is_balanced": tally.is_balanced,
    }


def _finding(item: Finding) -> dict[str, Any]:
    return {
        "code": item.code,
        "series": list(item.series or ()),
        "line": item.line,
        "column": item.column,
        "count": item.count,
        "detail": item.detail,
    }


def period_of(tally: FileTally) -> Stretch:
    """Return from when until when a file has readings; nothing where it has none."""
    total = tally.total()
    return total.first_ms or 0, total.last_ms or 0


def check_file(
    stream: BinaryIO, layout: Layout, progress: Callable[[int], None] = lambda _: None
) -> FileTally:
    """Read a file to its end without doing anything with it, and go back to its beginning.

    Return its tally. Raises MeterFileError where it is refused as a whole.
    """
    file = open_file(stream, layout)
    done = 0
    for day in file:
        done += len(day.readings)
        progress(done)
    stream.seek(0)
    return file.tally


def devices_of(layout: Layout, rows: Iterable[Mapping[str, str]]) -> dict[SeriesKey, str]:
    """Return the device, by id or number, of each series that a table names.

    The table has the layout's series columns and a column `device`. Raises KeyError for a table
    without them.
    """
    return {tuple(row[name] for name in layout.series): row["device"] for row in rows}
