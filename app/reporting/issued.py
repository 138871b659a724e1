"""Issued: how much was certified, by month of production, energy source and domain."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import orjson
from sqlalchemy import func, select

from app.reporting.devices import list_domains
from app.reporting.rows import Row, fetch
from app.storage.storage import Storage
from app.storage.tables import accounts, issuances, registrations

_SUMMED = ("issuances", "measured_wh", "quantity", "energy_wh", "withdrawn")


@dataclass(frozen=True, slots=True, kw_only=True)
class Produced:
    """When it was produced: at or after, and before, UTC milliseconds."""

    since: int | None = None
    until: int | None = None


def issued_by_month(storage: Storage, *, viewer: str | None, produced: Produced) -> list[Row]:
    """Return what was issued by month, domain and source; a registrant's own, or all.

    A month is that of the last instant of production, in the zone of the domain.
    """
    domains = {row["code"]: orjson.loads(row["settings"]) for row in list_domains(storage)}
    sums: dict[tuple[str, str, str], dict[str, int]] = defaultdict(
        lambda: dict.fromkeys(_SUMMED, 0)
    )
    for row in _by_period(storage, viewer=viewer, produced=produced):
        month = _month(row["period_end"], domains[row["domain"]]["timezone"])
        group = sums[month, row["domain"], row["energy_source"]]
        for name in _SUMMED:
            group[name] += int(row[name])
    return [
        {
            "month": month,
            "timezone": domains[domain]["timezone"],
            "domain": domain,
            "country": domains[domain]["country"],
            "energy_source": energy_source,
            **sums[month, domain, energy_source],
        }
        for month, domain, energy_source in sorted(sums)
    ]


def _by_period(storage: Storage, *, viewer: str | None, produced: Produced) -> list[Row]:
    keys = (issuances.c.domain, registrations.c.energy_source, issuances.c.period_end)
    query = (
        select(
            *keys,
            func.count().label("issuances"),
            func.sum(issuances.c.energy_wh).label("measured_wh"),
            func.sum(issuances.c.quantity).label("quantity"),
            func.sum(issuances.c.quantity * issuances.c.face_value_wh).label("energy_wh"),
            func.sum(issuances.c.withdrawn).label("withdrawn"),
        )
        .join(
            registrations,
            (registrations.c.device == issuances.c.device)
            & (registrations.c.number == issuances.c.registration),
        )
        .group_by(*keys)
    )
    if viewer is not None:
        own = select(accounts.c.id).where(accounts.c.organisation == viewer)
        query = query.where(issuances.c.account.in_(own))
    if produced.since is not None:
        query = query.where(issuances.c.period_start >= produced.since)
    if produced.until is not None:
        query = query.where(issuances.c.period_end <= produced.until)
    return fetch(storage, query)


def _month(period_end: int, timezone: str) -> str:
    last = datetime.fromtimestamp((period_end - 1) // 1000, ZoneInfo(timezone))
    return f"{last.year}-{last.month:02d}"
