"""Devices: registrations with their attribute documents, and what was measured."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select

from app.reporting.rows import Row, after, fetch, fetch_one
from app.storage.storage import Storage
from app.storage.tables import devices, documents, domains, spans


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceFilter:
    """Which devices; `energy_source` matches the code's beginning."""

    organisation: str | None = None
    domain: str | None = None
    state: str | None = None
    energy_source: str | None = None
    technology: str | None = None
    gsrn: str | None = None


def list_devices(
    storage: Storage, *, viewer: str | None, only: DeviceFilter, cursor: str | None, limit: int
) -> list[Row]:
    """Return devices by id."""
    query = _devices(viewer).limit(limit)
    for column, value in (
        (devices.c.organisation, only.organisation),
        (devices.c.domain, only.domain),
        (devices.c.state, only.state),
        (devices.c.technology, only.technology),
        (devices.c.gsrn, only.gsrn),
    ):
        if value is not None:
            query = query.where(column == value)
    if only.energy_source is not None:
        query = query.where(devices.c.energy_source.startswith(only.energy_source, autoescape=True))
    return fetch(storage, after(query, [devices.c.id], cursor and [cursor]))


def find_device(storage: Storage, device: str, *, viewer: str | None) -> Row | None:
    """Return a device that the viewer may see, with its attribute document."""
    return fetch_one(storage, _devices(viewer).where(devices.c.id == device))


def find_settings(storage: Storage, device: str, *, registrant: str) -> Row | None:
    """Return a registrant's device with the settings of its domain."""
    query = (
        select(devices, domains.c.settings)
        .join(domains, domains.c.code == devices.c.domain)
        .where(devices.c.id == device, devices.c.organisation == registrant)
    )
    return fetch_one(storage, query)


def list_domains(storage: Storage) -> list[Row]:
    """Return every domain by code: there are few."""
    return fetch(storage, select(domains).order_by(domains.c.code))


def list_spans(storage: Storage, device: str, *, cursor: int | None, limit: int) -> list[Row]:
    """Return what was measured of a device and the declared gaps, in order of time."""
    query = select(spans).where(spans.c.device == device).limit(limit)
    return fetch(storage, after(query, [spans.c.start], None if cursor is None else [cursor]))


def spans_of(storage: Storage, device: str, starts: list[int]) -> list[Row]:
    """Return the spans of a device that begin at these instants."""
    query = select(spans).where(spans.c.device == device, spans.c.start.in_(starts))
    return fetch(storage, query.order_by(spans.c.start))


def _devices(viewer: str | None) -> Select[Any]:
    query = select(devices, documents.c.body).outerjoin(
        documents, documents.c.hash == devices.c.attributes
    )
    return query if viewer is None else query.where(devices.c.organisation == viewer)
