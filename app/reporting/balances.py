"""Balances: what devices carry on, have not covered, and owe."""

from sqlalchemy import select

from app.reporting.rows import Row, after, fetch
from app.storage.storage import Storage
from app.storage.tables import devices


def list_balances(
    storage: Storage, *, viewer: str | None, cursor: str | None, limit: int
) -> list[Row]:
    """Return carry, deficit and adjustment of devices by id, Wh: a registrant's own, or all."""
    query = select(
        devices.c.id.label("device"),
        devices.c.gsrn,
        devices.c.domain,
        devices.c.organisation,
        devices.c.state,
        devices.c.carried_wh,
        devices.c.deficit_wh,
        devices.c.adjustment_wh,
    ).limit(limit)
    if viewer is not None:
        query = query.where(devices.c.organisation == viewer)
    return fetch(storage, after(query, [devices.c.id], cursor and [cursor]))
