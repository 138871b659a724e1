"""Issuances: requests as they stand, with what was issued, and what may be requested."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, and_, func, or_, select

from app.registry.devices import APPROVED, PRODUCTION
from app.registry.measurements import NO_GAP
from app.reporting.rows import Row, after, fetch, fetch_one
from app.storage.storage import Storage
from app.storage.tables import (
    accounts,
    bundles,
    devices,
    domains,
    issuances,
    registrations,
    requests,
    spans,
)

_FROM_ISSUANCE = (
    "domain",
    "energy_wh",
    "carried_in_wh",
    "carried_out_wh",
    "face_value_wh",
    "quantity",
    "number_first",
    "transfer_until",
    "retire_until",
    "code_lists",
    "attributes",
    "registration",
    "withdrawn",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuanceFilter:
    """Which issuances."""

    account: str | None = None
    device: str | None = None
    state: str | None = None


def list_issuances(
    storage: Storage, *, viewer: str | None, only: IssuanceFilter, cursor: str | None, limit: int
) -> list[Row]:
    """Return requested and made issuances by id."""
    query = _issuances(viewer).limit(limit)
    for column, value in (
        (requests.c.account, only.account),
        (requests.c.device, only.device),
        (requests.c.state, only.state),
    ):
        if value is not None:
            query = query.where(column == value)
    return fetch(storage, after(query, [requests.c.issuance], cursor and [cursor]))


def find_issuance(storage: Storage, issuance: str, *, viewer: str | None) -> Row | None:
    """Return an issuance that the viewer may see."""
    return fetch_one(storage, _issuances(viewer).where(requests.c.issuance == issuance))


def held_ranges(storage: Storage, issuance: str, *, viewer: str) -> list[tuple[int, int]]:
    """Return which ordinals of an issuance a viewer's accounts hold, in order."""
    own = select(accounts.c.id).where(accounts.c.organisation == viewer)
    query = (
        select(bundles.c.first, bundles.c.last)
        .where(bundles.c.issuance == issuance, bundles.c.to_height.is_(None))
        .where(bundles.c.account.in_(own))
        .order_by(bundles.c.first)
    )
    return [(row["first"], row["last"]) for row in fetch(storage, query)]


def list_sources(
    storage: Storage, *, viewer: str | None, cursor: str | None, limit: int
) -> list[Row]:
    """Return what was issued from which readings, by id: a registrant's own, or all.

    Of an issuance that was wholly withdrawn no spans are left.
    """
    its_own = and_(
        spans.c.device == issuances.c.device,
        spans.c.start >= issuances.c.period_start,
        spans.c.start < issuances.c.period_end,
        spans.c.issuance == issuances.c.id,
        spans.c.gap == NO_GAP,
    )
    query = select(issuances).limit(limit)
    if viewer is not None:
        own = select(accounts.c.id).where(accounts.c.organisation == viewer)
        query = query.where(issuances.c.account.in_(own))
    page = after(query, [issuances.c.id], cursor and [cursor]).subquery()
    counted = (
        select(
            issuances.c.id,
            func.count(spans.c.start).label("spans"),
            func.sum(spans.c["count"]).label("readings"),
        )
        .outerjoin(spans, its_own)
        .where(issuances.c.id.in_(select(page.c.id)))
        .group_by(issuances.c.id)
        .subquery()
    )
    query = (
        select(issuances, counted.c.spans, counted.c.readings, devices.c.gsrn)
        .join(counted, counted.c.id == issuances.c.id)
        .join(devices, devices.c.id == issuances.c.device)
        .order_by(issuances.c.id)
    )
    return fetch(storage, query)


def list_issuable(storage: Storage, organisation: str) -> list[Row]:
    """Return the approved versions of an organisation's production devices, by device and time.

    Each has the settings of its domain; who handed a device over has its own versions still.
    """
    named = (registrations.c.device, registrations.c.valid_from, registrations.c.valid_until)
    query = (
        select(*named, devices.c.domain, domains.c.settings)
        .join(devices, devices.c.id == registrations.c.device)
        .join(domains, domains.c.code == devices.c.domain)
        .where(
            registrations.c.organisation == organisation,
            registrations.c.state == APPROVED,
            devices.c.kind == PRODUCTION,
        )
        .order_by(registrations.c.device, registrations.c.valid_from)
    )
    return fetch(storage, query)


def measured_between(storage: Storage, device: str, start: int, end: int) -> list[Row]:
    """Return a device's spans with energy that lie in [start, end), in order of time."""
    query = select(spans.c.start, spans.c.end, spans.c.issuance).where(
        spans.c.device == device,
        spans.c.start >= start,
        spans.c.end <= end,
        spans.c.energy_wh > 0,
    )
    return fetch(storage, query.order_by(spans.c.start))


def _issuances(viewer: str | None) -> Select[Any]:
    """Select requests: of the viewer's accounts, and those whose energy it has measured."""
    made = [issuances.c[name] for name in _FROM_ISSUANCE]
    query = select(requests.c.issuance.label("id"), *_requested(), *made).outerjoin(
        issuances, issuances.c.id == requests.c.issuance
    )
    if viewer is None:
        return query
    own = select(accounts.c.id).where(accounts.c.organisation == viewer)
    measured = select(registrations.c.device).where(
        and_(
            registrations.c.device == requests.c.device,
            registrations.c.measurement_body == viewer,
            registrations.c.valid_from <= requests.c.period_start,
            registrations.c.valid_until >= requests.c.period_end,
        )
    )
    return query.where(or_(requests.c.account.in_(own), measured.exists()))


def _requested() -> list[Any]:
    return [column for column in requests.columns if column.name != "issuance"]
