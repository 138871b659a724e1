"""Readings: from which an issuance was made, who reported them, and whose energy it carried in."""

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Select, and_, func, select

from app.ledger.times import parse_time
from app.registry.measurements import Interval
from app.registry.operations.measure import Measure
from app.registry.operations.measure_correct import MeasureCorrect
from app.registry.operations.withdraw import Withdraw
from app.registry.ranges import WITHDRAWN
from app.reporting.operations import find_operation, list_operations
from app.reporting.rows import Row, fetch, fetch_one
from app.storage.storage import Storage
from app.storage.tables import bundles, issuances, leaves, parties, readings, registrations, spans

REPORTS = (Measure.type, MeasureCorrect.type)
_LEAVES_AT_ONCE = 200
_OPERATIONS_MOST = 10_000
"""More than a block holds."""


class Told(NamedTuple):
    """The operation that reported a span, and how it netted it."""

    report: str
    netting: Mapping[str, Any] | None


def find_made(storage: Storage, issuance: str) -> Row | None:
    """Return an issuance that was made."""
    return fetch_one(storage, select(issuances).where(issuances.c.id == issuance))


def spans_of_issuance(storage: Storage, made: Row) -> list[Row]:
    """Return the spans and gaps that are an issuance's still, in order, each with its readings."""
    at = and_(readings.c.device == spans.c.device, readings.c.start == spans.c.start)
    query = (
        select(spans, readings.c.intervals)
        .outerjoin(readings, at)
        .where(
            spans.c.device == made["device"],
            spans.c.start >= made["period_start"],
            spans.c.end <= made["period_end"],
            spans.c.issuance == made["id"],
        )
        .order_by(spans.c.start)
    )
    return fetch(storage, query)


def spans_about(storage: Storage, device: str, start: int, end: int) -> list[Row]:
    """Return a device's spans and gaps that overlap [start, end), in order."""
    query = select(spans).where(spans.c.device == device, spans.c.start < end, spans.c.end > start)
    return fetch(storage, query.order_by(spans.c.start))


def intervals_of(rows: Collection[Row]) -> list[Interval]:
    """Return the readings of spans, in order."""
    return [
        Interval(parse_time(start), parse_time(end), energy_wh)
        for row in rows
        if row["intervals"] is not None
        for start, end, energy_wh in orjson.loads(row["intervals"])
    ]


def carried_from(storage: Storage, made: Row) -> Row | None:
    """Return the issuance whose carry an issuance took in; None where there was none.

    One that was wholly withdrawn as the newest gave back what it had itself carried in.
    """
    query = (
        select(issuances)
        .where(issuances.c.device == made["device"], issuances.c.index < made["index"])
        .order_by(issuances.c.index.desc())
    )
    taking = made
    for row in fetch(storage, query) if made["carried_in_wh"] else ():
        freed_at = _freed_at(storage, row)
        if freed_at is None or freed_at > taking["index"]:
            return row
        taking = row
    return None


def find_report(storage: Storage, operation: str) -> dict[str, Any] | None:
    """Return a report, or a correction, as its leaf holds it."""
    row = find_operation(storage, operation, viewer=None)
    if row is None or row["type"] not in REPORTS:
        return None
    found: dict[str, Any] = orjson.loads(row["leaf"])["operation"]
    return found


def reports_of(
    storage: Storage, device: str, starts: Collection[int], *, before: int
) -> dict[int, Told]:
    """Return by span the newest report of it, before an index.

    The log is read backwards, no further than the last of the spans is found.
    """
    found: dict[int, Told] = {}
    missing = set(starts)
    query = _reports(device, before).execution_options(yield_per=_LEAVES_AT_ONCE)
    with storage.reading() as connection, connection.execute(query) as rows:
        for leaf in rows.scalars():
            if device.encode() in leaf:
                told = _told(orjson.loads(leaf)["operation"], device)
                found |= {start: told[start] for start in missing & told.keys()}
                missing -= told.keys()
            if not missing:
                break
    return found


def _reports(device: str, before: int) -> Select[Any]:
    """Select the leaves of reports by whoever may have measured a device, newest first."""
    bodies = select(registrations.c.measurement_body).where(registrations.c.device == device)
    theirs = select(parties.c.index).where(parties.c.organisation.in_(bodies))
    return (
        select(leaves.c.leaf)
        .where(leaves.c.type.in_(REPORTS), leaves.c.index < before, leaves.c.index.in_(theirs))
        .order_by(leaves.c.index.desc())
    )


def _told(report: dict[str, Any], device: str) -> dict[int, Told]:
    if report["device"] != device:
        return {}
    netted = {entry["start"]: entry for entry in report.get("netting", ())}
    return {
        parse_time(entry["start"]): Told(report["id"], netted.get(entry["start"]))
        for entry in (*report["spans"], *report.get("gaps", ()))
    }


def _freed_at(storage: Storage, made: Row) -> int | None:
    """Return the leaf by which a wholly withdrawn issuance gave its spans and carry back."""
    if made["withdrawn"] < made["quantity"]:
        return None
    last = select(func.max(bundles.c.from_height).label("height")).where(
        bundles.c.issuance == made["id"],
        bundles.c.state == WITHDRAWN,
        bundles.c.to_height.is_(None),
    )
    (row,) = fetch(storage, last)
    decided = list_operations(
        storage,
        viewer=None,
        types=[Withdraw.type],
        height=row["height"],
        cursor=None,
        limit=_OPERATIONS_MOST,
    )
    naming = [
        (found["index"], asked["compensates"])
        for found in decided
        for asked in [orjson.loads(found["leaf"])["operation"]]
        if any(item["issuance"] == made["id"] for item in asked["items"])
    ]
    index, compensates = naming[-1]
    return None if compensates else int(index)
