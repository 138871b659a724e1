"""Paths: statements that lead from what a read names to the other rows that its rules look at."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Select,
    and_,
    func,
    literal_column,
    select,
)

from app.storage.dialects import Way
from app.storage.tables import (
    accounts,
    devices,
    fuel_shares,
    organisations,
    registrations,
    spans,
)

_NEAR_LATITUDE: ColumnElement[int] = literal_column("500", BigInteger)
"""Micro-degrees: more than the 50 m within which a device may be the same (R14)."""


def accounts_of(way: Way, key: Any, account: Any) -> Select[Any]:  # noqa: ANN401 - columns
    """Select the accounts that a column of the named rows leads to."""
    keys = way.keys(key)
    return (
        select(accounts)
        .join(key.table, account == accounts.c.id)
        .join(keys, keys.c[key.name] == key)
    )


def owners_of(way: Way, key: Any, account: Any) -> Select[Any]:  # noqa: ANN401 - columns
    """Select the organisations of those accounts."""
    keys = way.keys(key)
    named = select(account.label("account")).join(keys, keys.c[key.name] == key).subquery("named")
    return (
        select(organisations)
        .join(accounts, accounts.c.organisation == organisations.c.id)
        .join(named, named.c.account == accounts.c.id)
    )


def devices_of(way: Way, key: Any, device: Any) -> Select[Any]:  # noqa: ANN401 - columns
    """Select the devices that a column of the named rows leads to."""
    keys = way.keys(key)
    return (
        select(devices).join(key.table, device == devices.c.id).join(keys, keys.c[key.name] == key)
    )


def registrations_of(way: Way, key: Any, device: Any) -> Select[Any]:  # noqa: ANN401 - columns
    """Select every version of those devices."""
    keys = way.keys(key)
    named = select(device.label("device")).join(keys, keys.c[key.name] == key).subquery("named")
    return select(registrations).join(named, named.c.device == registrations.c.device)


def registrations_near(way: Way) -> Select[Any]:
    """Select the versions that stand about a device, as it is registered, whatever their longitude.

    Meridians meet, and one of them is both 180 and -180 degrees; the rules measure (R14).
    """
    keys = way.keys(registrations.c.device)
    own = registrations.alias("own")
    return (
        select(registrations)
        .join(own, _is_about(own.c.latitude))
        .join(keys, keys.c.device == own.c.device)
    )


def registrations_about(way: Way) -> Select[Any]:
    """Select the versions that stand about a latitude."""
    keys = way.keys(registrations.c.latitude)
    return select(registrations).join(keys, _is_about(keys.c.latitude))


def devices_of_versions(versions: Select[Any]) -> Select[Any]:
    """Select the devices of those versions."""
    found = versions.subquery("found")
    return select(devices).where(devices.c.id.in_(select(found.c.device)))


def _is_about(latitude: ColumnElement[int]) -> ColumnElement[bool]:
    return registrations.c.latitude.between(latitude - _NEAR_LATITUDE, latitude + _NEAR_LATITUDE)


def fuel_shares_of(way: Way) -> Select[Any]:
    """Select all that is declared of the sources of devices."""
    keys = way.keys(fuel_shares.c.device)
    return select(fuel_shares).join(keys, keys.c.device == fuel_shares.c.device)


def named_periods(way: Way) -> FromClause:
    """Return devices with periods, as they are bound."""
    start, end = spans.c.start.label("start"), spans.c.end.label("end")
    return way.keys(spans.c.device, start, end)  # type: ignore[arg-type]


def periods_of(way: Way, key: Any) -> FromClause:  # noqa: ANN401 - a column
    """Return devices with periods of the named requests or issuances."""
    table = key.table
    keys = way.keys(key)
    return (
        select(table.c.device, table.c.period_start.label("start"), table.c.period_end.label("end"))
        .join(keys, keys.c[key.name] == key)
        .subquery("named")
    )


def spans_about(named: FromClause) -> Select[Any]:
    """Select the timeline of devices' periods with its neighbours on both sides."""
    beside = spans.alias("beside")
    device, start, end = named.c.device, named.c.start, named.c.end
    before = (
        select(func.max(beside.c.start))
        .where(beside.c.device == device, beside.c.start < start)
        .scalar_subquery()
    )
    after = (
        select(func.min(beside.c.start))
        .where(beside.c.device == device, beside.c.start >= end)
        .scalar_subquery()
    )
    matches = and_(
        spans.c.device == device,
        spans.c.start >= func.coalesce(before, start),
        spans.c.start <= func.coalesce(after, end),
    )
    return select(spans).join(named, matches)
