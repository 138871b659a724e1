"""Metered devices: what an importer must know of them, by id or by number."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from re import compile as pattern
from typing import Any

from sqlalchemy import Connection, Select, and_, or_, select

from app.reporting.rows import Row, fetch
from app.storage.storage import Storage
from app.storage.tables import devices, domains, fuel_shares, readings, registrations, spans

Versions = list[Row]
Stretches = list[tuple[int, int]]
"""Each [start, end) in UTC milliseconds."""

_ID = pattern(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_AT_ONCE = 500
"""Names in one question."""


def find_metered(storage: Storage, names: Iterable[str]) -> dict[str, tuple[Row, Versions]]:
    """Return devices with the settings of their domains, and their versions, by id or GSRN.

    Every name that is known is a key; the parts of a multi-fuel device go by their ids alone.
    """
    with storage.reading() as connection:
        return _metered(connection, names)


def find_measured(
    storage: Storage, names: Iterable[str], start: int, end: int
) -> dict[str, tuple[Row, Versions, Stretches]]:
    """Return the same, with the stretches of [start, end) that are measured or declared gaps.

    All of it is of one moment, so that what a device owes is of when these were measured.
    """
    with storage.reading() as connection:
        found = _metered(connection, names)
        ids = {row["id"] for row, _ in found.values()}
        measured = _measured(connection, ids, start, end)
    return {name: (row, versions, measured[row["id"]]) for name, (row, versions) in found.items()}


def timeline(storage: Storage, device: str, start: int, end: int) -> list[Row]:
    """Return the spans and gaps of a device that lie in [start, end), with their readings."""
    query = (
        select(spans, readings.c.intervals)
        .outerjoin(
            readings, and_(readings.c.device == spans.c.device, readings.c.start == spans.c.start)
        )
        .where(spans.c.device == device, spans.c.start >= start, spans.c.end <= end)
        .order_by(spans.c.start)
    )
    return fetch(storage, query)


def fuel_shares_of(storage: Storage, device: str, start: int, end: int) -> list[Row]:
    """Return what is declared of a device's sources and overlaps [start, end), in order."""
    shares = fuel_shares.c
    query = select(fuel_shares).where(
        shares.device == device, shares.start < end, shares.end > start
    )
    return fetch(storage, query.order_by(shares.start))


def _metered(connection: Connection, names: Iterable[str]) -> dict[str, tuple[Row, Versions]]:
    named: dict[str, Row] = {}
    versions: dict[str, Versions] = defaultdict(list)
    for asked in _parted(names):
        ids = [name for name in asked if _ID.fullmatch(name)]
        whole = devices.c.part_of.is_(None)
        query = (
            select(devices, domains.c.settings)
            .join(domains, domains.c.code == devices.c.domain)
            .where(or_(devices.c.id.in_(ids), whole & devices.c.gsrn.in_(asked)))
        )
        for row in _rows(connection, query):
            named |= {name: row for name in (row["id"], row["gsrn"]) if name in asked}
    for asked in _parted(row["id"] for row in named.values()):
        of_these = select(registrations).where(registrations.c.device.in_(asked))
        for row in _rows(connection, of_these.order_by("device", "number")):
            versions[row["device"]].append(row)
    return {name: (row, versions[row["id"]]) for name, row in named.items()}


def _measured(
    connection: Connection, ids: Iterable[str], start: int, end: int
) -> dict[str, Stretches]:
    """Return by device where its time is measured or a gap, joined and in order."""
    found: dict[str, Stretches] = defaultdict(list)
    for asked in _parted(ids):
        query = (
            select(spans.c.device, spans.c.start, spans.c.end)
            .where(spans.c.device.in_(asked), spans.c.start < end, spans.c.end > start)
            .order_by(spans.c.device, spans.c.start)
        )
        for row in connection.execute(query):
            of_device = found[row.device]
            is_next = bool(of_device) and of_device[-1][1] == row.start
            first = of_device.pop()[0] if is_next else row.start
            of_device.append((first, row.end))
    return found


def _parted(names: Iterable[str]) -> Iterator[Sequence[str]]:
    """Yield names, each once, in parts that one question can hold."""
    wanted = sorted(set(names))
    return (wanted[first : first + _AT_ONCE] for first in range(0, len(wanted), _AT_ONCE))


def _rows(connection: Connection, query: Select[Any]) -> list[Row]:
    return [dict(row) for row in connection.execute(query).mappings()]
