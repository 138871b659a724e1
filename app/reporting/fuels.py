"""Fuels: which share of a multi-fuel device's energy each source was declared to have."""

from sqlalchemy import select

from app.reporting.devices import in_own_time
from app.reporting.rows import Row, after, fetch
from app.storage.storage import Storage
from app.storage.tables import fuel_shares


def list_fuel_shares(
    storage: Storage,
    *,
    viewer: str | None,
    device: str | None,
    cursor: list[str | int] | None,
    limit: int,
) -> list[Row]:
    """Return declarations by device and time, as far as they concern the viewer."""
    query = select(fuel_shares).where(*in_own_time(fuel_shares, viewer)).limit(limit)
    if device is not None:
        query = query.where(fuel_shares.c.device == device)
    return fetch(storage, after(query, [fuel_shares.c.device, fuel_shares.c.start], cursor))
