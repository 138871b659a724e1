"""Bundles: the open ranges that accounts hold, one by one or summed up."""

from collections.abc import Sequence
from dataclasses import dataclass
from operator import eq, ge, gt, le
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, select, union_all

from app.reporting.rows import Row, after, fetch
from app.storage.storage import Storage
from app.storage.tables import accounts, bundles, devices, issuances, registrations

FROZEN = and_(
    registrations.c.device == issuances.c.device,
    registrations.c.number == issuances.c.registration,
)
"""The version of the device that was in force when it was issued (R10)."""

ACCOUNTS_MAX = 50
"""How many accounts of a viewer one page looks through."""
_QUANTITY = bundles.c.last - bundles.c.first + 1
_AGE = (bundles.c.state, bundles.c.period_start, bundles.c.issued_index, bundles.c.first)
_BESIDE = (
    issuances.c.device,
    issuances.c.domain,
    issuances.c.period_end,
    issuances.c.face_value_wh,
    issuances.c.number_first,
    issuances.c.transfer_until,
    issuances.c.retire_until,
    issuances.c.attributes,
    registrations.c.energy_source,
    registrations.c.technology,
    devices.c.gsrn,
)
GROUPINGS: dict[str, tuple[ColumnElement[Any], ...]] = {
    "state": (),
    "issuance": (bundles.c.issuance,),
    "device": (issuances.c.device,),
    "energy_source": (registrations.c.energy_source,),
    "technology": (registrations.c.energy_source, registrations.c.technology),
    "period": (issuances.c.period_start, issuances.c.period_end),
}
"""By what holdings may be grouped, always apart by state."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleFilter:
    """Which bundles; `energy_source` matches the code's beginning, instants in UTC ms."""

    issuance: str | None = None
    state: str | None = None
    device: str | None = None
    energy_source: str | None = None
    technology: str | None = None
    production_from: int | None = None
    production_to: int | None = None
    transferable_on: int | None = None

    def apply(self, query: Select[Any]) -> Select[Any]:
        """Return the query for such bundles alone."""
        for wanted, compare, column in (
            (self.issuance, eq, bundles.c.issuance),
            (self.state, eq, bundles.c.state),
            (self.device, eq, issuances.c.device),
            (self.technology, eq, registrations.c.technology),
            (self.production_from, ge, bundles.c.period_start),
            (self.production_to, le, issuances.c.period_end),
            (self.transferable_on, gt, issuances.c.transfer_until),
        ):
            if wanted is not None:
                query = query.where(compare(column, wanted))
        if self.energy_source is not None:
            begins = registrations.c.energy_source.startswith(self.energy_source, autoescape=True)
            query = query.where(begins)
        return query


def accounts_from(storage: Storage, *, organisation: str, cursor: str | None) -> list[str]:
    """Return the next accounts of an organisation, from one on."""
    query = select(accounts.c.id).where(accounts.c.organisation == organisation)
    if cursor is not None:
        query = query.where(accounts.c.id >= cursor)
    rows = fetch(storage, query.order_by(accounts.c.id).limit(ACCOUNTS_MAX))
    return [row["id"] for row in rows]


def bundles_of_accounts(
    storage: Storage,
    held_by: Sequence[str],
    *,
    only: BundleFilter,
    cursor: Sequence[Any] | None,
    limit: int,
) -> list[Row]:
    """Return bundles by account, state and age; the cursor is of the first account.

    Each account is read by its index as far as the page reaches.
    """
    if not held_by:
        return []
    parts = [
        after(
            only.apply(_bundles().where(bundles.c.account == account)),
            _AGE,
            cursor if number == 0 else None,
        )
        .limit(limit)
        .subquery()
        for number, account in enumerate(held_by)
    ]
    together = union_all(*(select(part) for part in parts)).subquery()
    order = [together.c[name] for name in ("account", *(column.name for column in _AGE))]
    return fetch(storage, select(together).order_by(*order).limit(limit))


def bundles_of_issuances(
    storage: Storage,
    *,
    viewer: str | None,
    only: BundleFilter,
    cursor: Sequence[Any] | None,
    limit: int,
) -> list[Row]:
    """Return bundles by issuance and ordinal."""
    query = only.apply(_bundles()).limit(limit)
    if viewer is not None:
        own = select(accounts.c.id).where(accounts.c.organisation == viewer)
        query = query.where(bundles.c.account.in_(own))
    return fetch(storage, after(query, [bundles.c.issuance, bundles.c.first], cursor))


def holdings(storage: Storage, account: str, *, grouping: str) -> list[Row]:
    """Return how many certificates, and how much energy, an account holds, group by group."""
    keys = (bundles.c.state, *GROUPINGS[grouping])
    query = (
        select(
            *keys,
            func.sum(_QUANTITY).label("quantity"),
            func.sum(_QUANTITY * issuances.c.face_value_wh).label("energy_wh"),
            func.count().label("bundles"),
        )
        .join(issuances, issuances.c.id == bundles.c.issuance)
        .join(devices, devices.c.id == issuances.c.device)
        .join(registrations, FROZEN)
        .where(bundles.c.account == account, bundles.c.to_height.is_(None))
        .group_by(*keys)
        .order_by(*keys)
    )
    return fetch(storage, query)


def _bundles() -> Select[Any]:
    own = [column for column in bundles.columns if column.name != "to_height"]
    return (
        select(*own, _QUANTITY.label("quantity"), *_BESIDE)
        .join(issuances, issuances.c.id == bundles.c.issuance)
        .join(devices, devices.c.id == issuances.c.device)
        .join(registrations, FROZEN)
        .where(bundles.c.to_height.is_(None))
    )
