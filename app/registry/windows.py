"""Windows in calendar months: the arithmetic that needs no time zone, and a bound that replays."""

from calendar import monthrange
from collections.abc import Callable
from datetime import MAXYEAR, UTC, date, datetime, timedelta
from typing import NamedTuple

from app.ledger.times import TIME_MAX_MS
from app.registry.domains import Deadline, Domain, DomainSettings

TOLERANCE_MS = 4 * 86_400_000
"""A zone moves the last day by one, and clamping at the end of February by two more."""


class Windows(NamedTuple):
    """Instants, UTC milliseconds, until which certificates may be transferred and retired."""

    transfer_until: int
    retire_until: int


Calendar = Callable[[Domain, int], Windows]
"""From a domain and the exclusive end of production to the windows, in the domain's zone."""


def add_months(day: date, months: int) -> date:
    """Return the same day months later, clamped to the last day of its month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def nominal_end(period_end: int, months: int) -> int:
    """Return when a window of months would end in UTC; all instants in UTC milliseconds."""
    last_day = _last_day(period_end)
    if last_day.year + months // 12 + 2 > MAXYEAR:
        return TIME_MAX_MS
    last = add_months(last_day, months) + timedelta(days=1)
    return int(datetime(last.year, last.month, last.day, tzinfo=UTC).timestamp()) * 1000


def nominal_windows(settings: DomainSettings, period_end: int) -> Windows:
    """Return the windows of a domain as if its zone were UTC; all instants in UTC milliseconds."""
    transfer_until = _nominal(settings.transfer_months, period_end)
    retire_until = _nominal(settings.retire_months, period_end)
    if settings.retire_deadline is not None:
        retire_until = min(retire_until, _nominal_deadline(settings.retire_deadline, period_end))
    return Windows(min(transfer_until, retire_until), retire_until)


def is_retirable(settings: DomainSettings, period_end: int, *, time_ms: int) -> bool:
    """Say whether certificates issued now could be retired for a while, whatever the zone (R11)."""
    retire_until = nominal_windows(settings, period_end).retire_until
    return retire_until == TIME_MAX_MS or time_ms < retire_until - TOLERANCE_MS


def is_plausible(settings: DomainSettings, period_end: int, windows: Windows) -> bool:
    """Say whether windows are the domain's months after production, whatever its zone.

    The exact instants are the issuing body's, computed in the domain's zone and frozen at issue;
    this bounds them, so that no replay needs a time-zone database (R39).
    """
    near = (
        abs(until_ms - nominal_ms) <= TOLERANCE_MS
        and (nominal_ms < TIME_MAX_MS or until_ms == nominal_ms)
        for until_ms, nominal_ms in zip(windows, nominal_windows(settings, period_end), strict=True)
    )
    return all(near) and windows.transfer_until <= windows.retire_until


def _nominal(months: int | None, period_end: int) -> int:
    return TIME_MAX_MS if months is None else nominal_end(period_end, months)


def _nominal_deadline(deadline: Deadline, period_end: int) -> int:
    year = _last_day(period_end).year + deadline.years
    last = date(year, deadline.month, deadline.day) + timedelta(days=1)
    return int(datetime(last.year, last.month, last.day, tzinfo=UTC).timestamp()) * 1000


def _last_day(period_end: int) -> date:
    return datetime.fromtimestamp((period_end - 1) // 1000, UTC).date()
