"""Devices: with their registrations and attribute documents, and what was measured."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, Table, and_, func, or_, select

from app.registry.devices import APPROVED
from app.reporting.rows import Row, after, fetch, fetch_one
from app.storage.storage import Storage
from app.storage.tables import devices, documents, domains, registrations, spans


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceFilter:
    """Which devices; `energy_source` matches the code's beginning."""

    organisation: str | None = None
    domain: str | None = None
    state: str | None = None
    energy_source: str | None = None
    technology: str | None = None
    gsrn: str | None = None
    part_of: str | None = None


def list_devices(
    storage: Storage, *, viewer: str | None, only: DeviceFilter, cursor: str | None, limit: int
) -> list[Row]:
    """Return devices by id, each with its newest registration that the viewer may see."""
    query = _devices(viewer).limit(limit)
    for column, value in (
        (devices.c.organisation, only.organisation),
        (devices.c.domain, only.domain),
        (devices.c.state, only.state),
        (registrations.c.technology, only.technology),
        (devices.c.gsrn, only.gsrn),
        (devices.c.part_of, only.part_of),
    ):
        if value is not None:
            query = query.where(column == value)
    if only.energy_source is not None:
        begins = registrations.c.energy_source.startswith(only.energy_source, autoescape=True)
        query = query.where(begins)
    return fetch(storage, after(query, [devices.c.id], cursor and [cursor]))


def find_device(storage: Storage, device: str, *, viewer: str | None) -> Row | None:
    """Return a device that the viewer may see, with its newest registration."""
    return fetch_one(storage, _devices(viewer).where(devices.c.id == device))


def find_settings(storage: Storage, device: str, *, viewer: str | None) -> Row | None:
    """Return a device that the viewer may see, with the settings of its domain."""
    found = _devices(viewer).add_columns(domains.c.settings)
    query = found.join(domains, domains.c.code == devices.c.domain).where(devices.c.id == device)
    return fetch_one(storage, query)


def list_registrations(
    storage: Storage, device: str, *, viewer: str | None, cursor: int | None, limit: int
) -> list[Row]:
    """Return the versions of a device that concern the viewer, with their attribute documents."""
    query = _documented(registrations.columns).where(registrations.c.device == device).limit(limit)
    if viewer is not None:
        query = query.where(_concerns(registrations, viewer))
    seen = None if cursor is None else [cursor]
    return fetch(storage, after(query, [registrations.c.number], seen))


def parties_now(storage: Storage, device: str) -> tuple[str, str]:
    """Return registrant and measurement body of a device as it is in force, or is asked."""
    columns = (devices.c.organisation, registrations.c.measurement_body)
    newest = (registrations.c.state == APPROVED).desc(), registrations.c.number.desc()
    query = (
        select(*columns)
        .join(registrations, registrations.c.device == devices.c.id)
        .where(devices.c.id == device)
        .order_by(*newest)
        .limit(1)
    )
    found = fetch_one(storage, query) or {}
    return found.get("organisation", ""), found.get("measurement_body", "")


def find_domain(storage: Storage, code: str) -> Row | None:
    """Return a domain."""
    return fetch_one(storage, select(domains).where(domains.c.code == code))


def list_domains(storage: Storage) -> list[Row]:
    """Return every domain by code: there are few."""
    return fetch(storage, select(domains).order_by(domains.c.code))


def list_spans(
    storage: Storage, device: str, *, viewer: str | None, cursor: int | None, limit: int
) -> list[Row]:
    """Return what was measured of a device and the declared gaps, in order of time.

    A viewer sees the time in which it was registrant or measurement body.
    """
    query = select(spans).where(spans.c.device == device).limit(limit)
    query = query.where(*in_own_time(spans, viewer))
    return fetch(storage, after(query, [spans.c.start], None if cursor is None else [cursor]))


def spans_of(storage: Storage, device: str, starts: list[int]) -> list[Row]:
    """Return the spans of a device that begin at these instants."""
    query = select(spans).where(spans.c.device == device, spans.c.start.in_(starts))
    return fetch(storage, query.order_by(spans.c.start))


def in_own_time(table: Table, viewer: str | None) -> tuple[ColumnElement[bool], ...]:
    """Return what rows of [start, end) of a device must fulfil for a viewer to see them."""
    if viewer is None:
        return ()
    own = select(registrations.c.device).where(
        registrations.c.device == table.c.device,
        registrations.c.state == APPROVED,
        registrations.c.valid_from < table.c.end,
        registrations.c.valid_until > table.c.start,
        _concerns(registrations, viewer),
    )
    return (own.exists(),)


def _devices(viewer: str | None) -> Select[Any]:
    """Select devices with their newest registration; for a viewer, of those that concern it."""
    newest = registrations.alias("newest")
    of_device = select(func.max(newest.c.number)).where(newest.c.device == devices.c.id)
    if viewer is not None:
        of_device = of_device.where(_concerns(newest, viewer))
    number = of_device.scalar_subquery()
    matches = and_(registrations.c.device == devices.c.id, registrations.c.number == number)
    described = [
        column
        for column in registrations.columns
        if column.name not in ("device", "organisation", "state")
    ]
    query = _documented([*devices.columns, registrations.c.state.label("review"), *described])
    query = query.join(devices, matches)
    if viewer is None:
        return query
    concerned = select(newest.c.device).where(_concerns(newest, viewer))
    return query.where(devices.c.id.in_(concerned))


def _concerns(table: FromClause, viewer: str) -> ColumnElement[bool]:
    """Return whether a viewer is the registrant or the measurement body of a version."""
    return or_(table.c.organisation == viewer, table.c.measurement_body == viewer)


def _documented(columns: Iterable[Any]) -> Select[Any]:
    """Select columns of registrations, and what stands beside, with the attribute document."""
    return (
        select(*columns, documents.c.body)
        .select_from(registrations)
        .outerjoin(documents, documents.c.hash == registrations.c.attributes)
    )
