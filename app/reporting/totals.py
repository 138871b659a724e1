"""Totals: what the whole registry has measured, issued, holds and has retired."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Select, func, select

from app.storage.storage import Storage
from app.storage.tables import bundles, devices, head, issuances, leaves, spans


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over everything; `carried_wh` is measured and not in a certificate (yet)."""

    devices: int
    readings: int
    energy_wh: int
    issued: int
    states: dict[str, int]
    carried_wh: int
    operations: int
    blocks: int


def read_totals(storage: Storage) -> Totals:
    """Return the totals at this moment."""
    quantity = bundles.c.last - bundles.c.first + 1
    is_open = bundles.c.to_height.is_(None)
    with storage.reading() as connection:
        states = connection.execute(
            select(bundles.c.state, func.sum(quantity)).where(is_open).group_by(bundles.c.state)
        )
        return Totals(
            devices=_number(connection, select(func.count()).select_from(devices)),
            readings=_sum(connection, spans.c["count"]),
            energy_wh=_sum(connection, spans.c.energy_wh),
            issued=_sum(connection, issuances.c.quantity),
            states={state: int(total) for state, total in sorted(states.all())},
            carried_wh=_sum(connection, devices.c.carried_wh) + _not_issued(connection),
            operations=_number(connection, select(func.count(leaves.c.operation))),
            blocks=_number(connection, select(head.c.height)) + 1,
        )


def _not_issued(connection: Connection) -> int:
    total = select(func.sum(spans.c.energy_wh)).where(spans.c.issuance.is_(None))
    return _number(connection, total)


def _sum(connection: Connection, column: ColumnElement[int]) -> int:
    return _number(connection, select(func.sum(column)))


def _number(connection: Connection, query: Select[int]) -> int:
    return int(connection.scalar(query) or 0)
