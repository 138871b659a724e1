"""Metered devices: what an importer must know of them, by id or by number."""

from collections import defaultdict
from collections.abc import Iterable
from re import compile as pattern

from sqlalchemy import and_, or_, select

from app.reporting.rows import Row, fetch
from app.storage.storage import Storage
from app.storage.tables import devices, domains, fuel_shares, readings, registrations, spans

_ID = pattern(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def find_metered(storage: Storage, names: Iterable[str]) -> dict[str, tuple[Row, list[Row]]]:
    """Return devices with the settings of their domains, and their versions, by id or GSRN.

    Every name that is known is a key; the parts of a multi-fuel device go by their ids alone.
    """
    wanted = set(names)
    ids = {name for name in wanted if _ID.fullmatch(name)}
    whole = devices.c.part_of.is_(None)
    query = (
        select(devices, domains.c.settings)
        .join(domains, domains.c.code == devices.c.domain)
        .where(or_(devices.c.id.in_(ids), whole & devices.c.gsrn.in_(wanted - ids)))
    )
    found = fetch(storage, query)
    versions: dict[str, list[Row]] = defaultdict(list)
    of_these = registrations.c.device.in_([row["id"] for row in found])
    for row in fetch(storage, select(registrations).where(of_these).order_by("device", "number")):
        versions[row["device"]].append(row)
    named = ((name, row) for row in found for name in (row["id"], row["gsrn"]) if name in wanted)
    return {name: (row, versions[row["id"]]) for name, row in named}


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
